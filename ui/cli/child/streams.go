package child

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"
)

// leftBehind is how long it is waited for what a child has left running to write, once the child has ended. While a
// reader of ours takes its time that does not count: what the child has written is still on its way then.
const leftBehind = time.Second

// lookAtCopying is how often it is looked whether something is on its way.
const lookAtCopying = 50 * time.Millisecond

// streams are the files a child is given, and what goes on at our end of them.
type streams struct {
	files   [3]*os.File
	theirs  []*os.File // ours no more once the child has them
	copying sync.WaitGroup
	writing atomic.Int32 // how many of them wait for a reader of ours
	writers []io.Closer  // to be closed when all is copied, in this order
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
		err := copyOutput(counted{to, &s.writing}, from)
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

// A counted writer counts the writes that go on.
type counted struct {
	w io.Writer
	n *atomic.Int32
}

func (c counted) Write(p []byte) (int, error) {
	c.n.Add(1)
	defer c.n.Add(-1)
	return c.w.Write(p)
}

// finish returns when all that the child has written is written, or with the signal that says not to wait for that.
func (s *streams) finish(signals <-chan os.Signal) (stopped os.Signal) {
	done := make(chan struct{})
	go func() { s.copying.Wait(); close(done) }()
	ticker := time.NewTicker(lookAtCopying)
	defer ticker.Stop()
	for left := leftBehind; left > 0; {
		select {
		case <-done:
			if s.terminal != nil {
				_ = s.terminal.Close()
			}
			left = 0
		case got := <-signals:
			if ends(got) {
				return got // what waits for a reader may wait for ever
			}
		case <-ticker.C:
			if s.writing.Load() == 0 {
				left -= lookAtCopying
			}
		}
	}
	for _, w := range s.writers {
		_ = w.Close()
	}
	return nil
}

// ends reports whether a signal is one to end at.
func ends(s os.Signal) bool {
	return s == os.Interrupt || s == syscall.SIGTERM || s == syscall.SIGHUP || s == syscall.SIGQUIT
}

// finishAll finishes the streams of children that have all ended with those codes. A signal that comes now is ours
// alone: one whose output it cuts off has not succeeded.
func finishAll(all []*streams, codes []int, signals <-chan os.Signal) {
	for stale := true; stale; { // those were the children's
		select {
		case <-signals:
		default:
			stale = false
		}
	}
	for i, s := range all {
		if stopped := s.finish(signals); stopped != nil {
			for ; i < len(codes); i++ {
				if number, ok := stopped.(syscall.Signal); ok && codes[i] == 0 {
					codes[i] = bySignal + int(number)
				}
			}
			return
		}
	}
}

// abandon gives everything up: there will be no child.
func (s *streams) abandon() {
	s.started()
	for _, file := range s.ours {
		_ = file.Close()
	}
}
