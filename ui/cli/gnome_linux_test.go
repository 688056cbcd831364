package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const masterPassword = "correct horse"

// A cottage is a home with a bus and a gnome-keyring of its own, which a test may lock: the one that all tests
// share must stay open.
type cottage struct {
	t    *testing.T
	home string
	env  []string
}

// openCottage starts a keyring that has no default collection yet, or one that is unlocked. Tests in cottages
// mostly wait for processes, so they wait together.
func openCottage(t *testing.T, made bool) *cottage {
	t.Helper()
	t.Parallel()
	for _, name := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("BOTRING_REQUIRE_KEYRING") == "1" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	//nolint:usetesting // the name of a t.TempDir may be longer than a socket's can be
	dir, err := os.MkdirTemp("", "cottage")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "bus")
	h := &cottage{t: t, home: dir, env: []string{
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
func (h *cottage) serve(input, name string, args ...string) {
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

func (h *cottage) eventually(what string, happened func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited 20 s for %s", what)
		}
	}
}

// command is the program in this cottage, with a passphrase for encrypted files in a file.
func (h *cottage) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(h.t.Context(), program, args...)
	cmd.Env = append([]string{"BOTRING_PASSPHRASE_FILE=" + filepath.Join(h.home, "passphrase")}, h.env...)
	return cmd
}

