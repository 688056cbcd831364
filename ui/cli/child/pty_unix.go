//go:build !windows

package child

import (
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// openTerminal makes a terminal as large as the real one behind it. One that is the child's own is set as the real one
// is. Else its output arrives as it was written: the real one does to it what terminals do.
func openTerminal(behind *os.File, own bool) (ours, theirs *os.File, err error) {
	ours, theirs, err = pty.Open()
	if err != nil {
		return nil, nil, err
	}
	if own {
		err = likeTerminal(theirs, behind)
	} else {
		_, err = term.MakeRaw(int(theirs.Fd()))
	}
	if err == nil {
		err = pty.InheritSize(behind, theirs)
	}
	if err != nil {
		_ = ours.Close()
		_ = theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// likeTerminal sets a terminal as another one is, if that is ours to look at: in the background it is somebody else's.
func likeTerminal(file, as *os.File) error {
	group, err := unix.IoctlGetInt(int(as.Fd()), unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		return nil //nolint:nilerr // then it stays as terminals are
	}
	state, err := term.GetState(int(as.Fd()))
	if err != nil {
		return err
	}
	return term.Restore(int(file.Fd()), state)
}

// resize gives the child's terminal the size of the real one, and reports whether it had another.
func (s *streams) resize() bool {
	if s.terminal == nil {
		return false
	}
	want, err := pty.GetsizeFull(s.real)
	if err != nil {
		return false
	}
	if is, err := pty.GetsizeFull(s.terminal); err == nil && *is == *want {
		return false
	}
	return pty.Setsize(s.terminal, want) == nil
}
