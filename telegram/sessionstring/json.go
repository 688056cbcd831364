package sessionstring

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A scanner reads the JSON of gotd's kinds in one pass, for what encoding/json takes several for: most of the
// text is a list of data centres that nobody wants. It accepts no text that is not JSON, and remembers the
// first thing that was wrong; from then on it reads nothing.
type scanner struct {
	text string
	at   int
	deep int
	// bad: it is no JSON, or not of the form that was asked for. cut: it ended too early.
	bad, cut bool
}

// maxDeep bounds how deep what is skipped may be nested; gotd's configuration has three levels.
const maxDeep = 16

// next skips blanks and returns the character that follows, 0 at the end or where something was wrong.
func (j *scanner) next() byte {
	if j.at < len(j.text) && j.text[j.at] > ' ' && !j.bad { // nearly always
		return j.text[j.at]
	}
	return j.pastBlanks()
}

// pastBlanks is what next does at a blank, at the end, or where something was wrong.
func (j *scanner) pastBlanks() byte {
	for !j.bad && j.at < len(j.text) {
		switch c := j.text[j.at]; c {
		case ' ', '\t', '\r', '\n':
			j.at++
		default:
			return c
		}
	}
	return 0
}

// spoil remembers that something was wrong.
func (j *scanner) spoil() {
	j.cut = j.cut || !j.bad && j.at >= len(j.text)
	j.bad = true
}

// take takes a character if it is the next one.
func (j *scanner) take(c byte) bool {
	if j.next() != c {
		return false
	}
	j.at++
	return true
}

func (j *scanner) want(c byte) {
	if !j.take(c) {
		j.spoil()
	}
}

// enter begins an object or a list and reports whether anything is in it; another, after each entry, whether one
// more follows:
//
//	for more := j.enter('{', '}'); more; more = j.another('}') {
//		switch j.name() { … }
//	}
func (j *scanner) enter(opening, closing byte) bool {
	if j.want(opening); j.take(closing) {
		return false
	}
	if j.deep++; j.deep > maxDeep {
		j.spoil()
	}
	return !j.bad
}

func (j *scanner) another(closing byte) bool {
	if j.take(closing) {
		j.deep--
		return false
	}
	j.want(',')
	return !j.bad
}

// name reads the name of a value and the colon behind it.
func (j *scanner) name() string {
	name := j.string()
	j.want(':')
	return name
}

// skip reads any value.
func (j *scanner) skip() {
	switch c := j.next(); {
	case c == '{':
		for more := j.enter('{', '}'); more; more = j.another('}') {
			j.name()
			j.skip()
		}
	case c == '[':
		for more := j.enter('[', ']'); more; more = j.another(']') {
			j.skip()
		}
	case c == '"':
		_ = j.string()
	case c == '-' || c >= '0' && c <= '9':
		_ = j.number()
	case c == 't' || c == 'f':
		_ = j.boolean()
	case !j.word("null"):
		j.spoil()
	}
}

// string reads a string. Those that are asked for have no escapes, unless another language wrote them.
func (j *scanner) string() string {
	j.want('"')
	if j.bad {
		return ""
	}
	rest, n, escaped := j.text[j.at:], 0, false
	for ; n < len(rest) && rest[n] != '"'; n++ {
		switch c := rest[n]; {
		case c == '\\':
			escaped = true
			n++ // what follows is no end
		case c < ' ':
			j.spoil()
			return ""
		}
	}
	if n >= len(rest) {
		j.at = len(j.text)
		j.spoil()
		return ""
	}
	if j.at += n + 1; escaped {
		return j.unescape(rest[:n])
	}
	return rest[:n]
}

// unescape undoes the escapes of a string.
func (j *scanner) unescape(text string) string {
	var plain string
	if json.Unmarshal([]byte(`"`+text+`"`), &plain) != nil {
		j.spoil()
	}
	return plain
}

func (j *scanner) integer() int64 {
	n, err := strconv.ParseInt(j.number(), 10, 64)
	if err != nil {
		j.spoil()
	}
	return n
}

// number reads a number as it stands.
func (j *scanner) number() string {
	c := j.next()
	start := j.at
	if c == '-' {
		j.at++
	}
	if j.at < len(j.text) && j.text[j.at] == '0' {
		j.at++
	} else {
		j.digits()
	}
	if j.at < len(j.text) && j.text[j.at] == '.' {
		j.at++
		j.digits()
	}
	if j.at < len(j.text) && j.text[j.at]|' ' == 'e' {
		j.at++
		if j.at < len(j.text) && (j.text[j.at] == '+' || j.text[j.at] == '-') {
			j.at++
		}
		j.digits()
	}
	return j.text[start:j.at]
}

// digits reads at least one.
func (j *scanner) digits() {
	start := j.at
	for j.at < len(j.text) && j.text[j.at] >= '0' && j.text[j.at] <= '9' {
		j.at++
	}
	if j.at == start {
		j.spoil()
	}
}

func (j *scanner) boolean() bool {
	j.next()
	if j.word("true") {
		return true
	}
	if !j.word("false") {
		j.spoil()
	}
	return false
}

// word takes a word if it is what follows.
func (j *scanner) word(word string) bool {
	rest := j.text[j.at:]
	if j.bad || !strings.HasPrefix(rest, word) {
		// A word that the end of the text breaks off was cut.
		if !j.bad && strings.HasPrefix(word, rest) {
			j.at = len(j.text)
		}
		return false
	}
	j.at += len(word)
	return true
}

// end says what was wrong with the whole of it, also that something follows or that the version is another.
func (j *scanner) end(version int64) *Error {
	switch {
	case j.cut:
		return &Error{Reason: Cut}
	case j.bad:
		return &Error{Reason: NotJSON}
	case j.next() != 0 || j.at < len(j.text):
		return &Error{Reason: Long, Got: len(j.text), Want: j.at}
	case version != gotdVersion:
		return &Error{Reason: Version, Got: int(version), Want: gotdVersion}
	}
	return nil
}
