package store

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A packed is rows as one text: SQLite makes a JSON array of each (json_array) and puts them one behind the
// other (group_concat). Handed over row by row and column by column, the same 10,000 bots take four times as
// long, most of it for moving single values out of SQLite.
//
// It reads what SQLite writes, no more of JSON than that. Strings without escapes are parts of the text.
type packed struct {
	rest  string
	begun bool // a row was begun, so there is one to end
	first bool // the next value is the first of its array
	bad   bool
}

// errPacked is a text that is not as SQLite writes it.
var errPacked = errors.New("rows are damaged")

// next begins the next row. It is false at the end, and after a fault.
func (p *packed) next() bool {
	if p.begun {
		p.expect(']')
	}
	if p.bad || p.rest == "" {
		return false
	}
	p.begun = true
	p.open()
	return !p.bad
}

// count is how many rows there are about: a text may look like the border of two.
func (p *packed) count() int { return strings.Count(p.rest, "][") + 1 }

// err is what was wrong with the text, if anything was.
func (p *packed) err() error {
	if p.bad {
		return errPacked
	}
	return nil
}

func (p *packed) expect(c byte) {
	if p.bad || p.rest == "" || p.rest[0] != c {
		p.bad = true
		return
	}
	p.rest = p.rest[1:]
}

// open begins an array.
func (p *packed) open() {
	p.expect('[')
	p.first = true
}

// comma goes to the next value of the array.
func (p *packed) comma() {
	if !p.first {
		p.expect(',')
	}
	p.first = false
}

// number reads a whole number.
func (p *packed) number() (n int64) {
	p.comma()
	end := 0
	for end < len(p.rest) && (p.rest[end] == '-' || '0' <= p.rest[end] && p.rest[end] <= '9') {
		end++
	}
	n, err := strconv.ParseInt(p.rest[:end], 10, 64)
	p.bad = p.bad || err != nil
	p.rest = p.rest[end:]
	return n
}

// text reads a string.
func (p *packed) text() string {
	p.comma()
	p.expect('"')
	end := strings.IndexByte(p.rest, '"')
	if end < 0 {
		p.bad = true
	}
	if p.bad {
		return ""
	}
	if text := p.rest[:end]; strings.IndexByte(text, '\\') < 0 {
		p.rest = p.rest[end+1:]
		return text
	}
	return p.escaped()
}

// escaped reads a string with escapes from behind its opening quote.
func (p *packed) escaped() string {
	var out strings.Builder
	for p.rest != "" && !p.bad {
		plain := strings.IndexAny(p.rest, `"\`)
		if plain < 0 {
			break
		}
		out.WriteString(p.rest[:plain])
		quote := p.rest[plain] == '"'
		p.rest = p.rest[plain+1:]
		if quote {
			return out.String()
		}
		p.escape(&out)
	}
	p.bad = true
	return ""
}

// escape reads what stands behind a backslash.
func (p *packed) escape(out *strings.Builder) {
	const signs, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if p.rest == "" {
		p.bad = true
		return
	}
	sign := p.rest[0]
	p.rest = p.rest[1:]
	if i := strings.IndexByte(signs, sign); i >= 0 {
		out.WriteByte(means[i])
		return
	}
	if sign != 'u' || len(p.rest) < 4 {
		p.bad = true
		return
	}
	code, err := strconv.ParseUint(p.rest[:4], 16, 16)
	p.bad = err != nil || !utf8.ValidRune(rune(code)) // nothing here writes halves of a pair
	p.rest = p.rest[4:]
	out.WriteRune(rune(code))
}

// texts reads an array of strings; nil for an empty one.
func (p *packed) texts() (texts []string) {
	p.comma()
	p.open()
	for !p.bad && !strings.HasPrefix(p.rest, "]") {
		texts = append(texts, p.text())
	}
	p.expect(']')
	p.first = false
	return texts
}
