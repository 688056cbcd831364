package child

import (
	"bytes"
	"slices"

	"botring/internal/secret"
)

// leastSecret is the shortest text, in bytes, that is looked for. No secret of Telegram's is as short, and to blank
// a shorter one would blank what has nothing to do with it.
const leastSecret = 4

// telling is how many bytes of a secret give it away. Fewer may stand at the end of a prompt by chance, and are
// shown when nothing follows them.
const telling = 8

// A Hidden is a text that must not be seen in a child's output.
type Hidden struct {
	Text secret.Secret
	// Public is how many of its first bytes are no secret: a token begins with the bot's id.
	Public int
}

// patterns finds several texts at once, by the algorithm of Wu and Manber ("A fast algorithm for multi-pattern
// searching", 1994): it looks at the last two bytes of a window as long as the shortest text, and where these two
// are in none of the texts the window moves on by nearly its whole length. Secrets are long and look like nothing
// else, so that of most output few bytes are looked at.
type patterns struct {
	texts  []pattern // the longest first
	window int       // the length of the shortest
	// shift says by how much the window may move on when these are its last two bytes; 0 means: look.
	shift []uint16
}

type pattern struct {
	text []byte
	// secret is the length from which on a part of it is not to be shown.
	secret int
}

func newPatterns(hidden []Hidden) *patterns {
	p := &patterns{}
	for _, h := range hidden {
		if text := []byte(h.Text.Reveal()); len(text) >= leastSecret {
			p.texts = append(p.texts, pattern{text, min(h.Public+telling, len(text))})
		}
	}
	if len(p.texts) == 0 {
		return p
	}
	slices.SortStableFunc(p.texts, func(a, b pattern) int { return len(b.text) - len(a.text) })
	p.window = min(len(p.texts[len(p.texts)-1].text), 1<<16)
	p.shift = make([]uint16, 1<<16)
	for i := range p.shift {
		p.shift[i] = uint16(p.window - 1)
	}
	for _, t := range p.texts {
		for end := 2; end <= p.window; end++ {
			at := int(t.text[end-2])<<8 | int(t.text[end-1])
			p.shift[at] = min(p.shift[at], uint16(p.window-end))
		}
	}
	return p
}

// find returns where the first text stands in data, from start on: the longest that begins there. If what may
// become one begins before any, and data ends within it, that is at and whole is false; where nothing is found, at
// is len(data).
func (p *patterns) find(data []byte, start int) (at, length int, whole bool) {
	if len(p.texts) == 0 {
		return len(data), 0, false
	}
	end := start + p.window
	for end <= len(data) {
		shift := int(p.shift[int(data[end-2])<<8|int(data[end-1])])
		if shift > 0 {
			end += shift
			continue
		}
		at := end - p.window
		if length, cut := p.match(data[at:]); cut || length > 0 {
			return at, length, !cut
		}
		end++
	}
	// What is left is shorter than every text.
	for at := max(end-p.window, start); at < len(data); at++ {
		if _, cut := p.match(data[at:]); cut {
			return at, 0, false
		}
	}
	return len(data), 0, false
}

// match returns the length of the longest text that data begins with, 0 for none; cut: data may be the beginning
// of a longer one.
func (p *patterns) match(data []byte) (length int, cut bool) {
	for _, t := range p.texts {
		switch {
		case len(data) >= len(t.text):
			if length == 0 && bytes.HasPrefix(data, t.text) {
				length = len(t.text)
			}
		case bytes.HasPrefix(t.text, data):
			cut = true
		}
	}
	return length, cut
}

// tells reports whether data is so much of the beginning of a text that it gives that away.
func (p *patterns) tells(data []byte) bool {
	return slices.ContainsFunc(p.texts, func(t pattern) bool { return len(data) >= t.secret && bytes.HasPrefix(t.text, data) })
}

// harmless reports whether all of data may be seen by whoever waits for what follows it.
func (p *patterns) harmless(data []byte) bool {
	for at := range data {
		if length, _ := p.match(data[at:]); length > 0 || p.tells(data[at:]) {
			return false
		}
	}
	return true
}
