package main

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"botring/docs/demo/asciicast"
)

type cast = asciicast.Cast

// poll is how often the screen is looked at while a storyboard waits for something.
const poll = 10 * time.Millisecond

// A stage is a program on a terminal: what it draws is kept and emulated, and its questions to the
// terminal are answered.
type stage struct {
	cmd           *exec.Cmd
	pty           *os.File
	width, height int
	never         []*regexp.Regexp
	running       sync.WaitGroup

	mu       sync.Mutex // guards what follows; the emulator cannot be read while it is written to
	emulator *vt.Emulator
	began    time.Time
	events   []asciicast.Event
	half     []byte // the beginning of a character that a read cut in two
	seen     error  // what was forbidden and seen
	ended    bool   // the program's output is over
}

// open starts the command on a new terminal with a dark background.
func open(ctx context.Context, width, height int, command []string, never []*regexp.Regexp) (*stage, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", command[0], err)
	}
	emulator := vt.NewEmulator(width, height)
	emulator.SetDefaultBackgroundColor(color.Black)
	emulator.SetDefaultForegroundColor(color.White)
	s := &stage{
		cmd: cmd, pty: terminal, width: width, height: height, never: never,
		emulator: emulator, began: time.Now(),
	}
	s.running.Go(s.listen)
	s.running.Go(func() { _, _ = io.Copy(terminal, emulator) })
	return s, nil
}

// close ends the program if it has not ended by itself.
func (s *stage) close() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = s.pty.Close()
	if answers, ok := s.emulator.InputPipe().(io.Closer); ok {
		_ = answers.Close()
	}
	s.running.Wait()
}

// listen keeps what the program writes until it writes no more.
func (s *stage) listen() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.pty.Read(buf)
		s.mu.Lock()
		s.drawn(buf[:n])
		s.ended = err != nil
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// drawn takes up output. Output that follows at once belongs to the same redraw and to the same event.
func (s *stage) drawn(chunk []byte) {
	text := slices.Concat(s.half, chunk)
	whole := len(text) - cut(text)
	s.half = text[whole:]
	if whole == 0 {
		return
	}
	_, _ = s.emulator.Write(text[:whole])
	s.look(s.emulator.String())

	const redraw = 4 * time.Millisecond
	at := time.Since(s.began)
	if k := len(s.events); k > 0 && at-s.events[k-1].At < redraw {
		s.events[k-1].Output += string(text[:whole])
		return
	}
	s.events = append(s.events, asciicast.Event{At: at, Output: string(text[:whole])})
}

// cut is how many bytes at the end of text are the beginning of a character.
func cut(text []byte) int {
	for n := 1; n <= min(utf8.UTFMax-1, len(text)); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// look remembers that something forbidden is to be seen. It does not say what, only by which rule.
func (s *stage) look(text string) {
	for _, pattern := range s.never {
		if s.seen == nil && pattern.MatchString(text) {
			s.seen = fmt.Errorf("what must never be seen was there: %s", pattern)
		}
	}
}

// screen is what stands on the terminal now, as text.
func (s *stage) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emulator.String()
}

// send types at the terminal.
func (s *stage) send(keys string) error {
	_, err := io.WriteString(s.pty, keys)
	return err
}

// roll makes what is on the screen now the first picture, and now the time that others count from.
func (s *stage) roll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for _, e := range s.events {
		all.WriteString(e.Output)
	}
	s.began = time.Now()
	s.events = []asciicast.Event{{Output: all.String()}}
}

// until waits for a time of the recording; if that is over, it does not wait.
func (s *stage) until(ctx context.Context, at time.Duration) error {
	s.mu.Lock()
	left := at - time.Since(s.began)
	s.mu.Unlock()
	return sleep(ctx, max(0, left))
}

// await waits until a text is, or is no longer, to be seen.
func (s *stage) await(ctx context.Context, text string, there bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		s.mu.Lock()
		screen, ended := s.emulator.String(), s.ended
		s.mu.Unlock()
		if strings.Contains(screen, text) == there {
			return nil
		}
		if ended {
			return errors.New("the program has ended")
		}
		if err := sleep(ctx, poll); err != nil {
			return fmt.Errorf("waited %s: %w", patience, err)
		}
	}
}

// cast is the recording so far.
func (s *stage) cast() (cast, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for _, e := range s.events {
		all.WriteString(e.Output)
	}
	s.look(all.String())
	if s.seen != nil {
		return cast{}, s.seen
	}
	events := append(slices.Clone(s.events), asciicast.Event{At: time.Since(s.began)})
	return cast{Width: s.width, Height: s.height, Events: events}, nil
}
