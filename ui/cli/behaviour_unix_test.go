//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyLine is a line for each command that does something by itself, with arguments that are nobody's.
func everyLine(t *testing.T) [][]string {
	t.Helper()
	stands := map[string]string{
		"BOT": "@nobody_bot", "APP": "nobody", "NAME": "main", "TEXT": "Mine", "SHELL": "bash", "FILE|DIR": "nowhere.env", "PATH": "nowhere",
		"AGE-RECIPIENT": "age1nobody", "COMMAND": "list", "KEY": "watch", "VALUE": "2h", "URL": "socks5://127.0.0.1:1",
	}
	var lines [][]string
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		if groups(cmd) || !cmd.HasParent() {
			return
		}
		line := strings.Fields(below(cmd))
		forms, _ := argumentForms(cmd)
		for _, form := range forms {
			if stands[form] == "" {
				t.Fatalf("%s takes %s, and nobody knows what could stand for it", cmd.CommandPath(), form)
			}
			line = append(line, stands[form])
		}
		switch below(cmd) {
		case "exec":
			line = append(line, "--", "true")
		case "export", "session convert":
			line = append(line, map[bool]string{true: "--format=telethon", false: "--to=telethon"}[cmd.Name() == "export"])
		case "tag":
			line = append(line, "--add=x")
		case "keyring move":
			line = append(line, "--to=age")
		}
		lines = append(lines, line)
	})
	return lines
}

// with puts flags behind the words of a line, before what is another program's.
func with(line []string, flags ...string) []string {
	at := slices.Index(line, "--")
	if at < 0 {
		at = len(line)
	}
	return slices.Concat(line[:at], flags, line[at:])
}

// bare is the program in a home of its own, on a keyring that forgets, with nothing to read from.
func bare(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := process(t, args...)
	// A shell closes its standard input, as cron's and daemons' may be.
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `exec "$0" "$@" <&-`, cmd.Path}, args...)
	cmd.Env = append(cmd.Env, "BOTRING_KEYRING=memory", "NO_COLOR=")
	cmd.Dir = t.TempDir()
	return cmd
}

// Every command ends without anybody to ask and without standard input; it says a sentence and what to do on standard error, or
// one object on standard output.
func TestEveryCommandWithoutInput(t *testing.T) {
	t.Parallel()
	for _, line := range everyLine(t) {
		t.Run(strings.Join(line, " "), func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			cmd := bare(t, with(line, "--no-input", "--json")...)
			cmd.Stdout, cmd.Stderr = &out, &errs
			code := codeOf(t, cmd.Run())
			if errs.Len() > 0 {
				t.Errorf("with --json standard error says %q", errs.String())
			}
			if err := validate(cmd.Args[4:], out.String()); err != nil {
				t.Errorf("%s%v", out.String(), err)
			}
			if failed := strings.Contains(out.String(), `"error":`); failed != (code != exitOK) {
				t.Errorf("exit code %d and %s", code, out.String())
			}

			out.Reset()
			cmd = bare(t, with(line, "--no-input", "--quiet")...)
			cmd.Stdout, cmd.Stderr = &out, &errs
			if again := codeOf(t, cmd.Run()); again != code && line[0] != "completion" && line[0] != "man" {
				t.Errorf("exit code %d, with --json %d", again, code)
			}
			plainWords(t, out.String()+errs.String())
			if errs.Len() > 0 {
				lines := strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
				if !strings.HasPrefix(lines[0], "botring: ") || !strings.ContainsAny(lines[0][len(lines[0])-1:], ".)") || len(lines) < 2 {
					t.Errorf("no sentence with a hint: %q", errs.String())
				}
				for _, hint := range lines[1:] {
					if !strings.HasPrefix(hint, "  ") {
						t.Errorf("a hint is %q", hint)
					}
				}
			}
		})
	}
}

// codeOf is the exit code of a process that has ended by itself.
func codeOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatal(err)
	}
	if exit == nil {
		return exitOK
	}
	return exit.ExitCode()
}

// plainWords finds what is not to be in what a command says.
func plainWords(t *testing.T, said string) {
	t.Helper()
	for _, not := range []string{"\x1b", "\a", "goroutine", "panic: ", "broken pipe", "%!"} {
		if strings.Contains(said, not) {
			t.Errorf("%q is in %q", not, said)
		}
	}
}

