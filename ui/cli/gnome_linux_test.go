package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const masterPassword = "correct horse"

// A house is a home with a bus and a gnome-keyring of its own, which a test may lock: the one that all tests
// share must stay open.
type house struct {
	t    *testing.T
	home string
	env  []string
}

// openHouse starts a keyring that has no default collection yet, or one that is unlocked.
func openHouse(t *testing.T, made bool) *house {
	t.Helper()
	for _, name := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("BOTRING_REQUIRE_KEYRING") == "1" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	//nolint:usetesting // the name of a t.TempDir may be longer than a socket's can be
	dir, err := os.MkdirTemp("", "house")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "bus")
	h := &house{t: t, home: dir, env: []string{
		"HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "PATH=" + os.Getenv("PATH"), "DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket,
	}}
	config := filepath.Join(dir, "bus.conf")
	err = os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>unix:path=`+socket+`</listen>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
		</busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	h.serve("", "dbus-daemon", "--config-file="+config, "--nofork")
	h.eventually("the bus", func() bool { _, err := os.Stat(socket); return err == nil })
	args := []string{"--foreground", "--components=secrets"}
	if made {
		args = append(args, "--unlock")
	}
	h.serve(masterPassword, "gnome-keyring-daemon", args...)
	h.eventually("gnome-keyring", func() bool {
		code, said := h.run("", "keyring", "status")
		return code == exitOK || strings.Contains(said, "no default keyring")
	})
	return h
}

// serve runs a program until the test is over.
func (h *house) serve(input, name string, args ...string) {
	h.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdin = h.env, strings.NewReader(input)
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

func (h *house) eventually(what string, happened func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited 20 s for %s", what)
		}
	}
}

// command is the program in this house, with a passphrase for encrypted files in a file.
func (h *house) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(h.t.Context(), program, args...)
	cmd.Env = append(h.env, "BOTRING_PASSPHRASE_FILE="+filepath.Join(h.home, "passphrase"))
	return cmd
}

