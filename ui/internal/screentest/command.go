package screentest

import (
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/creack/pty"
)

// Start runs a command on a real pseudo-terminal of cols by rows with an emulated terminal behind it, and
// kills it with the test. A cmd.Env of nil is this process's environment on a terminal with true colour.
func Start(t testing.TB, cmd *exec.Cmd, cols, rows int) *Screen {
	t.Helper()
	if cmd.Env == nil {
		cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
	}
	file, err := pty.StartWithSize(cmd, window(cols, rows))
	if err != nil {
		t.Fatalf("start %s on a pseudo-terminal: %v", cmd.Path, err)
	}
	s := newScreen(t, cols, rows)
	s.resize = func(cols, rows int) {
		if err := pty.Setsize(file, window(cols, rows)); err != nil {
			t.Errorf("resize the pseudo-terminal: %v", err)
		}
	}
	s.leave = func() { _ = cmd.Process.Kill() }
	// What the terminal types, and what it answers to queries.
	go func() { _, _ = io.Copy(file, newKeyboard(s.em)) }()
	go func() {
		buf := make([]byte, 32<<10)
		for {
			n, err := file.Read(buf)
			s.draw(buf[:n])
			if err != nil { // the last holder of the other side is gone
				s.done <- cmd.Wait()
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = s.em.InputPipe().(io.Closer).Close()
		_ = file.Close()
	})
	return s
}

func window(cols, rows int) *pty.Winsize {
	return &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}
}
