package child

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// longestLine is how long a line may become before a part of it is written by itself, in bytes.
const longestLine = 64 << 10

// lines writes whole lines, each with something before it.
type lines struct {
	mu     sync.Mutex
	w      io.Writer
	before string
	part   []byte // of a line
	closed bool
}

func newLines(w io.Writer, before string) *lines { return &lines{w: w, before: before} }

// Write writes the lines that are whole by now, all at once.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, os.ErrClosed
	}
	l.part = append(l.part, p...)
	var out []byte
	for {
		end := bytes.IndexByte(l.part, '\n') + 1
		if end == 0 && len(l.part) < longestLine {
			break
		}
		out = append(out, l.before...)
		if end == 0 {
			end = len(l.part)
			out = append(append(out, l.part...), '\n')
		} else {
			out = append(out, l.part[:end]...)
		}
		l.part = l.part[end:]
	}
	if len(out) > 0 {
		if _, err := l.w.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Close ends a line that was not ended. Nothing is written after it.
func (l *lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if len(l.part) == 0 {
		return nil
	}
	_, err := l.w.Write(append(append([]byte(l.before), l.part...), '\n'))
	l.part = nil
	return err
}
