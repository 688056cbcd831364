package ui

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/internal/testneeds"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// The password of the real keyring of these tests, and one that it is not.
const (
	keyringPassword = "four calm herons"
	wrongPassword   = "four cold herons"
)

// startKeyring runs a gnome-keyring on a bus and in a home of its own, without a screen to prompt on. It has an
// unlocked collection, or with no password none at all.
func startKeyring(t *testing.T, password string) {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		testneeds.Program(t, program)
	}
	//nolint:usetesting // the name of a t.TempDir may be longer than a socket's can be, and hold commas
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "bus")
	config := `<busconfig><type>session</type><listen>unix:path=` + socket + `</listen>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(filepath.Join(dir, "bus.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	runBeside(t, exec.Command("dbus-daemon", "--config-file="+filepath.Join(dir, "bus.conf"), "--nofork"))
	soon(t, "the bus", func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	daemon := exec.Command("gnome-keyring-daemon", "--foreground", "--components=secrets")
	if password != "" {
		daemon.Args = append(daemon.Args, "--unlock")
		daemon.Stdin = strings.NewReader(password)
	}
	daemon.Env = append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_DATA_HOME=", "DISPLAY=", "WAYLAND_DISPLAY=")
	runBeside(t, daemon)
	soon(t, "the keyring", func() bool {
		ring, err := keyring.Open(t.Context(), keyring.Options{})
		if err != nil {
			return false
		}
		defer func() { _ = ring.Close() }()
		status, err := ring.Status(t.Context())
		return (err == nil && !status.Locked) == (password != "")
	})
}

// runBeside runs a program until the test ends.
func runBeside(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
}

// soon waits for what other programs take a moment to do.
func soon(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}

// lockKeyring locks the keyring from beside the program, as another one would.
func lockKeyring(t *testing.T) {
	t.Helper()
	ring, err := keyring.Open(t.Context(), keyring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ring.Close() }()
	if _, err := ring.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// newVault is a cellar with the real keyring that runs here.
func newVault(t *testing.T) *cellar {
	t.Helper()
	server, err := telegramtest.Start(telegramtest.Options{Environment: "test", Key: serverKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.AddBot(telegramtest.Bot{Token: wholeToken(1), Profile: telegram.Profile{
		ID: wholeID(1), Username: "whole_1_bot", FirstName: "Whole 1",
	}})
	c := &cellar{home: t.TempDir(), telegram: server, clip: &fakeClipboard{}}
	c.ring = func(ctx context.Context) (*keyring.Ring, error) {
		return keyring.Open(ctx, keyring.Options{LockDir: c.home, Ask: c.asker})
	}
	return c
}

// addBot adds the bot from wherever the program is.
func (c *cellar) addBot() {
	c.Type("a")
	c.See("Bot token")
	c.Paste(env(wholeToken(1)))
	c.See("7000000001:••••••••")
	c.Settled()
	time.Sleep(3 * pastedWithin)
	c.Press(uv.KeyEnter)
}

// TestLockedKeyring: a locked keyring that can show no prompt is unlocked with its password, in the midst of
// what one was about, and no other password opens it.
func TestLockedKeyring(t *testing.T) {
	startKeyring(t, keyringPassword)
	c := newVault(t)
	lockKeyring(t)
	quit := c.open(t, "")
	c.See("(gnome-keyring, locked)")
	c.addBot()
	c.See("is locked, and there is no screen for its own prompt.")
	c.enter(wrongPassword)
	c.See("That is not the password.")
	c.Resize(40, 10)
	c.Comes("the question on a small screen", func(screen string) bool {
		return strings.Contains(screen, "That is not the password.") && strings.Contains(screen, "botring › Password      system keyring")
	})
	c.enter(keyringPassword)
	c.Resize(100, 30)
	c.See("), read back")
	c.Press(uv.KeyEnter)
	c.See("1 bot")

	c.Type("4")
	c.See("system keyring, unlocked")
	c.See("gnome-keyring (process ")
	c.Type("r")
	c.See("2 items are whole: 1 bot, 1 app. Keyring and list agree.")
	c.Press(uv.KeyEscape)
	c.See("system keyring, unlocked")
	c.Type("L")
	c.See("Locked, for every program that uses it.")
	c.See("system keyring, locked")
	c.Type("1")
	c.See("1 bot")

	c.Type("yy")
	c.See("Its password opens it.")
	c.Press(uv.KeyEscape)
	c.See("Cancelled.")
	c.Type("yy")
	c.See("Its password opens it.")
	c.enter(keyringPassword)
	c.See("Copied with fake-copy")
	if c.clip.holds() != wholeToken(1).Reveal() {
		t.Error("the clipboard does not hold the token")
	}
	quit()
	if raw := c.Raw(); strings.Contains(raw, "herons") || strings.Contains(raw, "AAHkk") {
		t.Error("a secret was on the screen")
	}
}

// TestMissingCollection: a keyring that was never used has nothing to store in; it is made with a password
// that is thought up here.
func TestMissingCollection(t *testing.T) {
	startKeyring(t, "")
	c := newVault(t)
	quit := c.open(t, "")
	c.See("has no default keyring to store in.")
	c.Type("n")
	c.See("A new password")
	c.Press(uv.KeyEscape)
	c.See("Cancelled.")
	c.Type("4")
	c.See("make a default keyring")
	c.Type("n")
	c.See(`botring makes a default keyring, "Default keyring"`)
	c.enter(keyringPassword)
	c.See("Once more")
	c.enter(keyringPassword)
	c.See("The keyring was made.")
	c.See("system keyring, unlocked")
	c.Type("1")
	c.addBot()
	c.See("), read back")
	quit()
	if strings.Contains(c.Raw(), "herons") {
		t.Error("the password was on the screen")
	}
}

// TestMoveBetweenKeyrings: everything goes from the system's keyring to the encrypted file and back, the old
// copies stay or are removed as one wants, and the title says where secrets are.
func TestMoveBetweenKeyrings(t *testing.T) {
	startKeyring(t, keyringPassword)
	c := newVault(t)
	quit := c.open(t, "")
	c.See("(gnome-keyring, unlocked)")
	c.addBot()
	c.See("), read back")
	c.Press(uv.KeyEnter)
	c.See("1 bot")
	c.Type("4M")
	c.See("copy, then remove the old copies")
	c.Type("j")
	c.confirm()
	c.See("Remove the old copies afterwards?")
	c.confirm()
	c.See("A new passphrase")
	c.enter(keyringPassword)
	c.See("weak")
	c.enter(keyringPassword)
	c.See("Secrets are in the encrypted file now")
	c.See("2 items from the system keyring")
	c.See("age file")
	c.confirm()
	c.See("encrypted file, unlocked")
	c.See("1: whoever has the passphrase")

	c.Type("P")
	c.See("passphrase opens it.")
	c.enter(keyringPassword)
	c.See("A new passphrase")
	c.enter(wrongPassword)
	c.See("weak")
	c.enter(wrongPassword)
	c.See("The passphrase was changed.")
	c.Type("L")
	c.See("encrypted file, locked")
	c.Type("M")
	c.See("copy, and keep the old copies")
	c.confirm()
	c.See("passphrase opens it.")
	c.enter(keyringPassword)
	c.See("That is not the passphrase.")
	c.enter(wrongPassword)
	c.See("Secrets are in the system keyring now")
	c.See("the old copies, in the encrypted file")
	c.confirm()
	c.See("system keyring, unlocked")
	quit()
	if got := strings.Join(c.chosen, " "); got != "age system" {
		t.Errorf("remembered %q", got)
	}
	for kind, want := range map[string]int{"": 1, "age": 1} {
		f, err := fleet.Open(t.Context(), fleet.Options{Home: c.home, Keyring: kind})
		if err != nil {
			t.Fatal(err)
		}
		if bots, err := f.Bots(t.Context()); err != nil || len(bots) != want {
			t.Errorf("%q lists %d bots, %v", kind, len(bots), err)
		}
		_ = f.Close()
	}
}

// confirm is the enter of somebody who has read what it does.
func (c *cellar) confirm() {
	c.Settled()
	time.Sleep(guardTime + 50*time.Millisecond)
	c.Press(uv.KeyEnter)
}
