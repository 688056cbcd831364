package child

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// leftBehind is how long what a child has left running may still write, once the child has ended.
const leftBehind = time.Second

// streams are the files a child is given, and what goes on at our end of them.
type streams struct {
	files   [3]*os.File
	theirs  []*os.File // ours no more once the child has them
	copying sync.WaitGroup
	writers []io.Closer // to be closed when all is copied, in this order
	ours    []*os.File
	// terminal is our side of the child's own terminal, nil where it has none; real is what stands behind it.
	terminal, real *os.File
	// own is there where the child's terminal controls it.
	own *attendant
}

// open makes what the child reads and writes, with own on a terminal that controls it.
func (c *Child) open(own *attendant) (*streams, error) {
	s := &streams{own: own}
	if err := errors.Join(s.outputs(c), s.input(c.In)); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

func (s *streams) input(in io.Reader) error {
	switch in := in.(type) {
	case nil:
		file, err := os.Open(os.DevNull)
		s.files[0] = file
		s.theirs = append(s.theirs, file)
		return err
	case *os.File:
		if s.files[0] = in; s.own != nil && isTerminal(in) {
			s.files[0] = s.files[1]
		}
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	s.files[0], s.theirs = r, append(s.theirs, r)
	go func() { // as long as there is something to read, and somebody who reads it
		_, _ = io.Copy(w, in)
		_ = w.Close()
	}()
	return nil
}

func (s *streams) outputs(c *Child) error {
	for i, to := range []io.Writer{c.Out, c.Err} {
		file, isFile := to.(*os.File)
		switch {
		case isFile && !c.changes():
			s.files[1+i] = file
			continue
		case i == 1 && s.terminal != nil && isTerminal(file):
			s.files[2] = s.files[1] // one terminal for both, so that their order stays
			continue
		}
		if err := s.output(c, 1+i, to); err != nil {
			return err
		}
	}
	return nil
}

// changes reports whether something is done to what the child writes.
func (c *Child) changes() bool { return c.Mask || c.Before != "" }

func isTerminal(file *os.File) bool { return file != nil && term.IsTerminal(int(file.Fd())) }

// output makes one of the child's outputs one that is read here.
func (s *streams) output(c *Child, fd int, to io.Writer) error {
	var ours, theirs *os.File
	var err error
	if file, _ := to.(*os.File); isTerminal(file) && c.Before == "" && s.terminal == nil {
		if ours, theirs, err = openTerminal(file, s.own != nil); err == nil {
			s.terminal, s.real = ours, file
		}
	}
	if ours == nil { // a system without pseudo-terminals has pipes
		if ours, theirs, err = os.Pipe(); err != nil {
			return err
		}
	}
	s.files[fd], s.theirs, s.ours = theirs, append(s.theirs, theirs), append(s.ours, ours)
	if c.Before != "" {
		lines := newLines(to, c.Before)
		to, s.writers = lines, append(s.writers, lines)
	}
	if c.Mask {
		masker := NewMasker(to, c.Hidden)
		// What it still holds goes to the lines: it is closed before them.
		to, s.writers = masker, append([]io.Closer{masker}, s.writers...)
	}
	s.copying.Go(func() {
		from := io.Reader(ours)
		if s.own != nil && ours == s.terminal {
			from = &untilLast{r: ours, a: s.own}
		}
		err := copyOutput(to, from)
		switch {
		case ours != s.terminal:
			_ = ours.Close() // a reader of ours that is gone is told to the child as it would be without us
		case err != nil:
			_, _ = io.Copy(io.Discard, from) // the end of a terminal is an error too, and then this one is at once
		}
	})
	return nil
}

// started gives up what only the child needs.
func (s *streams) started() {
	for _, file := range s.theirs {
		_ = file.Close()
	}
	s.theirs = nil
}

// finish returns when all that the child has written is written.
func (s *streams) finish() {
	done := make(chan struct{})
	go func() { s.copying.Wait(); close(done) }()
	select {
	case <-done:
		if s.terminal != nil {
			_ = s.terminal.Close()
		}
	case <-time.After(leftBehind):
	}
	for _, w := range s.writers {
		_ = w.Close()
	}
}

// abandon gives everything up: there will be no child.
func (s *streams) abandon() {
	s.started()
	for _, file := range s.ours {
		_ = file.Close()
	}
}
