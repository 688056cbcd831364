package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A text is a string as the filter looks at it. What can be known of it beforehand is found out once, when
// the catalogue is read: at every key, thousands of them are compared with what is typed.
type text struct {
	folded  string // in lower case, letter by letter
	letters uint64 // which letters are in it at all, see lettersOf
	starts  uint64 // at which of its first 64 bytes words begin
}

func newText(s string) text {
	t := text{folded: strings.ToLower(s)}
	if !t.ascii(s) {
		t.letters, t.starts = lettersOf(t.folded), startsOf(s)
	}
	return t
}

// ascii looks at a text of ASCII letters, as most are, in one go. It reports whether this is one.
func (t *text) ascii(s string) bool {
	var letters, starts uint64
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return false
		}
		upper := c >= 'A' && c <= 'Z'
		if i < 64 && (isBorder(rune(last)) || upper && last >= 'a' && last <= 'z') {
			starts |= 1 << i
		}
		last = c
		if upper {
			c += 'a' - 'A'
		}
		letters |= placeOf(rune(c))
	}
	t.letters, t.starts = letters, starts
	return true
}

// startsOf are the bytes of the folded text at which words of s begin.
func startsOf(s string) (starts uint64) {
	last, at := ' ', 0
	for _, r := range s {
		if at >= 64 {
			break
		}
		if isBorder(last) || unicode.IsUpper(r) && unicode.IsLower(last) {
			starts |= 1 << at
		}
		last = r
		at += utf8.RuneLen(unicode.ToLower(r))
	}
	return starts
}

// isBorder reports whether what stands behind a letter begins a word.
func isBorder(r rune) bool {
	switch r {
	case ' ', '-', '_', '.', '/', '@', '#':
		return true
	}
	return false
}

// lettersOf is a set of letters, of which some share a place: a text whose set lacks a letter does not have it.
func lettersOf(folded string) (set uint64) {
	for _, r := range folded {
		set |= placeOf(r)
	}
	return set
}

func placeOf(r rune) uint64 {
	switch {
	case r >= 'a' && r <= 'z':
		return 1 << (r - 'a')
	case r >= '0' && r <= '9':
		return 1 << (26 + r - '0')
	}
	return 1 << (36 + r%28)
}

// Scores. Letters that stand together beat letters that merely come in this order, and the nearer to a beginning
// the better. The length of a text takes the rest away, so that of two the shorter one comes first.
const (
	scoreWhole   = 400 // the word is all of the text
	scoreBegins  = 300 // the text begins with it
	scoreStart   = 200 // a word of the text does
	scoreInside  = 120 // it is somewhere inside
	scoreOrder   = 60  // its letters come in this order
	scoreLetter  = 4   // more for each of them that begins a word
	scoreLongest = 50  // what length can take away
)

// contains looks for word as it is, at the best place: the beginning, else where a word begins.
func (t text) contains(word string) (at, score int) {
	at = strings.Index(t.folded, word)
	switch {
	case at < 0:
		return -1, 0
	case at == 0 && len(word) == len(t.folded):
		return 0, scoreWhole
	case at == 0:
		return 0, scoreBegins
	}
	for first := at; ; {
		if t.startsAt(at) {
			return at, scoreStart
		}
		next := strings.Index(t.folded[at+1:], word)
		if next < 0 {
			return first, scoreInside
		}
		at += 1 + next
	}
}

func (t text) startsAt(at int) bool { return at < 64 && t.starts&(1<<at) != 0 }

// within finds the letters in their order: where they begin and end in the folded text, as near to each other
// as the first end allows.
func (t text) within(letters []rune) (from, to int, ok bool) {
	next := 0
	for i, r := range t.folded {
		if r == letters[next] {
			if next++; next == len(letters) {
				to = i + utf8.RuneLen(r)
				break
			}
		}
	}
	if next < len(letters) {
		return 0, 0, false
	}
	for from = to; next > 0; {
		r, size := utf8.DecodeLastRuneInString(t.folded[:from])
		from -= size
		if r == letters[next-1] {
			next--
		}
	}
	return from, to, true
}

// score says how well a word fits, and whether it does.
func (t text) score(w *word) (score int, ok bool) {
	if t.letters&w.letters != w.letters {
		return 0, false
	}
	length := min(len(t.folded), scoreLongest)
	if at, score := t.contains(w.folded); at >= 0 {
		return score - length, true
	}
	from, to, ok := t.within(w.runes)
	if !ok {
		return 0, false
	}
	score = scoreOrder - length - min(to-from-len(w.folded), scoreLongest)
	next := 0
	for i, r := range t.folded[from:to] {
		if next < len(w.runes) && r == w.runes[next] {
			next++
			if t.startsAt(from + i) {
				score += scoreLetter
			}
		}
	}
	return score, true
}

// mark adds the letters of the text that fit the word, counted from its first, to those that are marked.
func (t text) mark(w *word, marked []int) []int {
	if t.letters&w.letters != w.letters {
		return marked
	}
	if at, _ := t.contains(w.folded); at >= 0 {
		first := utf8.RuneCountInString(t.folded[:at])
		for i := range w.runes {
			marked = append(marked, first+i)
		}
		return marked
	}
	from, to, ok := t.within(w.runes)
	if !ok {
		return marked
	}
	at, next := utf8.RuneCountInString(t.folded[:from]), 0
	for _, r := range t.folded[from:to] {
		if next < len(w.runes) && r == w.runes[next] {
			next++
			marked = append(marked, at)
		}
		at++
	}
	return marked
}
