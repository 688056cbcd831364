package fleet

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// wantNothing checks that a failed call left no trace: no row, no item, no entry in the journal.
func wantNothing(t *testing.T, w *world, f *Fleet) {
	t.Helper()
	if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 0 {
		t.Errorf("rows: %+v, %v", bots, err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 0 {
		t.Errorf("apps: %+v, %v", apps, err)
	}
	if names := w.items(); len(names) != 0 {
		t.Errorf("items: %v", names)
	}
	wantNoIntents(t, f)
}

func wantNoIntents(t *testing.T, f *Fleet) {
	t.Helper()
	if intents, err := f.at.Load().Intents(t.Context()); err != nil || len(intents) != 0 {
		t.Errorf("journal: %+v, %v", intents, err)
	}
}

// The ways in which a keyring fails after Telegram granted the login.
func keyringFaults() map[string]struct {
	put  func(*keyring.Item) error
	get  func(string) error
	want error
} {
	isBot := func(name string) bool { return name == botItemName(key(7)) }
	return map[string]struct {
		put  func(*keyring.Item) error
		get  func(string) error
		want error
	}{
		"went away before the write": {put: func(*keyring.Item) error { return keyring.ErrGone }, want: keyring.ErrGone},
		"denied":                     {put: func(*keyring.Item) error { return keyring.ErrDenied }, want: keyring.ErrDenied},
		"went away after the app": {put: func(i *keyring.Item) error {
			if isBot(i.Name) {
				return keyring.ErrGone
			}
			return nil
		}, want: keyring.ErrGone},
		"stores something else": {put: func(i *keyring.Item) error {
			if isBot(i.Name) {
				i.Value = secret.New("{}")
			}
			return nil
		}, want: keyring.ErrReadBack},
	}
}

func TestAFailedSaveKeepsTheLogin(t *testing.T) {
	for name, fault := range keyringFaults() {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.store.fail(fault.put, fault.get)
			_, err := f.Add(t.Context(), w.bot(7), nil)
			var unsaved *UnsavedError
			if !errors.As(err, &unsaved) || !errors.Is(err, fault.want) {
				t.Fatalf("add: %v", err)
			}
			if unsaved.Bot.Profile.Username != "x7_bot" || unsaved.Bot.Key != key(7) {
				t.Errorf("unsaved bot: %+v", unsaved.Bot)
			}
			if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 0 {
				t.Errorf("rows: %+v, %v", bots, err)
			}
			if _, err := f.SaveAgain(t.Context(), unsaved); !errors.As(err, &unsaved) {
				t.Errorf("save again while it still fails: %v", err)
			}
			w.store.fail(nil, nil)
			saved, err := f.SaveAgain(t.Context(), unsaved)
			if err != nil || saved.Bot.Health.Status != store.OK || saved.Existed {
				t.Fatalf("save again: %+v, %v", saved, err)
			}
			if w.fake.logins != 1 {
				t.Errorf("%d logins", w.fake.logins)
			}
			wantNoIntents(t, f)
			if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
				t.Errorf("check: %+v, %v", bot.Health, err)
			}
		})
	}
}

func TestAbandonEndsTheLogin(t *testing.T) {
	for name, fault := range keyringFaults() {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.store.fail(fault.put, fault.get)
			_, err := f.Add(t.Context(), w.bot(7), nil)
			var unsaved *UnsavedError
			if !errors.As(err, &unsaved) {
				t.Fatal(err)
			}
			w.store.fail(nil, nil)
			if err := f.Abandon(t.Context(), unsaved); err != nil {
				t.Error(err)
			}
			if w.fake.sessions() != 0 {
				t.Error("the session lives on")
			}
			wantNothing(t, w, f)
		})
	}
}

