package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/ui/internal/screentest"
)

// program is the program, built as it is given to people: these few tests use it as a person does, on a
// pseudo-terminal.
var program = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(os.Getenv("TEST_PROGRAMS"), "as-given", "botring")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "botring")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

// demo starts the demo on a terminal, in a home of its own that it must leave empty.
func demo(t *testing.T, cols, rows int) *screentest.Screen {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin, "demo")
	cmd.Env = []string{
		"HOME=" + home, "XDG_DATA_HOME=" + home + "/data", "XDG_STATE_HOME=" + home + "/state",
		"XDG_RUNTIME_DIR=" + home, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "PATH=",
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
			t.Errorf("the demo left %v in its home (%v)", left, err)
		}
	})
	return screentest.Start(t, cmd, cols, rows)
}

// token is the demo's first one to try.
const (
	botID      = "7123450001"
	tokenTail  = "AAHdemo-nobodys-token-0007123450001"
	fineToken  = botID + ":" + tokenTail
	botFather  = "Done! Congratulations on your new bot.\n\nUse this token to access the HTTP API:\n" + fineToken + "\nKeep your token secure.\n"
	stalledBot = "7123450006:AAHdemo-nobodys-token-0007123450006"
)

func TestLogInByHand(t *testing.T) {
	s := demo(t, 80, 24)
	s.See("7 bots")
	s.Type("a")
	s.See("Add a bot")
	s.Paste(botFather)
	s.See(botID + ":••••••••")
	s.See("found in a message from @BotFather")
	s.Press(uv.KeyEnter)
	s.See("Fine day")
	s.See("forgotten at quit")
	s.Press(uv.KeyEnter)
	s.See("8 bots")
	s.Type("q")
	if err := s.Ended(); err != nil {
		t.Errorf("exit: %v", err)
	}
	if strings.Contains(s.Raw(), tokenTail) {
		t.Error("the token was written to the terminal")
	}
	if !strings.HasSuffix(strings.TrimRight(s.Raw(), "\r\n"), "\x1b[?25h") && !strings.Contains(s.Raw(), "\x1b[?1049l") {
		t.Error("the alternate screen was not left")
	}
}

func TestCancelByHand(t *testing.T) {
	s := demo(t, 80, 24)
	s.See("7 bots")
	s.Paste(stalledBot)
	s.See("7123450006:••••••••")
	s.Press(uv.KeyEnter)
	s.See("Logging in")
	s.See("✓ Securing")
	s.Press(uv.KeyEscape)
	s.See("Cancelled")
	s.See("7123450006:••••••••") // what was typed is kept
	s.Ctrl('c')
	if err := s.Ended(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

func TestResizeByHand(t *testing.T) {
	s := demo(t, 80, 24)
	s.See("7 bots")
	// Each size has a title that the one before it cannot leave behind by being cut: seeing it is seeing a redraw.
	for _, at := range []struct {
		cols, rows int
		title      string
	}{
		{40, 10, " demo  1 Bots  2  3  4  "},
		{120, 40, " botring demo  1 Bots"},
		{40, 12, " demo  1 Bots  2  3  4  "},
		{20, 4, " demo  1 Bots  2  3…"},
		{80, 24, " botring demo  1 Bots"},
	} {
		s.Resize(at.cols, at.rows)
		// Nothing of the old size stays behind, however the terminal moved its lines.
		s.Comes(fmt.Sprintf("one title on %dx%d", at.cols, at.rows), func(screen string) bool {
			return strings.HasPrefix(screen, at.title) && strings.Count(screen, "1 Bots") == 1
		})
	}
	s.See("7 bots")
	s.Ctrl('c')
	if err := s.Ended(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

func TestSuspendAndResume(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	// A shell with job control stands above, as it does above a person's program: a process without one
	// cannot be stopped from its terminal.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `set -m; "$0" demo; echo "left with $?"; fg >/dev/null`, bin)
	s := screentest.Start(t, cmd, 80, 24)
	s.See("7 bots")
	s.Ctrl('z')
	s.Wrote("left with 148") // 128 + SIGTSTP
	s.See("7 bots")
	s.Type("/night")
	s.See("1 of 7 bots")
	s.Press(uv.KeyEscape)
	s.Gone("1 of 7 bots")
	s.Ctrl('c')
	if err := s.Ended(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

// A signal ends the screens, and gives the terminal back. It once met Bubble Tea's own handler, and one time
// in three the program hung.
func TestSignalled(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		cmd := exec.CommandContext(t.Context(), bin, "--keyring", "memory")
		cmd.Env = []string{"HOME=" + t.TempDir(), "TERM=xterm-256color", "LANG=C.UTF-8"}
		s := screentest.Start(t, cmd, 80, 24)
		s.See("add a bot")
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := s.Ended(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
			t.Errorf("%v: %v", signal, err)
		}
		if !strings.Contains(s.Raw(), "\x1b[?1049l") {
			t.Errorf("%v: the alternate screen was not left", signal)
		}
	}
}

func TestNoTerminal(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, args := range [][]string{nil, {"demo"}} {
		cmd := exec.CommandContext(ctx, bin, args...)
		cmd.Env = []string{"HOME=" + t.TempDir(), "TERM=xterm"}
		cmd.Stdin = io.NopCloser(strings.NewReader(""))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 {
			t.Errorf("botring %v without a terminal: %v", args, err)
		}
		if !strings.Contains(string(out), "terminal") || strings.Contains(string(out), "goroutine") || strings.Contains(string(out), "\x1b") {
			t.Errorf("botring %v without a terminal says:\n%s", args, out)
		}
	}
}

// What the screens are drawn for is the terminal's to say, unless somebody has said it: then it is not even asked.
func TestThemeByHand(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	const asks, colour, light = "\x1b]11;?", "\x1b[38;2;", "38;2;11;99;181"
	for _, c := range []struct {
		config, environ string
		want, not       []string
	}{
		{"", "", []string{asks, colour}, []string{light}},
		{`theme = "dark"`, "", []string{colour}, []string{asks, light}},
		{`theme = "light"`, "", []string{light}, []string{asks}},
		{`theme = "none"`, "", nil, []string{asks, colour}},
		{`theme = "light"`, "NO_COLOR=yes", nil, []string{asks, colour}},
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(c.config), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), bin, "--keyring", "memory", "--home", home)
		cmd.Env = []string{"HOME=" + home, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", c.environ}
		s := screentest.Start(t, cmd, 80, 24)
		s.See("add a bot")
		s.Ctrl('c')
		if err := s.Ended(); err != nil {
			t.Errorf("exit: %v", err)
		}
		for _, want := range c.want {
			if !strings.Contains(s.Raw(), want) {
				t.Errorf("%s %s: %q was not written", c.config, c.environ, want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(s.Raw(), not) {
				t.Errorf("%s %s: %q was written", c.config, c.environ, not)
			}
		}
	}
}
