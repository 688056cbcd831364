// Package screentest runs a Bubble Tea program on an emulated terminal, in process, so that tests type what
// a person would and compare the screen a person would see. Bubble Tea writes differences between frames:
// its stream says little, the screen that results from it everything.
package screentest

import (
	"bytes"
	"image/color"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/charmbracelet/x/vt"
)

// Look is how the terminal shows colours.
type Look int

// The looks a screen is tested in.
const (
	Dark Look = iota
	Light
	NoColor
)

// String names the look in golden files.
func (l Look) String() string {
	switch l {
	case Dark:
		return "dark"
	case Light:
		return "light"
	case NoColor:
		return "nocolor"
	}
	return ""
}

// wait bounds every waiting of a test.
const wait = 30 * time.Second

// A Screen is an emulated terminal with a program on it: one in this process (Run) or a command on a
// pseudo-terminal (Start).
type Screen struct {
	t    testing.TB
	prog *tea.Program // nil for a command
	done chan error

	// resize tells the program of a new size of the terminal.
	resize func(cols, rows int)
	// leave kills a command that runs on a pseudo-terminal.
	leave func()

	// mu guards em: vt.SafeEmulator leaves String and Render unguarded.
	mu sync.Mutex
	em *vt.Emulator
	// received guards what arrived, and how many bytes of that are drawn; more tells that it is more.
	received sync.Mutex
	more     *sync.Cond
	raw      bytes.Buffer
	drawn    int
}

func newScreen(t testing.TB, cols, rows int) *Screen {
	s := &Screen{t: t, em: vt.NewEmulator(cols, rows), done: make(chan error, 1)}
	s.more = sync.NewCond(&s.received)
	return s
}

// Run starts model on a terminal of cols by rows and ends it with the test.
func Run(t testing.TB, model tea.Model, cols, rows int, look Look) *Screen {
	t.Helper()
	s := newScreen(t, cols, rows)
	background, profile := color.Color(color.Black), colorprofile.TrueColor
	switch look {
	case Dark:
	case Light:
		background = color.White
	case NoColor:
		profile = colorprofile.Ascii
	}
	s.em.SetDefaultBackgroundColor(background)
	s.prog = tea.NewProgram(model,
		tea.WithContext(t.Context()),
		tea.WithInput(newKeyboard(s.em)),
		tea.WithOutput(display{s}),
		tea.WithWindowSize(cols, rows),
		tea.WithColorProfile(profile),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "LANG=C.UTF-8"}),
		tea.WithoutSignals(),
	)
	s.resize = func(cols, rows int) { s.prog.Send(tea.WindowSizeMsg{Width: cols, Height: rows}) }
	go func() {
		_, err := s.prog.Run()
		s.done <- err
	}()
	t.Cleanup(func() {
		s.prog.Kill()
		_ = s.em.InputPipe().(io.Closer).Close()
	})
	return s
}

// display is where the program draws.
type display struct{ s *Screen }

func (d display) Write(p []byte) (int, error) {
	// No terminal driver stands in between to make CR LF of LF.
	d.s.draw(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), nil
}

// draw puts what the program wrote on the terminal.
func (s *Screen) draw(p []byte) {
	s.received.Lock()
	s.raw.Write(p)
	s.received.Unlock()
	s.more.Broadcast()
	s.mu.Lock()
	_, _ = s.em.Write(p)
	s.mu.Unlock()
	s.received.Lock()
	s.drawn += len(p)
	s.received.Unlock()
	s.more.Broadcast()
}

// Raw is everything the program wrote so far, escape sequences and all.
func (s *Screen) Raw() string {
	s.received.Lock()
	defer s.received.Unlock()
	return s.raw.String()
}

// Written is how many bytes that is.
func (s *Screen) Written() int {
	s.received.Lock()
	defer s.received.Unlock()
	return s.raw.Len()
}

// Type sends text key by key, as a person's fingers do.
func (s *Screen) Type(text string) {
	for _, r := range text {
		s.em.SendText(string(r))
	}
}

// Press sends keys that are no text: uv.KeyEnter, uv.KeyEscape, uv.KeyF1 …
func (s *Screen) Press(codes ...rune) {
	// What a key is written as depends on modes of the terminal, which the program sets.
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, code := range codes {
		s.em.SendKey(uv.KeyPressEvent{Code: code})
	}
}

// Ctrl sends a letter with the control key held.
func (s *Screen) Ctrl(letter rune) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.em.SendKey(uv.KeyPressEvent{Code: letter, Mod: uv.ModCtrl})
}