func TestAFailedReplacementKeepsTheOldItem(t *testing.T) {
	for name, fault := range keyringFaults() {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			before := w.item(botItemName(key(7)))
			w.store.fail(fault.put, fault.get)
			_, err := f.ReplaceToken(t.Context(), key(7), tokenOf(7, "y"), false, nil)
			var unsaved *UnsavedError
			if !errors.As(err, &unsaved) {
				t.Fatal(err)
			}
			w.store.fail(nil, nil)
			if err := f.Abandon(t.Context(), unsaved); err != nil {
				t.Error(err)
			}
			if !w.item(botItemName(key(7))).Equal(before) {
				t.Error("the old item is not there")
			}
			if w.fake.sessions() != 1 {
				t.Errorf("%d sessions, want the old one", w.fake.sessions())
			}
		})
	}
}

// TestALoginThatCannotBeUndone: the session is ended and said to be, and the save that may have arrived stays
// in the journal until somebody has seen what the keyring holds.
func TestALoginThatCannotBeUndone(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	arrived := false // and then the keyring is gone
	w.store.fail(func(i *keyring.Item) error { arrived = i.Name == botItemName(key(7)); return nil }, func(string) error {
		if arrived {
			return keyring.ErrGone
		}
		return nil
	})
	_, err := f.Add(t.Context(), w.bot(7), nil)
	var unsaved *UnsavedError
	if !errors.As(err, &unsaved) {
		t.Fatalf("add: %v", err)
	}
	var kept *NotUndoneError
	if err := f.Abandon(t.Context(), unsaved); !errors.As(err, &kept) || !errors.Is(err, keyring.ErrGone) {
		t.Errorf("abandon: %v", err)
	}
	if w.fake.sessions() != 0 {
		t.Error("the session lives on")
	}
	w.store.fail(nil, nil)
	if lost, err := f.Recover(t.Context()); err != nil || len(lost) != 0 {
		t.Errorf("recover: lost %v, %v", lost, err)
	}
	wantStatus(t, f, 7, store.Unchecked)
	wantNoIntents(t, f)
}

func TestSavingOnlyUndoesWhatItWrote(t *testing.T) {
	for name, fault := range keyringFaults() {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			var calls int
			w.store.fail(func(i *keyring.Item) error {
				if calls++; calls > 2 { // only the save, not its undoing
					return nil
				}
				return fault.put(i)
			}, fault.get)
			order := w.bot(7)
			order.NoLogin = true
			if _, err := f.Add(t.Context(), order, nil); !errors.Is(err, fault.want) {
				t.Errorf("add: %v", err)
			}
			wantNothing(t, w, f)
		})
	}
}

