//go:build !windows

package child

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// lookAgain is how often it is looked whether this process is in the foreground, while it is not.
const lookAgain = 100 * time.Millisecond

// keys are what is typed on the real terminal, which goes to the child's own as it comes: what ctrl+c means is decided
// there. The real one is raw meanwhile, and as it was whenever this process stops or ends.
type keys struct {
	mu    sync.Mutex
	was   *term.State // nil as long as the terminal is as it was
	ended bool
}

// raw makes the terminal raw, if this process is in its foreground.
func (t *terminal) raw() {
	t.keys.mu.Lock()
	defer t.keys.mu.Unlock()
	if t.keys.ended || t.keys.was != nil || !t.foreground() {
		return
	}
	t.keys.was, _ = term.MakeRaw(t.fd)
}

// cooked makes the terminal what it was, unless it is somebody else's by now.
func (t *terminal) cooked(ended bool) {
	t.keys.mu.Lock()
	defer t.keys.mu.Unlock()
	if t.keys.was != nil && t.foreground() {
		_ = term.Restore(t.fd, t.keys.was)
	}
	t.keys.was, t.keys.ended = nil, ended
}

// pass passes on what is typed, as long as this process is in the foreground. It ends with the terminal, and then all else
// does too: nobody but those in the foreground is told by the system.
func (t *terminal) pass(to *os.File) {
	buf := make([]byte, 4096)
	for {
		group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
		switch {
		case err != nil:
			if !signal.Ignored(syscall.SIGHUP) {
				_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
			}
			return
		case group != syscall.Getpgrp():
			time.Sleep(lookAgain)
			continue
		}
		t.raw()
		n, err := unix.Read(t.fd, buf)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil || n == 0: // it went into the background, or the terminal is gone
			time.Sleep(lookAgain)
		default:
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

// endOthers gives those who share the terminal the signal that has ended the child, which the terminal would have sent
// them too. They see it end by it only now.
func (t *terminal) endOthers(code int) {
	if s := syscall.Signal(code - bySignal); t.own && t.shared && t.foreground() && (s == syscall.SIGINT || s == syscall.SIGQUIT) {
		_ = syscall.Kill(0, s)
	}
}
