package ui

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/internal/screentest"
)

// failing is a store whose writes fail as long as broken is set.
type failing struct {
	keyring.Store
	broken atomic.Bool
}

func (f *failing) Put(ctx context.Context, item keyring.Item) error {
	if f.broken.Load() && strings.HasPrefix(item.Name, "bot/") {
		return keyring.ErrGone
	}
	return f.Store.Put(ctx, item)
}

// onceKey makes the one key of all servers of these tests: making one takes longer than a login.
var onceKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func serverKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := onceKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// twoTelegrams is the program with both of Telegram's environments on loopback and nothing saved.
type twoTelegrams struct {
	*screentest.Screen

	production, test *telegramtest.Server
	store            *failing
	fleet            *fleet.Fleet

	shell *shell
}

func newTwoTelegrams(t *testing.T) *twoTelegrams {
	t.Helper()
	w := &twoTelegrams{store: &failing{Store: keyring.NewMemory()}}
	networks := make([]telegram.Network, 0, 2)
	for _, each := range []struct {
		name   string
		server **telegramtest.Server
	}{{"production", &w.production}, {"test", &w.test}} {
		server, err := telegramtest.Start(telegramtest.Options{Environment: each.name, Test: each.name == "test", Key: serverKey(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		*each.server = server
		networks = append(networks, server.Network())
	}
	ring := keyring.Wrap(system{w.store}, keyring.Options{LockDir: t.TempDir()})
	var err error
	w.fleet, err = fleet.Open(t.Context(), fleet.Options{
		Networks: networks, Ephemeral: true, Timeout: 10 * time.Second,
		OpenRing: func(context.Context) (*keyring.Ring, error) { return ring, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.fleet.Close() })
	model, err := newRoot(t.Context(), Options{Fleet: w.fleet, Environ: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}})
	if err != nil {
		t.Fatal(err)
	}
	w.shell = model.sh
	w.Screen = screentest.Run(t, model, 100, 30, screentest.NoColor)
	w.See("add a bot")
	return w
}

// env is a .env that brings the app along.
func env(token secret.Secret) string {
	return fmt.Sprintf("API_ID=10001\r\nAPI_HASH=%s\r\nBOT_TOKEN=%s\r\n", testHash, token.Reveal())
}

// add pastes a token and sends it off.
func (w *twoTelegrams) add(token secret.Secret) {
	w.Type("a")
	w.See("Bot token")
	w.Paste(env(token))
	w.See(strings.SplitN(token.Reveal(), ":", 2)[0] + ":••••••••")
	w.pause()
	w.Press(uv.KeyEnter)
}

// pause is longer than what comes out of a paste, and than what a confirmation is deaf for.
func (w *twoTelegrams) pause() { time.Sleep(guardTime + 50*time.Millisecond) }

func (w *twoTelegrams) bots(t *testing.T) []fleet.Bot {
	t.Helper()
	bots, err := w.fleet.Bots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return bots
}

func aBot(i, dc int, login telegramtest.Script) telegramtest.Bot {
	return telegramtest.Bot{Token: wholeToken(i), DC: dc, Login: login, Profile: telegram.Profile{
		ID: wholeID(i), Username: fmt.Sprintf("whole_%d_bot", i), FirstName: fmt.Sprintf("Whole %d", i),
	}}
}

func TestFirstBotIsAdded(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 4, telegramtest.Script{}))
	w.add(wholeToken(1))
	w.See("Whole 1   @whole_1_bot")
	w.See("DC 4 · production")
	w.See("read back")
	if strings.Contains(w.Text(), "AAHkk") {
		t.Error("the token is on the screen")
	}
	w.Press(uv.KeyEnter)
	w.See("1 bot")
	// Again: it is here already, and no second login is made.
	w.add(wholeToken(1))
	w.See("This bot is here already and its session works")
	if n := w.production.Stats().LoginsOf[wholeID(1)]; n != 2 { // one was sent on to DC 4
		t.Errorf("%d logins", n)
	}
	w.Press(uv.KeyEnter)
	w.See("Health")
	// On its card: a login is offered, and said to be hardly wanted.
	w.Type("l")
	w.See("counts towards Telegram's limit")
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("This session still works.")
	w.Type("l")
	w.See("Logged in")
}

func TestTokenOfTheOtherEnvironment(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.test.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.add(wholeToken(1))
	w.See("Telegram rejected this token.")
	w.See("Nothing was saved.")
	if len(w.bots(t)) > 0 {
		t.Error("something was saved")
	}
	w.Type("w")
	w.See("DC 2 · test")
	if bots := w.bots(t); len(bots) != 1 || bots[0].Environment != "test" {
		t.Errorf("saved %v", bots)
	}
}

func TestFloodIsWaitedForOrSaved(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{Error: "FLOOD_WAIT_1873", Code: 420}))
	w.add(wholeToken(1))
	w.See("Telegram asks to wait 31 min")
	w.See("420 FLOOD_WAIT_1873")
	w.Ctrl('s')
	w.See("none: saved, not logged in")
	w.Press(uv.KeyEnter)
	w.See("wait 31 min")
	if n := w.production.Stats().LoginsOf[wholeID(1)]; n != 1 {
		t.Errorf("%d logins", n)
	}
}