// run runs the program to its end, and returns the exit code and all that it said.
func (h *house) run(input string, args ...string) (code int, said string) {
	h.t.Helper()
	cmd := h.command(args...)
	cmd.Stdin = strings.NewReader(input)
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// must runs the program, which has to end well and say this.
func (h *house) must(input, want string, args ...string) {
	h.t.Helper()
	if code, said := h.run(input, args...); code != exitOK || !strings.Contains(said, want) {
		h.t.Fatalf("botring %v: exit code %d, want 0 and %q:\n%s", args, code, want, said)
	}
}

// fails runs the program, which has to end with this exit code and say this.
func (h *house) fails(want int, words string, args ...string) {
	h.t.Helper()
	if code, said := h.run("", args...); code != want || !strings.Contains(said, words) {
		h.t.Fatalf("botring %v: exit code %d, want %d and %q:\n%s", args, code, want, words, said)
	}
}

// Locked for everybody, opened by its password where no prompt can be shown, and that is not the end of it.
func TestLockAndUnlockByPassword(t *testing.T) {
	h := openHouse(t, true)
	h.must("API_ID=10001\nAPI_HASH=5ec7e75ec7e75ec7e75ec7e75ec7e75e\n", "Saved the app main", "app", "add", "main")
	h.must("", "state    unlocked", "keyring", "status")
	h.must("", "is unlocked already", "keyring", "unlock")
	h.must("", "Locked the system keyring “Login”", "keyring", "lock")
	h.must("", "is locked already", "keyring", "lock")
	h.must("", "state    locked", "keyring", "status")
	h.must("", `"locked":true,`, "keyring", "status", "--json")
	h.fails(exitSecret, "Nobody is to be asked", "keyring", "unlock", "--no-input")
	h.fails(exitSecret, "its password can be asked for", "keyring", "unlock")
	h.fails(exitUsage, "--for is about encrypted files", "keyring", "unlock", "--for", "1h")

	c := openConsole(t, h.command("keyring", "unlock"))
	c.see("Password of the keyring “Login”: ")
	c.send("wrong horse\r")
	c.see("That is not the password.")
	c.send("\x03")
	if code := c.exit(); code != exitCancelled {
		t.Errorf("given up: exit code %d: %s", code, c.said())
	}
	c = openConsole(t, h.command("keyring", "unlock"))
	for n := 1; n <= 3; n++ {
		c.seeTimes("Password of", n)
		c.send("wrong horse\r")
	}
	if code := c.exit(); code != exitSecret || !strings.Contains(c.said(), "botring: The password is wrong.") {
		t.Errorf("wrong three times: exit code %d: %s", code, c.said())
	}
	h.must("", "state    locked", "keyring", "status")

	// Any command that needs a secret asks the same, over SSH before any prompt.
	cmd := h.command("app", "remove", "main", "--yes")
	cmd.Env = append(cmd.Env, "SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22")
	c = openConsole(t, cmd)
	c.see("Password of the keyring “Login”: ")
	c.send(masterPassword + "\r")
	if code := c.exit(); code != exitOK || !strings.Contains(c.said(), "Removed the app main") {
		t.Errorf("right: exit code %d: %s", code, c.said())
	}
	if text := c.said(); strings.Contains(text, "horse") || strings.Contains(text, "Waiting") || strings.Contains(text, "\x1b") {
		t.Errorf("the terminal shows %q", text)
	}
	h.must("", "state    unlocked", "keyring", "status")
}

// A keyring program without a default keyring is given one.
func TestCreateKeyringByPassword(t *testing.T) {
	h := openHouse(t, false)
	h.fails(exitFailure, "botring keyring unlock --create makes one.", "keyring", "status")
	h.fails(exitFailure, "botring keyring unlock --create makes one.", "keyring", "unlock")
	h.fails(exitSecret, "The new keyring needs a password.", "keyring", "unlock", "--create", "--no-input")

	c := openConsole(t, h.command("keyring", "unlock", "--create"))
	c.see("whoever forgets it loses what is in it")
	c.see("New password, at least 8 characters: ")
	c.send("short\r")
	c.see("That has fewer than 8 characters.")
	c.seeTimes("New password", 2)
	c.send(masterPassword + "\r")
	c.see("The same once more: ")
	c.send(masterPassword + "\r")
	if code := c.exit(); code != exitOK || !strings.Contains(c.said(), "Made the system keyring “Default keyring”.") {
		t.Fatalf("exit code %d: %s", code, c.said())
	}
	h.must("", "state    unlocked", "keyring", "status")
	h.must("", "is unlocked already", "keyring", "unlock", "--create")
}

// furnish saves some apps in the house.
func (h *house) furnish(apps ...string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.home, "passphrase"), []byte("seven bold ferrets\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	for i, name := range apps {
		h.must("API_ID="+string(rune('1'+i))+"0001\nAPI_HASH=5ec7e75ec7e75ec7e75ec7e75ec7e75e\n", "Saved the app", "app", "add", name)
	}
}

// There and back between real keyrings, and every command after it finds what it was told.
func TestMoveKeyringThereAndBack(t *testing.T) {
	h := openHouse(t, true)
	h.furnish("one", "two", "three")
	h.must("", "botring keyring move --keyring system --to age --delete", "keyring", "move", "--to", "age")
	h.must("", "by ~/.config/botring/config.toml", "keyring", "status")
	h.must("", "Read and whole: 0 bots, 3 apps; nothing is wrong.", "keyring", "verify")
	h.must("", "Read and whole: 0 bots, 3 apps; nothing is wrong.", "keyring", "verify", "--keyring", "system")
	h.fails(exitUsage, "--yes", "keyring", "move", "--keyring", "system", "--to", "age", "--delete")
	h.must("", "3 items were deleted from the system keyring.", "keyring", "move", "--keyring", "system", "--to", "age", "--delete", "--yes")
	h.must("", "0 apps; nothing is wrong.", "keyring", "verify", "--keyring", "system")
	h.must("", "3 apps", "keyring", "status")

	c := openConsole(t, h.command("keyring", "move", "--to", "system", "--delete"))
	c.see("Move 0 bots and 3 apps to the system keyring and delete them from the encrypted files? [y/N] ")
	c.send("y\r")
	c.see("Copying 3 of 3")
	c.see("Deleting 3 of 3")
	if code := c.exit(); code != exitOK || !strings.Contains(c.said(), "From now on botring uses the system keyring") {
		t.Errorf("exit code %d: %s", code, c.said())
	}
	h.must("", "The system keyring", "keyring", "status")
	h.must("", "3 apps; nothing is wrong.", "keyring", "verify")
}
