package screentest

import (
	"bytes"
	"io"
	"sync"
)

// A keyboard is what the terminal types and answers, kept until the program reads it. The emulator writes
// its answers to queries into an unbuffered pipe while it draws: read by the program alone, one that has
// stopped reading would stop the drawing with it.
type keyboard struct {
	mu     sync.Mutex
	more   *sync.Cond
	typed  bytes.Buffer
	closed bool
}

// newKeyboard begins to take what source types; it ends when source does.
func newKeyboard(source io.Reader) *keyboard {
	k := &keyboard{}
	k.more = sync.NewCond(&k.mu)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := source.Read(buf)
			k.mu.Lock()
			k.typed.Write(buf[:n])
			k.closed = err != nil
			k.mu.Unlock()
			k.more.Broadcast()
			if err != nil {
				return
			}
		}
	}()
	return k
}

// Read waits for something typed.
func (k *keyboard) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.typed.Len() == 0 {
		if k.closed {
			return 0, io.EOF
		}
		k.more.Wait()
	}
	return k.typed.Read(p)
}