func TestStalledLoginIsCancelled(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{Stall: true}))
	w.add(wholeToken(1))
	w.See("Logging in")
	w.Press(uv.KeyEscape)
	w.See("Cancelled. Nothing was saved.")
	w.See(":••••••••")
	if len(w.bots(t)) > 0 {
		t.Error("something was saved")
	}
}

func TestSavingFailsAfterTheLogin(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.store.broken.Store(true)
	w.add(wholeToken(1))
	w.See("could not be saved")
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("Saving")
	w.See("could not be saved")
	w.store.broken.Store(false)
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("read back")
	if n := w.production.Stats().LoginsOf[wholeID(1)]; n != 1 {
		t.Errorf("%d logins: saving again is no login", n)
	}
}

func TestUnsavedLoginIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.store.broken.Store(true)
	w.add(wholeToken(1))
	w.See("could not be saved")
	w.Press(uv.KeyEscape)
	w.See("Log it out again and save nothing?")
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("Logged out again. Nothing was saved.")
	if n := w.production.Stats().Sessions; n != 0 {
		t.Errorf("%d sessions left behind", n)
	}
	// And the same when the program is left.
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("could not be saved")
	w.Ctrl('c')
	if err := w.Ended(); err != nil {
		t.Error(err)
	}
	w.shell.part(t.Context())
	if n := w.production.Stats().Sessions; n != 0 {
		t.Errorf("%d sessions left behind", n)
	}
}

func TestTokenIsReplaced(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.add(wholeToken(1))
	w.See("read back")
	w.Press(uv.KeyEnter)
	w.See("1 bot")
	w.Type("p")
	w.See("New token of Whole 1")
	w.Paste(wholeToken(1).Reveal())
	w.See(":••••••••")
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("This is the token it has already.")
	w.Paste(wholeToken(2).Reveal())
	w.See("This is the token of bot 7000000002, not of bot 7000000001.")
	fresh := aBot(1, 2, telegramtest.Script{})
	fresh.Token = secret.New(fmt.Sprintf("%d:AAH%s", wholeID(1), strings.Repeat("n", 32)))
	w.production.RevokeToken(wholeID(1))
	w.production.AddBot(fresh)
	w.Paste(fresh.Token.Reveal())
	w.Gone("not of bot")
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("Token replaced")
	got, err := w.fleet.Token(t.Context(), w.bots(t)[0].Key)
	if err != nil || !got.Equal(fresh.Token) {
		t.Errorf("another token is saved: %v", err)
	}
}

func TestSeveralAreAdded(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.production.AddBot(aBot(3, 4, telegramtest.Script{}))
	w.Type("a")
	w.See("Bot token")
	w.Paste(env(wholeToken(1)) + "\n" + wholeToken(2).Reveal() + "\n" + wholeToken(3).Reveal())
	w.See("3 tokens found.")
	w.Ctrl('a')
	w.See("2 added · 1 failed")
	w.See("Telegram rejected this token.")
	if n := len(w.bots(t)); n != 2 {
		t.Errorf("%d bots", n)
	}
}

// TestLeavingTakesALoginThatEndsWithIt: one that could not be saved is logged out again, and one that was saved after all
// is not.
func TestLeavingTakesALoginThatEndsWithIt(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.production.AddBot(aBot(3, 2, telegramtest.Script{}))
	add := func(i int) (fleet.Saved, error) {
		return w.fleet.Add(t.Context(), fleet.NewBot{Token: wholeToken(i), APIID: 10001, APIHash: secret.New(strings.Repeat("0123456789abcdef", 2))}, nil)
	}
	leave := func(value any, err error) {
		sh := w.shell
		_, cmd := sh.start("login", func(context.Context, func(fleet.Step)) (any, error) { return value, err })
		done := cmd().(tea.BatchMsg)[0]().(taskDoneMsg)
		root{sh: sh, screen: newWelcome(sh), term: size{80, 24}, leaving: true}.Update(done)
		sh.part(t.Context())
	}
	w.Ctrl('c')
	if err := w.Ended(); err != nil {
		t.Fatal(err)
	}
	w.store.broken.Store(true)
	_, err := add(1)
	if n := w.production.Stats().Sessions; n != 1 {
		t.Fatalf("%d sessions, %v", n, err)
	}
	leave(nil, err)
	if n := w.production.Stats().Sessions; n != 0 {
		t.Errorf("%d sessions left behind", n)
	}
	_, err = add(3)
	var unsaved *fleet.UnsavedError
	if !errors.As(err, &unsaved) {
		t.Fatal(err)
	}
	w.store.broken.Store(false)
	w.shell.unsaved = unsaved
	saved, err := w.fleet.SaveAgain(t.Context(), unsaved)
	if err != nil {
		t.Fatal(err)
	}
	leave(saved, nil)
	if n := w.production.Stats().Sessions; n != 1 {
		t.Errorf("%d sessions: one that was saved is logged out", n)
	}
}
