// Package secret keeps bot tokens, API hashes and auth keys out of everything that prints.
//
// A [Secret] shows itself as dots through every formatting verb, in structured logs, and inside structs
// that are printed whole; it refuses to be marshalled. [Secret.Reveal] is the one way out, so that
// "who can leak a secret" is answered by searching for one word.
package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
)

// Mask is what a Secret looks like wherever it is printed.
const Mask = "•••"

// ErrMarshal is returned by every attempt to marshal a Secret.
var ErrMarshal = errors.New("secret: refuses to be marshalled")

// A Secret is a string that must not be shown. The zero value is the empty secret.
//
// The text stands behind a pointer because fmt prints unexported fields of other people's structs by
// reflection, without asking Format: there it finds an address, not the text.
type Secret struct{ text *string }

// New makes a Secret of text.
func New(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal returns the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is nothing to hide.
func (s Secret) Empty() bool { return s.text == nil }

// Len returns the length of the text in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal reports whether two secrets hold the same text, in time that depends on their lengths alone.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns Mask, or "" for the empty secret.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return Mask
}

// GoString returns what String does, so that %#v shows no more than %v.
func (s Secret) GoString() string { return s.String() }

// Format writes Mask whatever the verb: %x of a secret is as secret as %s.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue keeps the text out of slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON fails with ErrMarshal: a secret is written by somebody who calls Reveal, never by accident.
func (s Secret) MarshalJSON() ([]byte, error) { return nil, ErrMarshal }

// MarshalText fails with ErrMarshal, which covers XML, YAML and map keys.
func (s Secret) MarshalText() ([]byte, error) { return nil, ErrMarshal }
