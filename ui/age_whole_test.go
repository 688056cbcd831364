package ui

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/keyring"
	asking "botring/keyring/passphrase"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/internal/screentest"
)

// A cellar is the program with a home of its own, by itself on a machine without a keyring: its secrets go to
// an encrypted file.
type cellar struct {
	*screentest.Screen

	home     string
	telegram *telegramtest.Server
	clip     *fakeClipboard
	chosen   []string
	// ring opens the system's keyring, where there is one; it asks the asker.
	ring  func(context.Context) (*keyring.Ring, error)
	asker asking.Asker
}

// open starts the program with a kind of keyring, and returns what ends it.
func (c *cellar) open(t *testing.T, kind string) (quit func()) {
	t.Helper()
	asks := NewPassphrases()
	c.asker = asking.Asker{Ask: asks.Ask, Ended: asks.Ended, Prompting: asks.Prompting}
	f, err := fleet.Open(t.Context(), fleet.Options{
		Environment: "test", Networks: []telegram.Network{c.telegram.Network()}, Timeout: 10 * time.Second,
		Home: c.home, Keyring: kind, Passphrase: fleet.Passphrase{Ask: asks.Ask, Ended: asks.Ended, Prompting: asks.Prompting, WorkFactor: 10},
		OpenRing: c.openRing,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	model, err := newRoot(ctx, Options{
		Fleet: f, Passphrases: asks, Environ: []string{"TERM=xterm-256color", "LANG=C.UTF-8"},
		Remember: func(kind string) error { c.chosen = append(c.chosen, kind); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	model.sh.clipboard.native = c.clip
	c.Screen = screentest.Run(t, model, 100, 30, screentest.NoColor)
	return func() {
		c.Ctrl('c')
		if err := c.Ended(); err != nil {
			t.Error(err)
		}
		cancel()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (c *cellar) openRing(ctx context.Context) (*keyring.Ring, error) {
	if c.ring == nil {
		return nil, &keyring.UnavailableError{Reason: keyring.NoSessionBus}
	}
	return c.ring(ctx)
}

// enter pastes a text and ends it. Typed letter by letter nothing tells when the last has come, and an enter on the heels of
// a letter is a paste's.
func (c *cellar) enter(text string) {
	time.Sleep(2 * pastedWithin)
	c.Paste(text)
	c.See("••••••••")
	time.Sleep(3 * pastedWithin)
	c.Press(uv.KeyEnter)
}

// TestEncryptedFile: no keyring, so the first start offers the file; the next one opens it with its
// passphrase, and with no other.
func TestEncryptedFile(t *testing.T) {
	const right = "seven bold ferrets"
	server, err := telegramtest.Start(telegramtest.Options{Environment: "test", Key: serverKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.AddBot(telegramtest.Bot{Token: wholeToken(1), Profile: telegram.Profile{
		ID: wholeID(1), Username: "whole_1_bot", FirstName: "Whole 1",
	}})
	c := &cellar{home: t.TempDir(), telegram: server, clip: &fakeClipboard{}}

	quit := c.open(t, "")
	c.See("There is no D-Bus session.")
	c.Type("f")
	c.See("A new passphrase")
	c.Press(uv.KeyEscape)
	c.See("Cancelled")
	c.See("no keyring")
	if left, err := filepath.Glob(filepath.Join(c.home, "*.age.db")); err != nil || len(left) > 0 || len(c.chosen) > 0 {
		t.Errorf("giving up left %v, %v, %v", left, c.chosen, err)
	}
	c.Type("f")
	c.See("A new passphrase")
	c.enter(right)
	c.See("weak")
	c.enter(right)
	c.See("age file")
	c.See("encrypted file (")
	c.Type("a")
	c.See("Bot token")
	c.Paste(env(wholeToken(1)))
	c.See("7000000001:••••••••")
	c.Settled()
	time.Sleep(3 * pastedWithin)
	c.Press(uv.KeyEnter)
	c.See("age/botring), read back")
	quit()
	if len(c.chosen) != 1 || c.chosen[0] != "age" {
		t.Errorf("remembered %v", c.chosen)
	}

	quit = c.open(t, "age")
	c.See("1 bot")
	c.See("age file")
	c.Type("yy")
	c.See("passphrase opens it.")
	c.enter("seven bald ferrets")
	c.See("That is not the passphrase.")
	c.enter(right)
	c.See("Copied with fake-copy")
	if c.clip.holds() != wholeToken(1).Reveal() {
		t.Error("the clipboard does not hold the token")
	}
	c.Type("r")
	c.See("Checked 1 bot")
	c.Press(uv.KeyEnter)
	c.See("encrypted file (")
	if runtime.GOOS != "windows" {
		// What others can read is said where the keyring is looked at.
		if err := os.Chmod(filepath.Join(c.home, "age"), 0o755); err != nil {
			t.Fatal(err)
		}
		c.Press(uv.KeyEscape)
		c.See("add")
		c.Type("4")
		c.See("Others can read")
		// Another key may open the files, and then no more.
		c.Type("O")
		c.See("It is your own, which the passphrase opens.")
		c.Type("a")
		c.See("which age-keygen -y prints")
		c.Paste(someRecipients()[2])
		c.See("q3yqqvfafg")
		c.Settled()
		time.Sleep(3 * pastedWithin)
		c.Press(uv.KeyEnter)
		c.See("Added: its key opens the files too.")
		c.See("Each of these keys opens every file.")
		c.Type("d")
		c.See("What it has read, or has copies of, it keeps.")
		time.Sleep(guardTime + 50*time.Millisecond)
		c.Press(uv.KeyEnter)
		c.See("Removed: its key opens the files no more.")
		c.See("It is your own, which the passphrase opens.")
	}
	quit()

	if raw := c.Raw(); strings.Contains(raw, "ferrets") || strings.Contains(raw, "AAHkk") {
		t.Error("a secret was on the screen")
	}
	if err := filepath.WalkDir(c.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "ferrets") || strings.Contains(string(content), "AAHkk") {
			t.Errorf("%s holds a secret in the clear", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