func TestNoLoginWithoutAKeyring(t *testing.T) {
	for name, want := range map[string]error{"locked": keyring.ErrLocked, "unavailable": keyring.ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			opened := 0
			f.at.Load().ring.open = func(context.Context) (*keyring.Ring, error) {
				if opened++; opened > 1 {
					return w.ring, nil
				}
				return nil, fmt.Errorf("open keyring: %w", want)
			}
			if _, err := f.Add(t.Context(), w.bot(7), nil); !errors.Is(err, want) {
				t.Errorf("add: %v", err)
			}
			if w.fake.logins != 0 {
				t.Error("logged in all the same")
			}
			wantNothing(t, w, f)
			// It is opened again when it is next needed.
			if _, err := f.Add(t.Context(), w.bot(7), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSaveOnly(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	order := w.bot(7)
	order.NoLogin = true
	saved, err := f.Add(t.Context(), order, nil)
	if err != nil || saved.Bot.Health.Status != store.NotLoggedIn || len(saved.Bot.Sessions) != 0 || w.fake.logins != 0 {
		t.Fatalf("%+v, %v", saved.Bot, err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 1 {
		t.Errorf("apps %v, %v", apps, err)
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.NotLoggedIn {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	logged, err := f.Login(t.Context(), key(7), false, nil)
	if err != nil || logged.Bot.Health.Status != store.OK || !logged.Existed {
		t.Errorf("login: %+v, %v", logged.Bot, err)
	}
	if !w.fake.last.Hash.Equal(testHash()) {
		t.Error("logged in with another hash")
	}
}

func TestSaveOnlyBeforeThereIsAnApp(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	if _, err := f.Add(t.Context(), NewBot{Token: tokenOf(7, "x"), NoLogin: true}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Login(t.Context(), key(7), false, nil); !errors.Is(err, ErrNoApp) {
		t.Errorf("login without an app: %v", err)
	}
	if _, err := f.AddApp(t.Context(), "", testApp, testHash()); err != nil {
		t.Fatal(err)
	}
	saved, err := f.Login(t.Context(), key(7), false, nil)
	if err != nil || saved.Bot.APIID != testApp {
		t.Errorf("login: %+v, %v", saved.Bot, err)
	}
}

func TestARefusedLoginSavesNothing(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.fake.onLogin = func(context.Context, int64) error {
		return &telegram.Error{Kind: telegram.TokenInvalid, Code: 400, Type: "ACCESS_TOKEN_INVALID", Sent: true}
	}
	if _, err := f.Add(t.Context(), w.bot(7), nil); !errors.Is(err, telegram.TokenInvalid) {
		t.Errorf("add: %v", err)
	}
	wantNothing(t, w, f)
	// Of a saved bot it says why, and stays what it was.
	order := w.bot(7)
	order.NoLogin = true
	if _, err := f.Add(t.Context(), order, nil); err != nil {
		t.Fatal(err)
	}
	_, err := f.Login(t.Context(), key(7), false, nil)
	bot, _ := f.Bot(t.Context(), key(7))
	if !errors.Is(err, telegram.TokenInvalid) || bot.Health.Status != store.NotLoggedIn || bot.Health.Kind != "token_invalid" {
		t.Errorf("login: %+v, %v", bot.Health, err)
	}
}

func TestAddABotThatIsThere(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	saved, err := f.Add(t.Context(), w.bot(7), nil)
	if !errors.Is(err, ErrSessionWorks) || !saved.Existed || saved.Bot.Key != key(7) || w.fake.logins != 1 {
		t.Errorf("same token: %+v, %v", saved, err)
	}
	other := w.bot(7)
	other.Token = tokenOf(7, "y")
	var differs *TokenDiffersError
	if _, err := f.Add(t.Context(), other, nil); !errors.As(err, &differs) || differs.Bot.Key != key(7) || !differs.Token.Equal(other.Token) {
		t.Errorf("other token: %v", err)
	}
	// A session that is dead is replaced.
	w.fake.alive = map[string]int64{}
	saved, err = f.Add(t.Context(), w.bot(7), nil)
	if err != nil || !saved.Existed || w.fake.logins != 2 {
		t.Errorf("dead session: %+v, %v, %d logins", saved, err, w.fake.logins)
	}
	// A catalogue that was lost finds the bot again.
	if err := f.at.Load().Delete(t.Context(), key(7)); err != nil {
		t.Fatal(err)
	}
	saved, err = f.Add(t.Context(), w.bot(7), nil)
	if !errors.Is(err, ErrSessionWorks) || saved.Bot.Profile.Username != "x7_bot" || len(saved.Bot.Sessions) != 1 {
		t.Errorf("lost row: %+v, %v", saved, err)
	}
}

func TestForceReplacesASessionAndEndsIt(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	saved, err := f.Login(t.Context(), key(7), false, nil)
	if !errors.Is(err, ErrSessionWorks) || saved.Bot.Key != key(7) {
		t.Errorf("login: %v", err)
	}
	if _, err := f.Login(t.Context(), key(7), true, nil); err != nil {
		t.Fatal(err)
	}
	if w.fake.logins != 2 || w.fake.sessions() != 1 {
		t.Errorf("%d logins, %d sessions", w.fake.logins, w.fake.sessions())
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
}

func TestReplaceTokenRefuses(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	for name, test := range map[string]struct {
		token secret.Secret
		want  Problem
	}{
		"another bot's": {tokenOf(8, "x"), ProblemOtherBot},
		"the same":      {tokenOf(7, "x"), ProblemSameToken},
		"no token":      {secret.New("hello"), ProblemNoColon},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.ReplaceToken(t.Context(), key(7), test.token, false, nil)
			var input *InputError
			if !errors.As(err, &input) || input.Problem != test.want {
				t.Fatalf("got %v", err)
			}
			if test.want == ProblemOtherBot && (input.Got != "8" || input.Want != "7") {
				t.Errorf("ids %s, %s", input.Got, input.Want)
			}
		})
	}
	if w.fake.logins != 1 {
		t.Errorf("%d logins", w.fake.logins)
	}
}

func TestReplaceTokenWithoutLogin(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	saved, err := f.ReplaceToken(t.Context(), key(7), tokenOf(7, "y"), true, nil)
	if err != nil || saved.Bot.Health.Status != store.Unchecked || len(saved.Bot.Sessions) != 1 {
		t.Fatalf("%+v, %v", saved.Bot, err)
	}
	if token, err := f.Token(t.Context(), key(7)); err != nil || !token.Equal(tokenOf(7, "y")) {
		t.Errorf("token: %v", err)
	}
}

func TestAnItemThatIsGone(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	if err := w.store.Delete(t.Context(), botItemName(key(7))); err != nil {
		t.Fatal(err)
	}
	bot, err := f.Check(t.Context(), key(7), nil)
	if !errors.Is(err, ErrSecretMissing) || bot.Health.Status != store.SecretMissing {
		t.Fatalf("check: %+v, %v", bot.Health, err)
	}
	if _, err := f.Token(t.Context(), key(7)); !errors.Is(err, ErrSecretMissing) {
		t.Errorf("token: %v", err)
	}
	// Its token, entered again, mends it.
	saved, err := f.ReplaceToken(t.Context(), key(7), tokenOf(7, "x"), false, nil)
	if err != nil || saved.Bot.Health.Status != store.OK {
		t.Errorf("replace: %+v, %v", saved.Bot.Health, err)
	}
	if err := w.store.Delete(t.Context(), botItemName(key(7))); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), key(7)); err != nil {
		t.Errorf("remove: %v", err)
	}
}

func TestKeyringFaultsSayNothingOfTheBot(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.store.fail(nil, func(string) error { return keyring.ErrLocked })
	if bot, err := f.Check(t.Context(), key(7), nil); !errors.Is(err, keyring.ErrLocked) || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	if err := f.Remove(t.Context(), key(7)); err != nil {
		t.Errorf("remove needs no reading: %v", err)
	}
}

func TestAnItemOfANewerVersionIsLeftAlone(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	newer := secret.New(`{"v":2,"tokens":["x"]}`)
	if err := w.store.Memory.Put(t.Context(), keyring.Item{Name: botItemName(key(7)), Value: newer}); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"check":   func() error { _, err := f.Check(t.Context(), key(7), nil); return err },
		"add":     func() error { _, err := f.Add(t.Context(), w.bot(7), nil); return err },
		"login":   func() error { _, err := f.Login(t.Context(), key(7), true, nil); return err },
		"replace": func() error { _, err := f.ReplaceToken(t.Context(), key(7), tokenOf(7, "y"), true, nil); return err },
		"log out": func() error { _, err := f.LogOut(t.Context(), key(7), nil); return err },
		"token":   func() error { _, err := f.Token(t.Context(), key(7)); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ErrItemNewer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !w.item(botItemName(key(7))).Equal(newer) {
		t.Error("it was written over")
	}
}

func TestUseMemorySavesWhatTheKeyringRefused(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.store.fail(func(*keyring.Item) error { return keyring.ErrGone }, nil)
	_, err := f.Add(t.Context(), w.bot(7), nil)
	var unsaved *UnsavedError
	if !errors.As(err, &unsaved) {
		t.Fatal(err)
	}
	if err := f.UseMemory(t.Context()); err != nil {
		t.Fatal(err)
	}
	saved, err := f.SaveAgain(t.Context(), unsaved)
	if err != nil || saved.Keyring.Kind != "memory" {
		t.Fatalf("%+v, %v", saved, err)
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 1 {
		t.Errorf("apps: %v, %v", apps, err)
	}
	if names := w.items(); len(names) != 0 {
		t.Errorf("in the first keyring: %v", names)
	}
}
