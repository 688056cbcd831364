//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
)

// ageProcess is a command on the encrypted file of a home, at a terminal.
func ageProcess(t *testing.T, home string, args ...string) *console {
	t.Helper()
	cmd := process(t, append(args, "--home", home, "--keyring", "age")...)
	cmd.Env = append(cmd.Env, "API_ID=10001", "API_HASH=5ec7e75ec7e75ec7e75ec7e75ec7e75e", "XDG_STATE_HOME="+t.TempDir())
	return openConsole(t, cmd)
}

// A new passphrase is asked for twice, the one of a file that is there up to three times, and none is shown.
func TestPassphrasePrompts(t *testing.T) {
	home := t.TempDir()
	var said []string
	c := ageProcess(t, home, "app", "add", "main")
	c.see("without it nobody can read it")
	c.see("New passphrase, at least 8 characters: ")
	c.send("ferrets\r")
	c.see("That has fewer than 8 characters.")
	c.seeTimes("New passphrase", 2)
	c.send("seven bold ferrets\r")
	c.see("The same once more: ")
	c.send("seven bald ferrets\r")
	c.see("The two are not the same.")
	c.seeTimes("New passphrase", 3)
	c.send("seven bold ferrets\r")
	c.seeTimes("The same once more: ", 2)
	c.send("seven bold ferrets\r")
	if code := c.exit(); code != 0 || !strings.Contains(c.said(), "Saved the app main, api_id 10001.") {
		t.Fatalf("exit code %d: %s", code, c.said())
	}
	said = append(said, c.said())

	c = ageProcess(t, home, "app", "remove", "main", "--yes")
	c.see("Passphrase of ")
	c.send("seven bald ferrets\r")
	c.see("That is not the passphrase.")
	c.seeTimes("Passphrase of ", 2)
	c.send("seven bold ferrets\r")
	if code := c.exit(); code != 0 || !strings.Contains(c.said(), "Removed the app main") {
		t.Errorf("exit code %d: %s", code, c.said())
	}
	said = append(said, c.said())

	c = ageProcess(t, home, "app", "add", "main")
	for n := 1; n <= 3; n++ {
		c.seeTimes("Passphrase of ", n)
		c.send("none of the ferrets\r")
	}
	if code := c.exit(); code != exitSecret || !strings.Contains(c.said(), "botring: The passphrase is wrong.") {
		t.Errorf("exit code %d: %s", code, c.said())
	}
	said = append(said, c.said())

	c = ageProcess(t, home, "app", "add", "main", "--no-input")
	if code := c.exit(); code != exitSecret || !strings.Contains(c.said(), "BOTRING_PASSPHRASE_FILE") {
		t.Errorf("exit code %d: %s", code, c.said())
	}
	for _, text := range append(said, c.said()) {
		if strings.Contains(text, "ferrets") || strings.Contains(text, "\x1b") {
			t.Errorf("the terminal shows %q", text)
		}
	}
}

// TestMakingFilesIsNotSilent: while files are made it is said what takes its time. Here that is a lock that
// another process holds: a passphrase as slow as everybody's would take this test a minute.
func TestMakingFilesIsNotSilent(t *testing.T) {
	home := t.TempDir()
	store := filepath.Join(home, "age", "botring")
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(filepath.Join(store, "lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	c := ageProcess(t, home, "keyring", "unlock", "--create")
	c.see("New passphrase")
	c.send("seven bold ferrets\r")
	c.see("The same once more: ")
	c.send("seven bold ferrets\r")
	c.see("This takes a few seconds")
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if code := c.exit(); code != exitOK || strings.Count(c.said(), "This takes a few seconds") != 1 || !strings.Contains(c.said(), "Made the encrypted files") {
		t.Errorf("exit code %d: %s", code, c.said())
	}
}

// An interrupt at the prompt is no refusal, and gives the terminal back.
func TestPassphraseInterrupted(t *testing.T) {
	c := ageProcess(t, t.TempDir(), "app", "add", "main")
	c.see("New passphrase")
	c.send("\x03")
	if code := c.exit(); code != exitCancelled {
		t.Errorf("exit code %d: %s", code, c.said())
	}
}
