package child

import (
	"io"
	"sync"
)

// A locked writer is one that several children write to, each write at once.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

// Together makes a writer one that several children may share.
func Together(w io.Writer) io.Writer { return &locked{w: w} }

// Write writes p while nobody else does.
func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
