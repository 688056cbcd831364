package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What is copied stays as long as the command does: an interrupt clears the clipboard and is no fault.
func TestCopiedAndCleared(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the clipboard is another program elsewhere")
	}
	dir := t.TempDir()
	board := filepath.Join(dir, "clipboard")
	// It takes its time, so that the interrupt below comes while it writes: what it has taken is cleared all the same.
	xclip := "#!/bin/sh\nenv >> " + filepath.Join(dir, "environment") + "\ncase $1 in -in) cat > " + board + "; sleep 0.3;; -out) cat " + board + ";; esac\n"
	if err := os.WriteFile(filepath.Join(dir, "xclip"), []byte(xclip), 0o700); err != nil {
		t.Fatal(err)
	}
	passphrase := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(passphrase, []byte("seven bold ferrets\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{
		"HOME=" + dir, "PATH=" + dir + ":" + os.Getenv("PATH"), "BOTRING_HOME=" + dir, "BOTRING_KEYRING=age",
		"BOTRING_PASSPHRASE_FILE=" + passphrase, "XDG_STATE_HOME=" + dir, "DISPLAY=:99",
	}
	token := tokenOf(7001, "A").Reveal()
	add := process(t, "add", "--no-login", "--quiet")
	add.Env = append([]string{"BOT_TOKEN=" + token, "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef"}, environ...)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{
			[]string{"export", "7001", "--format", "env", "--copy"},
			"# bot_7001, 7001\nBOT_TOKEN=" + token + "\nAPI_ID=10001\nAPI_HASH=0123456789abcdef0123456789abcdef",
		},
		{[]string{"token", "show", "7001", "--copy"}, token},
	} {
		given := append([]string{"BOT_TOKEN=" + token, "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef"}, environ...)
		copied(t, process(t, c.args...), given, board, c.want)
		if held, err := os.ReadFile(board); err != nil || len(held) > 0 {
			t.Errorf("%v: the clipboard still holds %d bytes, %v", c.args, len(held), err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "environment"))
	if err != nil || strings.Contains(string(text), "BOT_TOKEN") || strings.Contains(string(text), "API_") {
		t.Errorf("the clipboard's program is told too much, %v", err)
	}
}

// copied runs a command until it has copied what is wanted, and interrupts it then.
func copied(t *testing.T, cmd *exec.Cmd, environ []string, board, want string) {
	t.Helper()
	cmd.Env = environ
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if held, err := os.ReadFile(board); err == nil && string(held) == want {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the clipboard holds %d bytes, %v: %s", len(held), err, errs.String())
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, errs.String())
	}
	if out.Len() > 0 || !strings.Contains(errs.String(), "Copied with xclip") || !strings.HasSuffix(errs.String(), "The clipboard was cleared.\n") ||
		strings.Contains(errs.String(), secretMark) {
		t.Errorf("out %q, err %q", out.String(), errs.String())
	}
}

// Where an export could not go is said before anything is asked of anybody: no bot is looked up, no login is made.
func TestExportThatCannotLeave(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("clipboards are other programs elsewhere, and nobody may write into other directories")
	}
	with := t.TempDir()
	if err := os.WriteFile(filepath.Join(with, "xclip"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		path string
		says string
	}{
		"no clipboard": {[]string{"--copy"}, t.TempDir(), "There is no clipboard here that can be reached."},
		"no display":   {[]string{"--copy"}, with, "There is no clipboard here that can be reached."},
		"no directory": {[]string{"--output", "/nosuch/x"}, "", "There is no directory for"},
		"not writable": {[]string{"--output", "/sys/x"}, "", "Nothing may be written to"},
	} {
		cmd := process(t, append([]string{"export", "7001", "--format", "telethon", "--for", "vps-1", "--keyring", "memory"}, c.args...)...)
		cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + c.path}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// A session that could go nowhere is not made: the terminal that it would stand on is looked at first.
func TestExportToOtherEyes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the rights of files are told otherwise here")
	}
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "everybody"), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := file.Chmod(0o644); err != nil {
		t.Fatal(err)
	}
	cmd := process(t, "export", "7001", "--format", "telethon", "--for", "vps-1", "--keyring", "memory")
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = file, &errs
	if err := cmd.Run(); err == nil || !strings.Contains(errs.String(), "can be read by others") {
		t.Errorf("%v: %s", err, errs.String())
	}
}