// Paste pastes as a terminal does that brackets what is pasted, if the program asked for that.
func (s *Screen) Paste(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.em.Paste(text)
}

// Send hands a program in this process a message directly.
func (s *Screen) Send(msg tea.Msg) { s.prog.Send(msg) }

// Resize changes the terminal's size.
func (s *Screen) Resize(cols, rows int) {
	s.mu.Lock()
	s.em.Resize(cols, rows)
	s.mu.Unlock()
	s.resize(cols, rows)
}

// Leave kills the command, and with it the session whose terminal this is, as closing a window does.
func (s *Screen) Leave() { s.leave() }

// Text is the screen as it is read: no styles, no blanks at line ends.
func (s *Screen) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return trim(s.em.String())
}

// Styled is the screen with its styles as escape sequences.
func (s *Screen) Styled() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return trim(s.em.Render())
}

func trim(screen string) string {
	lines := strings.Split(strings.ReplaceAll(screen, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// See waits until want is on the screen.
func (s *Screen) See(want string) {
	s.t.Helper()
	s.until(func(text string) bool { return strings.Contains(text, want) }, "never saw "+want)
}

// Gone waits until text is no longer on the screen.
func (s *Screen) Gone(text string) {
	s.t.Helper()
	s.until(func(screen string) bool { return !strings.Contains(screen, text) }, "still there: "+text)
}

// Wrote waits until want is among what the program wrote: it may be gone from the screen already.
func (s *Screen) Wrote(want string) {
	s.t.Helper()
	if !s.await(wait, func() bool { return bytes.Contains(s.raw.Bytes(), []byte(want)) }) {
		s.t.Fatalf("never wrote %s; the screen:\n%s", want, s.Text())
	}
}

// WroteOn waits until the program has written more than so many bytes.
func (s *Screen) WroteOn(bytes int) {
	s.t.Helper()
	if !s.await(wait, func() bool { return s.raw.Len() > bytes }) {
		s.t.Fatalf("wrote nothing more; the screen:\n%s", s.Text())
	}
}

// await waits until what arrived is as it should be, for a time at most, and reports whether it came to that. ok is asked with
// received held. It sleeps until more arrives: looking again and again would slow down the program that is looked at.
func (s *Screen) await(most time.Duration, ok func() bool) bool {
	deadline := time.Now().Add(most)
	defer time.AfterFunc(most, s.more.Broadcast).Stop()
	s.received.Lock()
	defer s.received.Unlock()
	for !ok() {
		if !time.Now().Before(deadline) {
			return false
		}
		s.more.Wait()
	}
	return true
}

// Comes waits until the screen is as it should be.
func (s *Screen) Comes(what string, ok func(screen string) bool) {
	s.t.Helper()
	s.until(ok, "never came: "+what)
}

func (s *Screen) until(ok func(string) bool, complaint string) {
	s.t.Helper()
	deadline := time.Now().Add(wait)
	for {
		drawn := s.onScreen()
		if ok(s.Text()) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s; the screen:\n%s", complaint, s.Text())
		}
		// What is asked for may depend on more than the screen.
		s.await(30*time.Millisecond, func() bool { return s.drawn != drawn })
	}
}

// onScreen is how many bytes have been drawn.
func (s *Screen) onScreen() int {
	s.received.Lock()
	defer s.received.Unlock()
	return s.drawn
}

// Settled waits until the screen has not changed for a while, for comparing it whole.
func (s *Screen) Settled() {
	s.t.Helper()
	// On a busy machine one long wait may pass without the program having had its turn. Several short ones do not.
	const waits, each = 8, 10 * time.Millisecond
	deadline := time.Now().Add(wait)
	for quiet := 0; quiet < waits; quiet++ {
		drawn := s.onScreen()
		// A screen that is still blank waits for its first frame.
		if s.await(each, func() bool { return s.drawn != drawn }) || strings.TrimSpace(s.Text()) == "" {
			quiet = -1
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the screen never came to rest:\n%s", s.Text())
		}
	}
}

// Golden compares the settled text of the screen with testdata/<test>.golden; go test -update rewrites it.
func (s *Screen) Golden() {
	s.t.Helper()
	s.Settled()
	golden.RequireEqual(s.t, s.Text())
}

// GoldenStyled does the same with styles.
func (s *Screen) GoldenStyled() {
	s.t.Helper()
	s.Settled()
	golden.RequireEqual(s.t, s.Styled())
}

// Ended waits for the program to end and returns its error.
func (s *Screen) Ended() error {
	s.t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(wait):
		s.t.Fatalf("the program did not end; the screen:\n%s", s.Text())
		return nil
	}
}