// A reader of standard output that has left is no fault, and no reason to leave anything half done.
func TestEveryCommandWithoutAReader(t *testing.T) {
	t.Parallel()
	for _, line := range everyLine(t) {
		for _, flag := range []string{"--json", "--no-input"} {
			t.Run(strings.Join(line, " ")+flag, func(t *testing.T) {
				t.Parallel()
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				_ = r.Close()
				defer func() { _ = w.Close() }()
				var errs bytes.Buffer
				cmd := bare(t, with(line, "--no-input", flag)...)
				cmd.Stdout, cmd.Stderr = w, &errs
				codeOf(t, cmd.Run())
				plainWords(t, errs.String())
				if flag == "--json" && errs.Len() > 0 {
					t.Errorf("standard error says %q", errs.String())
				}
			})
		}
	}
}

// What was done is done to its end although nobody reads the answer: the catalogue is closed, and the bot is in it.
func TestSavedWithoutAReader(t *testing.T) {
	home := t.TempDir()
	passphrase := filepath.Join(home, "passphrase")
	if err := os.WriteFile(passphrase, []byte("seven bold ferrets\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=" + home, "BOTRING_HOME=" + home, "BOTRING_KEYRING=age", "BOTRING_PASSPHRASE_FILE=" + passphrase, "XDG_STATE_HOME=" + home}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	cmd := process(t, "add", "--no-login")
	cmd.Env = append([]string{"BOT_TOKEN=" + tokenOf(7001, "A").Reveal(), "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef"}, environ...)
	cmd.Stdout, cmd.Stderr = w, w
	if code := codeOf(t, cmd.Run()); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	_ = w.Close()
	if left, _ := filepath.Glob(filepath.Join(home, "*-wal")); len(left) > 0 {
		t.Errorf("the catalogue was not closed: %v", left)
	}
	list := process(t, "list", "--quiet")
	list.Env = environ
	if out, err := list.CombinedOutput(); err != nil || string(out) != "7001\n" {
		t.Errorf("%s, %v", out, err)
	}
}

// On a terminal that never answers every command ends, asks it nothing and writes no escape codes.
func TestEveryCommandOnATerminal(t *testing.T) {
	t.Parallel()
	lines := append(everyLine(t), []string{"--help"}, []string{"--version"}, []string{"nonsense"}, []string{"list", "--nonsense"})
	for _, line := range lines {
		if line[0] == "demo" { // it is screens
			continue
		}
		t.Run(strings.Join(line, " "), func(t *testing.T) {
			t.Parallel()
			cmd := process(t, with(line, "--no-input")...)
			cmd.Env = append(cmd.Env, "BOTRING_KEYRING=memory", "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
			cmd.Dir = t.TempDir()
			began := time.Now()
			terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = terminal.Close() }()
			said, _ := io.ReadAll(terminal) // the end of a terminal is an error
			codeOf(t, cmd.Wait())
			plainWords(t, string(said))
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// The examples of the help are of flags and arguments that there are.
func TestExamplesRunAsWritten(t *testing.T) {
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		for example := range strings.SplitSeq(cmd.Example, "\n") {
			for _, words := range botringLines(t, example) {
				if err := parses(words); err != nil {
					t.Errorf("%s: %v", example, err)
				}
			}
		}
	})
}

// botringLines are the lines in an example that run botring, in the words a shell makes of them.
func botringLines(t *testing.T, example string) [][]string {
	t.Helper()
	// The shell runs a botring that prints what it was given.
	script := `botring() { for word in "$@"; do printf '%s\0' "$word" >&3; done; printf '\n' >&3; }
for name in pass gh ssh man docker wl-copy python node cat grep; do eval "$name() { :; }"; done
exec 3>&1 >/dev/null
` + strings.ReplaceAll(example, "$EDITOR", ":")
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"HOME=" + cmd.Dir, "PATH=/nonexistent"}
	for _, redirected := range strings.Fields(example) {
		if path, ok := strings.CutPrefix(redirected, "~/"); ok {
			if err := os.MkdirAll(filepath.Join(cmd.Dir, filepath.Dir(path)), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasSuffix(redirected, ".env") || strings.HasSuffix(redirected, ".txt") {
			if err := os.WriteFile(filepath.Join(cmd.Dir, filepath.Base(redirected)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, _ := cmd.Output() // what stands beside botring need not be there
	var lines [][]string
	for line := range strings.Lines(string(out)) {
		words := strings.Split(strings.TrimSuffix(line, "\n"), "\x00")
		lines = append(lines, words[:len(words)-1])
	}
	if len(lines) == 0 {
		t.Errorf("%s runs no botring", example)
	}
	return lines
}

// parses reports whether a line is one that a command takes.
func parses(words []string) error {
	root := newRoot(&shell{Process: Process{Environ: mapEnviron{}}})
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if err := refuseSecrets(words); err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if cmd.Args != nil {
		if err := cmd.Args(cmd, cmd.Flags().Args()); err != nil {
			return fmt.Errorf("%w: %s", err, words)
		}
	}
	return nil
}
