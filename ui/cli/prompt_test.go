//go:build unix

package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A console is a terminal with the program on it, and all that was written to it.
type console struct {
	t    *testing.T
	tty  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

func openConsole(t *testing.T, cmd *exec.Cmd) *console {
	t.Helper()
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, tty: tty, cmd: cmd, done: make(chan struct{})}
	t.Cleanup(func() { _ = tty.Close() })
	go func() {
		defer close(c.done)
		for buffer := make([]byte, 4096); ; {
			n, err := tty.Read(buffer)
			c.mu.Lock()
			c.text.Write(buffer[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *console) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

func (c *console) see(want string) {
	c.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(c.said(), want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("never saw %q in %q", want, c.said())
		}
	}
}

// seeTimes waits until something was written so often.
func (c *console) seeTimes(want string, n int) {
	c.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); strings.Count(c.said(), want) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("never saw %q %d times in %q", want, n, c.said())
		}
	}
}

func (c *console) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.tty, text); err != nil {
		c.t.Fatal(err)
	}
}

// exit waits for the program's end and returns its exit code.
func (c *console) exit() int {
	c.t.Helper()
	err := c.cmd.Wait()
	<-c.done
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return c.cmd.ProcessState.ExitCode()
}

// At a terminal what is missing is asked for; secrets are not shown, and nothing is asked of the terminal.
func TestPrompts(t *testing.T) {
	cmd := process(t, "add", "--keyring", "memory", "--no-login")
	c := openConsole(t, cmd)
	c.see("Bot token: ")
	c.send("Use this token to access the HTTP API:\r\n" + tokenOf(7001, "A").Reveal() + "\r\nKeep it secure.\r")
	c.see("api_id (my.telegram.org/apps): ")
	c.send("10001\r")
	c.see("api_hash: ")
	c.send("5ec7e75ec7e75ec7e75ec7e75ec7e75e\r")
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	text := c.said()
	if !strings.Contains(text, "Saved 7001: saved, not logged in.") {
		t.Errorf("%q", text)
	}
	for _, leak := range []string{secretMark, "5ec7e7", "\x1b"} {
		if strings.Contains(text, leak) {
			t.Errorf("the terminal shows %q: %q", leak, text)
		}
	}
}

// An interrupt at a prompt leaves the terminal as it was.
func TestInterruptAtAPrompt(t *testing.T) {
	// The shell gets the interrupt as well, and has to outlive it.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "trap : INT; "+program+" add --keyring memory; echo code $?; read line")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	c := openConsole(t, cmd)
	c.see("Bot token: ")
	c.send("\x03")
	c.see("code 130")
	c.send("seen\r")
	c.see("seen")
	_ = c.exit()
	if text := c.said(); !strings.Contains(text, "botring: Cancelled.") || strings.Contains(text, "goroutine") {
		t.Errorf("%q", text)
	}
}

func TestReadHidden(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"secret\r", "secret\r"},
		{"secrex\x7ft\r", "secret\r"},
		{"\x7f\x08wrong\x15right\n", "right\n"},
		{"two\r\nlines\r", "two\r\nlines\r"},
		{"end\x04beyond", "end"},
		{"", ""},
		{strings.Repeat("x", maxAnswer+5), strings.Repeat("x", maxAnswer)},
	} {
		keys := make(chan byte, len(c.typed))
		for i := range len(c.typed) {
			keys <- c.typed[i]
		}
		if !strings.ContainsAny(c.typed, "\r\n\x04") {
			close(keys)
		}
		if got, err := readHidden(t.Context(), keys); got != c.want || err != nil {
			t.Errorf("%.40q: %.40q, %v", c.typed, got, err)
		}
	}
	interrupted := make(chan byte, 1)
	interrupted <- keyInterrupt
	if _, err := readHidden(t.Context(), interrupted); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// A token is not shown on a screen by the way.
func TestTokenIsNotShownOnATerminal(t *testing.T) {
	c := openConsole(t, process(t, "token", "show", "x", "--keyring", "memory"))
	if code := c.exit(); code != exitUsage || !strings.Contains(c.said(), "The token would stand on the screen.") {
		t.Errorf("exit code %d: %q", code, c.said())
	}
}

// What goes to the terminal's clipboard leaves standard output to the answer, where it can.
func TestTheTerminalForItsClipboard(t *testing.T) {
	_, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	other, err := os.OpenFile(tty.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	for _, c := range []struct{ out, err, want io.Writer }{
		{tty, other, other}, {tty, io.Discard, tty}, {io.Discard, other, other}, {io.Discard, io.Discard, nil},
	} {
		s := &shell{Process: Process{Out: c.out, Err: c.err}}
		if got, ok := s.terminal(); got != c.want || ok != (c.want != nil) {
			t.Errorf("%v, %v: %v, %v", c.out, c.err, got, ok)
		}
	}
}
