package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/internal/screentest"
)

// A whole is the program on an emulated terminal, with a real fleet, a keyring in memory and a Telegram on
// loopback under it.
type whole struct {
	*screentest.Screen

	telegram *telegramtest.Server
	ring     *keyring.Ring
	fleet    *fleet.Fleet
	clip     *fakeClipboard
	shell    *shell
}

// system is a store in memory that passes for the system's.
type system struct{ keyring.Store }

// newWhole starts the program with n bots that are logged in.
func newWhole(t *testing.T, n int) *whole {
	t.Helper()
	server, err := telegramtest.Start(telegramtest.Options{Environment: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &whole{telegram: server, ring: keyring.Wrap(system{keyring.NewMemory()}, keyring.Options{LockDir: t.TempDir()}), clip: &fakeClipboard{}}
	w.fleet = w.open(t)
	for i := 1; i <= n; i++ {
		w.addBot(i)
		_, err := w.fleet.Add(t.Context(), fleet.NewBot{
			Token: wholeToken(i), APIID: 10001, APIHash: secret.New(strings.Repeat("0123456789abcdef", 2)),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	w.start(t)
	return w
}

// addBot makes a bot at Telegram.
func (w *whole) addBot(i int) {
	w.telegram.AddBot(telegramtest.Bot{Token: wholeToken(i), Profile: telegram.Profile{
		ID: wholeID(i), Username: fmt.Sprintf("whole_%d_bot", i), FirstName: fmt.Sprintf("Whole %d", i),
	}})
}

// open opens a fleet on the ring, with a catalogue of its own.
func (w *whole) open(t *testing.T) *fleet.Fleet {
	t.Helper()
	return w.openAsking(t, "")
}

// openAsking is open with a Bot API.
func (w *whole) openAsking(t *testing.T, api string) *fleet.Fleet {
	t.Helper()
	f, err := fleet.Open(t.Context(), fleet.Options{
		Environment: "test", Networks: []telegram.Network{w.telegram.Network()}, Ephemeral: true, Timeout: 10 * time.Second,
		OpenRing: func(context.Context) (*keyring.Ring, error) { return w.ring, nil }, BotAPI: api,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// start shows the fleet.
func (w *whole) start(t *testing.T) {
	t.Helper()
	model, err := newRoot(t.Context(), Options{Fleet: w.fleet, Environ: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}})
	if err != nil {
		t.Fatal(err)
	}
	model.sh.clipboard.native = w.clip
	w.shell = model.sh
	w.Screen = screentest.Run(t, model, 100, 30, screentest.NoColor)
}

func wholeID(i int) int64 { return 7000000000 + int64(i) }

func wholeToken(i int) secret.Secret {
	return secret.New(fmt.Sprintf("%d:AAH%s", wholeID(i), strings.Repeat("k", 32)))
}

// confirm is the enter of somebody who has read what it does.
func (w *whole) confirm() {
	time.Sleep(guardTime + 50*time.Millisecond)
	w.Press(uv.KeyEnter)
}

// TestBotsLife is what one does with bots that are there: look, check, name, copy, remove.
func TestBotsLife(t *testing.T) {
	w := newWhole(t, 2)
	w.See("2 bots")
	w.Press(uv.KeyEnter)
	w.See("Health")
	w.See("ok, checked just now")

	w.Type("r")
	w.See("Checked: ok")

	w.Press(uv.KeyEnter)
	w.See("your own name")
	time.Sleep(30 * time.Millisecond) // a person's fingers: faster would be a paste
	for _, r := range "My shop" {
		w.Type(string(r))
		time.Sleep(2 * pastedWithin)
	}
	w.Press(uv.KeyEnter)
	w.See("The label was saved.")
	w.See("My shop")

	w.Type("yy")
	w.See("Copied with fake-copy")
	if w.clip.holds() != wholeToken(1).Reveal() {
		t.Error("the clipboard does not hold the token")
	}
	if strings.Contains(w.Text(), "AAHkk") {
		t.Error("the token is on the screen")
	}

	w.Type("dd")
	w.See("brings it back for ten minutes")
	w.confirm()
	w.See("Removed My shop · U brings it back until")
	w.See("whole_2_bot")
	if stats := w.telegram.Stats(); stats.Sessions != 2 {
		t.Errorf("%d sessions at Telegram, want both", stats.Sessions)
	}

	w.Type("do")
	w.See("cannot be undone")
	w.confirm()
	w.See("out of .env and into your keyring")
	if stats := w.telegram.Stats(); stats.Sessions != 1 {
		t.Errorf("%d sessions at Telegram, want the one that was not logged out", stats.Sessions)
	}
	left, err := w.ring.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if strings.HasPrefix(name, "bot/") {
			t.Errorf("%s is still in the ring", name)
		}
	}
}

// TestLeavingClearsTheClipboard: the program ends before the time is up.
func TestLeavingClearsTheClipboard(t *testing.T) {
	w := newWhole(t, 1)
	w.See("1 bot")
	w.Type("yy")
	w.See("Copied with")
	w.Type("q")
	if err := w.Ended(); err != nil {
		t.Error(err)
	}
	w.shell.part(t.Context())
	if w.clip.holds() != "" {
		t.Error("the token was left behind")
	}
}

// TestLogoutFails: a bot that cannot be logged out stays until it is removed without that.
func TestLogoutFails(t *testing.T) {
	w := newWhole(t, 2)
	w.See("2 bots")
	_ = w.telegram.Close()
	w.Type("*d")
	w.See("Remove 2 bots")
	w.Type("o")
	w.See("cannot be undone")
	w.confirm()
	w.See("2 failed")
	if bots, err := w.fleet.Bots(t.Context()); err != nil || len(bots) != 2 {
		t.Fatalf("%d bots left, %v", len(bots), err)
	}
	time.Sleep(guardTime) // it came by itself, and takes no key for an answer at once
	w.Type("r")
	w.See("Remove 2 bots")
	w.Type("d")
	w.See("brings them back for ten minutes")
	w.confirm()
	w.See("out of .env and into your keyring")
}

// TestLostCatalogue: one key on the first screen brings the bots back from the ring.
func TestLostCatalogue(t *testing.T) {
	w := newWhole(t, 3)
	w.See("3 bots")
	w.fleet = w.open(t)
	w.start(t)
	w.See("(unlocked)")
	w.Press(uv.KeyEnter)
	w.See("Brought back 3 bots from the keyring.")
	w.See("whole_3_bot")
}

// TestAppsLife is what one does with apps.
func TestAppsLife(t *testing.T) {
	w := newWhole(t, 1)
	w.See("1 bot")
	w.Type("2")
	w.See("10001")
	w.Type("d")
	w.See("main is in use")
	w.See("Whole 1")
	w.Press(uv.KeyEscape)
	w.See("used by Whole 1")
	w.Type("a")
	w.See("my.telegram.org")
	w.Paste("API_ID=20002\nAPI_HASH=fedcba9876543210fedcba9876543210\n")
	w.See("20002")
	time.Sleep(burstPause)
	w.Press(uv.KeyEnter)
	w.See("app 2 was saved.")
	w.See("20002") // the list is read anew after it is said
	w.Type("d")
	w.See("Remove app 2")
	w.confirm()
	w.See("The app was removed.")
	w.Gone("20002")
}
