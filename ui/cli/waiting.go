package cli

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"botring/fleet"
)

const (
	// unlockTimeout is how long the keyring's prompt is waited for: it is not on this terminal, and perhaps on
	// a screen that nobody looks at.
	unlockTimeout = 2 * time.Minute
	// noticeAfter is when it is said what is waited for. A keyring that asks here does so sooner.
	noticeAfter = 500 * time.Millisecond
)

const waitingForUnlock = "Waiting for your keyring to be unlocked. Its prompt may be on the machine's own screen."

// unlock unlocks a keyring of a kind, which the fleet is on.
func (s *shell) unlock(ctx context.Context, f *fleet.Fleet, kind string) error {
	if kind == keyringAge {
		// A file may have the passphrase. Where none has, and nobody can be asked, the error says so.
		defer s.takesAMoment()()
		return f.Unlock(ctx)
	}
	if s.flags.noInput {
		return s.keyringLocked()
	}
	return s.awaitPrompt(ctx, waitingForUnlock, f.Unlock)
}

// awaitPrompt makes a call that may show a prompt of the keyring's, bounded in time, and says what it waits
// for when it does.
func (s *shell) awaitPrompt(ctx context.Context, text string, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, unlockTimeout)
	defer cancel()
	s.waiting.put(s.noteLater(text))
	defer s.waiting.takeBack()
	return call(ctx)
}

// A notice is a line that is said when something takes its time, unless it was taken back by then.
type notice struct {
	mu    sync.Mutex
	taken bool
	timer *time.Timer
}

// notices hold the last notice, which is taken back from wherever it is known that nothing is waited for.
type notices struct{ last atomic.Pointer[notice] }

func (n *notices) put(last *notice) { n.last.Store(last) }

func (n *notices) takeBack() { n.last.Load().takeBack() }

func (s *shell) noteLater(text string) *notice {
	n := &notice{}
	n.timer = time.AfterFunc(noticeAfter, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.taken {
			s.note("%s", text)
		}
	})
	return n
}

// takeBack returns when the line has been said or never will be.
func (n *notice) takeBack() {
	if n == nil {
		return
	}
	n.timer.Stop()
	n.mu.Lock()
	n.taken = true
	n.mu.Unlock()
}

// slowByDesign says why making encrypted files, or opening them on a slow machine, takes its time.
const slowByDesign = "Working with the passphrase. This takes a few seconds on purpose: so does every guess at it."

// takesAMoment says on a terminal what a call with a passphrase takes its time for, unless it is over soon.
func (s *shell) takesAMoment() (over func()) {
	if !s.watched() {
		return func() {}
	}
	s.waiting.put(s.noteLater(slowByDesign))
	return s.waiting.takeBack
}

// isRemote reports whether the user sits at another machine: a prompt on this one's screen would be seen by
// nobody. sshd sets these for every session, the second one where it has a terminal.
func (s *shell) isRemote() bool {
	for _, name := range []string{"SSH_CONNECTION", "SSH_TTY"} {
		if value, _ := s.Environ.Lookup(name); value != "" {
			return true
		}
	}
	return false
}