// run runs the program to its end, and returns the exit code and all that it said.
func (h *cottage) run(input string, args ...string) (code int, said string) {
	h.t.Helper()
	cmd := h.command(args...)
	cmd.Stdin = strings.NewReader(input)
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// must runs the program, which has to end well and say this.
func (h *cottage) must(input, want string, args ...string) {
	h.t.Helper()
	if code, said := h.run(input, args...); code != exitOK || !strings.Contains(said, want) {
		h.t.Fatalf("botring %v: exit code %d, want 0 and %q:\n%s", args, code, want, said)
	}
}

// fails runs the program, which has to end with this exit code and say this.
func (h *cottage) fails(want int, words string, args ...string) {
	h.t.Helper()
	if code, said := h.run("", args...); code != want || !strings.Contains(said, words) {
		h.t.Fatalf("botring %v: exit code %d, want %d and %q:\n%s", args, code, want, words, said)
	}
}

// Locked for everybody, opened by its password where no prompt can be shown, and that is not the end of it.
func TestLockAndUnlockByPassword(t *testing.T) {
	h := openCottage(t, true)
	h.must("API_ID=10001\nAPI_HASH=5ec7e75ec7e75ec7e75ec7e75ec7e75e\n", "Saved the app main", "app", "add", "main")
	h.must("", "state    unlocked", "keyring", "status")
	h.must("", "is unlocked already", "keyring", "unlock")
	h.must("", "Locked the system keyring “Login”", "keyring", "lock")
	h.must("", "is locked already", "keyring", "lock")
	h.must("", "state    locked", "keyring", "status")
	h.must("", `"locked":true,`, "keyring", "status", "--json")
	h.fails(exitSecret, "Nobody is to be asked", "keyring", "unlock", "--no-input")
	h.fails(exitSecret, "run it without --no-input", "keyring", "unlock", "--no-input")
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
	h := openCottage(t, false)
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

// furnish saves some apps in the cottage.
func (h *cottage) furnish(apps ...string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.home, "passphrase"), []byte("seven bold ferrets\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	for i, name := range apps {
		h.must(fmt.Sprintf("API_ID=%d\n", 10001+i)+"API_HASH=5ec7e75ec7e75ec7e75ec7e75ec7e75e\n", "Saved the app", "app", "add", name)
	}
}

// There and back between real keyrings, and every command after it finds what it was told.
func TestMoveKeyringThereAndBack(t *testing.T) {
	h := openCottage(t, true)
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

// What names the keyring decides what is told of the next command, and the configuration is only written where
// it would be wrong.
func TestMoveSaysWhatIsInUse(t *testing.T) {
	h := openCottage(t, true)
	h.furnish("one")
	config := filepath.Join(h.home, ".config", "botring", "config.toml")
	h.must("", "Without --keyring age botring goes on using the system keyring (the usual one).", "keyring", "move", "--to", "age", "--ring", "lab")
	if _, err := os.Stat(config); err == nil {
		t.Error("the configuration of all rings was written for one of them")
	}
	cmd := h.command("keyring", "move", "--to", "age")
	cmd.Env = append(cmd.Env, "BOTRING_KEYRING=system")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{
		"From now on botring uses the encrypted files (~/.config/botring/config.toml).", "BOTRING_KEYRING says system and wins over that",
	} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, want %q:\n%s", err, want, out)
		}
	}
	h.must("", "--keyring system still means the old one.", "keyring", "move", "--keyring", "system", "--to", "age")
	h.must("", `"from":"system","to":"age","copied":0,"present":1,"deleted":0,"kept":0,"next":"age"}`,
		"keyring", "move", "--keyring", "system", "--to", "age", "--json")
	// Memory was chosen for what comes next, and that is nobody's to change.
	if err := os.WriteFile(config, []byte("keyring = \"memory\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.must("", "goes on using the keyring in memory (~/.config/botring/config.toml)", "keyring", "move", "--keyring", "age", "--to", "system")
	h.fails(exitUsage, "A keyring in memory is empty", "keyring", "move", "--to", "age")
	// Items that differ are named, and nothing is moved.
	h.must("API_HASH=ffffffffffffffffffffffffffffffff\n", "Changed", "app", "edit", "one", "--hash", "--keyring", "age")
	h.fails(exitFailure, "app/10001", "keyring", "move", "--keyring", "age", "--to", "system")
	// A keyring that is not there is told of before anything is asked or written.
	cmd = h.command("keyring", "move", "--keyring", "age", "--to", "system")
	cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "There is no D-Bus session.") {
		t.Errorf("%v:\n%s", err, out)
	}
	h.must("", "Locked", "keyring", "lock", "--keyring", "system")
	h.fails(exitSecret, "botring keyring unlock --keyring system unlocks it", "keyring", "move", "--keyring", "age", "--to", "system", "--no-input")
}

// files counts the items in the encrypted files.
func (h *cottage) files() int {
	found, err := filepath.Glob(h.home + "/.local/share/botring/age/botring/store/app/*.age")
	if err != nil {
		h.t.Fatal(err)
	}
	return len(found)
}

// stopWhen starts the program and sends it a signal at a certain moment. It returns the exit code, -1 where
// the signal ended it, and what was said.
func (h *cottage) stopWhen(reached func() bool, signal os.Signal, args ...string) (code int, said string) {
	h.t.Helper()
	var text strings.Builder
	cmd := h.command(args...)
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	for running := true; running && !reached(); {
		select {
		case <-ended:
			running = false
		case <-time.After(200 * time.Microsecond):
		}
	}
	_ = cmd.Process.Signal(signal)
	<-ended
	return cmd.ProcessState.ExitCode(), text.String()
}

// after is a moment some time from its first look.
func after(d time.Duration) func() bool {
	var since time.Time
	return func() bool {
		if since.IsZero() {
			since = time.Now()
		}
		return time.Since(since) >= d
	}
}

// furnishMany saves n apps.
func (h *cottage) furnishMany(n int) {
	h.t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("app%d", i)
	}
	h.furnish(names...)
}

