//go:build !windows

package child

import (
	"os"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// openTerminal makes a terminal as large as the real one behind it, whose output arrives as it was written: the real one does to
// it what terminals do.
func openTerminal(behind *os.File) (ours, theirs *os.File, err error) {
	ours, theirs, err = pty.Open()
	if err != nil {
		return nil, nil, err
	}
	_, err = term.MakeRaw(int(theirs.Fd()))
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
