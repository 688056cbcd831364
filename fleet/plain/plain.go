// Package plain makes text from strangers harmless: names that somebody typed into @BotFather, pastes,
// and lines of files.
//
// Such text may hold escape sequences that move a cursor, overrides that turn the reading direction
// around, characters without width that make two names look alike, and bytes that are no text at all.
// What comes out of this package can be written to any terminal.
package plain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	joiner   = '\u200d' // ZWJ glues emoji into one: 👩‍💻
	emojiVS  = '\ufe0f' // VS16 asks for the colourful form: ❤️
	maxMarks = 4        // combining marks on one letter; more is a tower that reaches into other lines
)

// Line returns s as one line that is safe to print: no control or escape characters, no direction
// overrides, nothing invisible except the joiners that hold emoji together. Any white space, line ends
// included, becomes one blank between words; invalid UTF-8 becomes U+FFFD.
func Line(s string) string {
	if harmless(s) {
		return s
	}
	var w lineWriter
	w.b.Grow(len(s))
	for i := 0; i < len(s); {
		if n := escapeLen(s[i:]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		next, _ := utf8.DecodeRuneInString(s[i:])
		w.put(r, next)
	}
	return w.b.String()
}

// harmless reports whether s is words of ASCII letters with single blanks between them, as most names are.
func harmless(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return last != ' ' || s == ""
}

// Text returns s with its line structure and letters only: line ends of every system become \n, other
// white space becomes a blank, and escape sequences, control and invisible characters are gone. It is for
// reading values out of s, not for showing it.
func Text(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		// Nearly all of what is pasted is this.
		if c := s[i]; c >= ' ' && c <= '~' {
			b.WriteByte(c)
			i++
			continue
		}
		if n := escapeLen(s[i:]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\r':
			if !strings.HasPrefix(s[i:], "\n") {
				b.WriteByte('\n')
			}
		case r == '\n' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			b.WriteByte('\n')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsGraphic(r) && !invisible(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// A lineWriter remembers what Line has to look back at.
type lineWriter struct {
	b     strings.Builder
	last  rune // the last rune written, 0 at the start
	marks int  // combining marks since the last letter
	blank bool // white space was seen since
}

func (w *lineWriter) put(r, next rune) {
	switch {
	case unicode.IsSpace(r) || r == '\u2800': // a Braille cell without dots is a blank that hides as a letter
		w.blank = w.last != 0
		return
	case r == joiner:
		if w.blank || !joins(w.last) || !pictographic(next) {
			return
		}
	case r == emojiVS:
		if w.blank || !pictographic(w.last) {
			return
		}
	case invisible(r), !unicode.IsGraphic(r) && !pictographic(r):
		return
	case unicode.IsMark(r):
		// A mark without a letter would change whatever stands to the left of the name.
		if w.blank || w.last == 0 || w.marks == maxMarks {
			return
		}
		w.marks++
		w.b.WriteRune(r)
		return
	}
	if w.blank {
		w.b.WriteByte(' ')
		w.blank = false
	}
	w.b.WriteRune(r)
	w.last, w.marks = r, 0
}

// escapeLen is the length of the escape sequence that s starts with, 0 if it starts with none. A sequence
// that does not end counts as far as it was valid, so that broken input loses no more than it must.
func escapeLen(s string) int {
	switch {
	case strings.HasPrefix(s, "\x1b["):
		return 2 + csiLen(s[2:])
	case strings.HasPrefix(s, "\u009b"):
		return len("\u009b") + csiLen(s[len("\u009b"):])
	case len(s) > 1 && s[0] == 0x1b && strings.IndexByte("]PX^_", s[1]) >= 0:
		return 2 + stringLen(s[2:])
	case len(s) > 1 && s[0] == 0x1b && s[1] >= ' ' && s[1] <= '~':
		n := 1
		for n < len(s)-1 && s[n] >= ' ' && s[n] <= '/' {
			n++
		}
		return n + 1
	case strings.HasPrefix(s, "\x1b"):
		return 1
	}
	return 0
}

// csiLen is the length of a control sequence's parameters and its final byte.
func csiLen(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '@' && c <= '~':
			return i + 1
		case c < ' ' || c > '?':
			return i
		}
	}
	return len(s)
}

// maxString bounds how far the end of a title or clipboard sequence is looked for; beyond it the sequence
// is taken as not meant.
const maxString = 4096

// stringLen is the length of an operating system command's text and its end, 0 if it never ends.
func stringLen(s string) int {
	s = s[:min(len(s), maxString)]
	for i := range len(s) {
		switch s[i] {
		case 0x07:
			return i + 1
		case 0x1b:
			if strings.HasPrefix(s[i:], "\x1b\\") {
				return i + 2
			}
			return i
		case '\n':
			return i
		}
	}
	return 0
}

// invisible reports characters that pass for letters, marks or signs and show nothing.
func invisible(r rune) bool {
	switch {
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef: // variation selectors
		return true
	case r == 0x034f: // grapheme joiner
		return true
	case r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0: // Hangul fillers
		return true
	case r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f: // Khmer and Mongolian
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// pictographic is a good enough Extended_Pictographic, which the standard library does not have. The
// blocks count whole, so that emoji newer than the tables of this Go are not lost.
func pictographic(r rune) bool {
	switch {
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2190 && r <= 0x2bff && r != '\u2800':
		return true
	case r == 0xa9, r == 0xae, r == 0x203c, r == 0x2049, r == 0x2122, r == 0x2139:
		return true
	case r == 0x3030, r == 0x303d, r == 0x3297, r == 0x3299:
		return true
	}
	return false
}

// joins reports whether an emoji may end with r and go on behind a joiner.
func joins(r rune) bool { return pictographic(r) || r == emojiVS || skinTone(r) }

func skinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }
