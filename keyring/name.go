package keyring

import (
	"fmt"
	"strings"
	"unicode"
)

// MaxName is the longest name of an item in bytes.
const MaxName = 255

// checkName accepts what every keyring can store as an attribute and every person can read.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrBadName)
	case len(name) > MaxName:
		return fmt.Errorf("%w: %d bytes of at most %d", ErrBadName, len(name), MaxName)
	}
	for _, b := range []byte(name) {
		if b < ' ' || b > '~' {
			return fmt.Errorf("%w: %q is not printable ASCII", ErrBadName, name)
		}
	}
	return nil
}

// cleanLabel takes out of a label what D-Bus refuses (bytes that are no text, NUL) and what would garble
// a keyring program's window. Labels come from what bots and apps are called. KWallet makes folders of what
// stands before a slash, and keeps them when the item has gone.
func cleanLabel(label string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		if r == '/' {
			return '-'
		}
		return r
	}, label)
}