// An interrupt leaves everything in place, and says that it can be run again.
func TestMoveInterrupted(t *testing.T) {
	const apps = 16
	h := openCottage(t, true)
	h.furnishMany(apps)
	code, said := h.stopWhen(func() bool { return h.files() >= 2 }, os.Interrupt, "keyring", "move", "--to", "age", "--delete", "--yes")
	for _, want := range []string{"botring: Cancelled.", "Run it again: it goes on where it was stopped.", "Nothing is lost: "} {
		if code != exitCancelled || !strings.Contains(said, want) {
			t.Errorf("exit code %d, want %q:\n%s", code, want, said)
		}
	}
	h.must("", fmt.Sprintf("%d apps; nothing is wrong.", apps), "keyring", "verify")
	h.must("", "From now on", "keyring", "move", "--to", "age", "--delete", "--yes")
	h.must("", fmt.Sprintf("%d apps; nothing is wrong.", apps), "keyring", "verify")
}

// A move that is killed again and again, while it copies and while it deletes, loses nothing: the next one
// does the rest.
func TestMoveKilled(t *testing.T) {
	const apps = 16
	h := openCottage(t, true)
	h.furnishMany(apps)
	whole := fmt.Sprintf("Read and whole: 0 bots, %d apps; nothing is wrong.", apps)
	none := "Read and whole: 0 bots, 0 apps; nothing is wrong."
	killed := 0
	round := func(reached func() bool, from, to string) {
		if code, _ := h.stopWhen(reached, os.Kill, "keyring", "move", "--keyring", from, "--to", to, "--delete", "--yes"); code == -1 {
			killed++
		}
	}
	for _, n := range []int{0, 1, 5, 11, apps} {
		round(func() bool { return h.files() >= n }, "system", "age")
	}
	for n := range 4 { // all is copied by now: this is about the deletions
		round(after(time.Duration(30+10*n)*time.Millisecond), "system", "age")
	}
	h.must("", "From now on", "keyring", "move", "--keyring", "system", "--to", "age", "--delete", "--yes")
	h.must("", whole, "keyring", "verify", "--keyring", "age")
	h.must("", none, "keyring", "verify", "--keyring", "system")

	for n := range 5 {
		round(after(time.Duration(20+15*n)*time.Millisecond), "age", "system")
	}
	for _, left := range []int{apps - 1, apps / 2, 2} {
		round(func() bool { return h.files() <= left }, "age", "system")
	}
	h.must("", "From now on", "keyring", "move", "--keyring", "age", "--to", "system", "--delete", "--yes")
	h.must("", whole, "keyring", "verify", "--keyring", "system")
	h.must("", none, "keyring", "verify", "--keyring", "age")
	if killed < 8 {
		t.Errorf("only %d moves were killed on their way", killed)
	}
	t.Logf("%d moves were killed on their way", killed)
}

// What the kernel keeps open no other process asks a passphrase for, until it is locked.
func TestRememberedByTheKernel(t *testing.T) {
	h := openCottage(t, true)
	h.furnish()
	h.must("", "Made the encrypted files", "keyring", "unlock", "--keyring", "age", "--create")
	code, said := h.run("", "keyring", "unlock", "--keyring", "age", "--for", "1m")
	if code != exitOK && strings.Contains(said, "The passphrase cannot be remembered here.") {
		t.Skip("the kernel keeps no keys here")
	}
	t.Cleanup(func() { _, _ = h.run("", "keyring", "lock", "--keyring", "age") })
	for _, want := range []string{"The kernel keeps the encrypted files (~/.local/share/botring/age/botring) open for 1 min.", "Every process of this user can read them until then."} {
		if code != exitOK || !strings.Contains(said, want) {
			t.Errorf("exit code %d, want %q:\n%s", code, want, said)
		}
	}
	if err := os.Remove(filepath.Join(h.home, "passphrase")); err != nil {
		t.Fatal(err)
	}
	h.must("", "open, remembered by the kernel", "keyring", "status", "--keyring", "age")
	h.must("API_ID=10001\nAPI_HASH=5ec7e75ec7e75ec7e75ec7e75ec7e75e\n", "Saved the app", "app", "add", "main", "--keyring", "age")
	h.must("", "The kernel has forgotten them", "keyring", "lock", "--keyring", "age")
	h.must("", "state    locked", "keyring", "status", "--keyring", "age")
}
