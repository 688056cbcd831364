package fault

import (
	"unicode"
	"unicode/utf8"

	"botring/fleet/plain"
)

// Clean makes text of others, such as a bot's name, safe to show on one line of any terminal: no escape
// sequences, control characters, direction overrides or invisible characters are left in it.
func Clean(s string) string { return plain.Line(s) }

// shorten cuts s to at most n runes, the last of them an ellipsis.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// splitRune splits off the first rune of s, as a capital.
func splitRune(s string) (first, rest string) {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)), s[size:]
}
