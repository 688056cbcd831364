package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// A Hold says to other processes that a program runs a session. The operating system gives it back when the last
// process that has it ends: this one, what takes its place (see Bequeath), or what was given its files.
type Hold struct{ file *os.File }

// HoldSession holds a session that is handed to a program: ErrSessionBusy while another program has it, since
// Telegram destroys a session that two connections use. Sessions in memory are held by nobody: no other process
// knows them.
func (f *Fleet) HoldSession(key Key, name string) (*Hold, error) {
	g := &f.at.Load().guard
	if g.dir == nil {
		return &Hold{}, nil
	}
	dir, err := g.dir()
	if err != nil {
		return nil, fmt.Errorf("hold session: %w", err)
	}
	// The file stays: whoever removed it could not tell whether somebody has just begun to hold it.
	hash := sha256.Sum256([]byte(g.scope + "\x00" + sessionItemName(key, name)))
	file, err := os.OpenFile(filepath.Join(dir, "session-"+hex.EncodeToString(hash[:12])+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("hold session: %w", err)
	}
	switch held, err := lockWhole(file); {
	case err != nil:
		_ = file.Close()
		return nil, fmt.Errorf("hold session: %w", err)
	case !held:
		_ = file.Close()
		return nil, ErrSessionBusy
	}
	return &Hold{file}, nil
}

// Bequeath has the program hold it that takes this process's place, and all that it starts.
func (h *Hold) Bequeath() error {
	if h.file == nil {
		return nil
	}
	return inheritable(h.file)
}

// Files are what a program that runs beside this one is to have open, to hold it too: it may outlive this process.
// A system on which locks are not handed on so has no use for them.
func (h *Hold) Files() []*os.File {
	if h.file == nil {
		return nil
	}
	return []*os.File{h.file}
}

// Release gives the session back. It may be called more than once.
func (h *Hold) Release() {
	if h.file != nil {
		_ = h.file.Close()
	}
}
