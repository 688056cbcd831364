package child

import (
	"io"
	"os"
	"sync"
	"time"

	"botring/internal/secret"
)

// pause is how long what may be the beginning of a secret is waited for to go on, before it is shown: a prompt may
// end in what a token begins with.
const pause = 30 * time.Millisecond

// A Masker writes what it is given with secrets replaced by secret.Mask, wherever the parts it is given begin and
// end. Of two secrets that overlap the first is replaced, of two that begin together the longer one.
//
// Only what may be the beginning of a secret is held back, and of that no more than a few bytes are ever shown,
// however slowly it is written: a secret that stands there in parts is replaced from where it began to tell. One
// that is cut off by the end is replaced as well.
//
// A secret that is written differently, such as broken into lines or encoded once more, is not recognised.
type Masker struct {
	mu    sync.Mutex
	w     io.Writer
	hide  *patterns
	held  []byte // may be the beginning of a secret
	shown int    // how many bytes of held were written after a pause
	out   []byte
	timer *time.Timer
	err   error
	// closed: err says that nothing more can be written.
	closed bool
}

// NewMasker makes a Masker. It is to be closed, or the end of what it was given may be missing.
func NewMasker(w io.Writer, hidden []Hidden) *Masker {
	m := &Masker{w: w, hide: newPatterns(hidden)}
	m.timer = time.AfterFunc(pause, m.show)
	m.timer.Stop()
	return m
}

// Write writes p, but for what is held back. Its error is the writer's.
func (m *Masker) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return 0, m.err
	}
	data := p
	if len(m.held) > 0 {
		m.timer.Stop()
		m.held = append(m.held, p...)
		data = m.held
	}
	rest := m.replace(data)
	m.held = append(m.held[:0], data[rest:]...)
	if len(m.held) > m.shown && m.hide.harmless(m.held) {
		m.timer.Reset(pause)
	}
	if m.err != nil {
		return 0, m.err
	}
	return len(p), nil
}

// replace writes data as far as it is known what it is, and returns how far that is. What was shown of it is not
// written again.
func (m *Masker) replace(data []byte) (rest int) {
	at, length, whole := m.hide.find(data, 0)
	if !whole { // nearly always
		m.write(data[min(m.shown, at):at])
		m.shown = max(0, m.shown-at)
		return at
	}
	m.out = m.out[:0]
	for ; whole; at, length, whole = m.hide.find(data, rest) {
		m.keep(data, rest, at)
		m.out = append(m.out, secret.Mask...)
		rest = at + length
	}
	m.keep(data, rest, at)
	m.shown = max(0, m.shown-at)
	m.write(m.out)
	return at
}

// keep adds a part of data to what is written next, but for what was shown.
func (m *Masker) keep(data []byte, from, to int) {
	if from = max(from, m.shown); from < to {
		m.out = append(m.out, data[from:to]...)
	}
}

func (m *Masker) write(p []byte) {
	if len(p) > 0 && m.err == nil {
		_, m.err = m.w.Write(p)
	}
}

// show writes what is held back and gives nothing away. It stays held, so that a secret which goes on is replaced.
func (m *Masker) show() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.held) > m.shown && m.hide.harmless(m.held) {
		m.write(m.held[m.shown:])
		m.shown = len(m.held)
	}
}

// Close writes what is left. It does not close the writer, and nothing is written after it.
func (m *Masker) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.timer.Stop()
	m.out = m.out[:0]
	for at := 0; at < len(m.held); {
		length, _ := m.hide.match(m.held[at:])
		if length == 0 && m.hide.tells(m.held[at:]) {
			length = len(m.held) - at
		}
		if length > 0 {
			m.out = append(m.out, secret.Mask...)
			at += length
			continue
		}
		m.keep(m.held, at, at+1)
		at++
	}
	m.write(m.out)
	m.held, m.shown = nil, 0
	err := m.err
	m.err, m.closed = os.ErrClosed, true
	return err
}
