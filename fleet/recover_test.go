package fleet

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// crash begins a save and stops at the point where the program would have died.
func crash(t *testing.T, w *world, written bool) {
	t.Helper()
	f := w.open()
	defer func() { _ = f.Close() }()
	on := f.at.Load()
	s := &save{
		key: key(7),
		item: botItem{
			Token: tokenOf(7, "x"), APIID: testApp, Label: "Shop", Tags: []string{"prod"},
			Profile: Profile{Username: "x7_bot", FirstName: "Bot 7", DC: 2},
			Session: &sessionItem{Session: fakeSession(7, 1), Runs: store.Here},
		},
		app: appItem{Name: "main", APIID: testApp, Hash: testHash()}, newApp: true,
	}
	if err := s.begin(t.Context(), f, on, true); err != nil {
		t.Fatal(err)
	}
	if !written {
		return
	}
	if err := s.put(t.Context(), on, w.ring); err != nil {
		t.Fatal(err)
	}
}

func TestRecoverEntersWhatReachedTheKeyring(t *testing.T) {
	w := newFakeWorld(t)
	crash(t, w, true)
	f := w.open()
	lost, err := f.Recover(t.Context())
	if err != nil || len(lost) != 0 {
		t.Errorf("lost %v, %v", lost, err)
	}
	bot, err := f.Bot(t.Context(), key(7))
	if err != nil || bot.Label != "Shop" || bot.Health.Status != store.Unchecked || len(bot.Sessions) != 1 ||
		bot.Profile.Username != "x7_bot" || !reflect.DeepEqual(bot.Tags, []string{"prod"}) {
		t.Errorf("bot %+v, %v", bot, err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 1 || apps[0].Name != "main" {
		t.Errorf("apps %v, %v", apps, err)
	}
	wantNoIntents(t, f)
}

func TestRecoverReportsWhatWasCutOff(t *testing.T) {
	w := newFakeWorld(t)
	crash(t, w, false)
	f := w.open()
	lost, err := f.Recover(t.Context())
	if err != nil || !reflect.DeepEqual(lost, []Key{key(7)}) {
		t.Errorf("lost %v, %v", lost, err)
	}
	if lost, err = f.Recover(t.Context()); err != nil || len(lost) != 0 {
		t.Errorf("told twice: %v, %v", lost, err)
	}
	wantNothing(t, w, f)
}

// TestRecoverIsSilentWithoutALogin: what was cut off and had logged nobody in has left nothing at Telegram.
func TestRecoverIsSilentWithoutALogin(t *testing.T) {
	for name, cutOff := range map[string]func(t *testing.T, f *Fleet){
		"given away": func(t *testing.T, f *Fleet) {
			_, _ = f.MarkElsewhere(t.Context(), key(7), store.DefaultSession, "vps-1")
		},
		"a further one given away": func(t *testing.T, f *Fleet) {
			_, _ = f.MarkElsewhere(t.Context(), key(7), "ci", "vps-1")
		},
		"imported": func(t *testing.T, f *Fleet) { imported(t, f, previewOf(t, f, sessionEntry("a", 7, 0))) },
		"saved without a login": func(t *testing.T, f *Fleet) {
			_, _ = f.Add(t.Context(), NewBot{Token: tokenOf(8, "x"), NoLogin: true}, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci"}, nil); err != nil {
				t.Fatal(err)
			}
			// The keyring fails at the write, and again where that is undone, as when the program dies between.
			dead := false
			w.store.fail(func(*keyring.Item) error { dead = true; return keyring.ErrGone }, func(string) error {
				if dead {
					return keyring.ErrGone
				}
				return nil
			})
			cutOff(t, f)
			w.store.fail(nil, nil)
			if intents, err := f.at.Load().Intents(t.Context()); err != nil || len(intents) != 1 {
				t.Fatalf("%d entries in the journal, %v", len(intents), err)
			}
			if lost, err := f.Recover(t.Context()); err != nil || len(lost) != 0 {
				t.Errorf("lost %v, %v", lost, err)
			}
			wantNoIntents(t, f)
		})
	}
}

func TestRecoverKeepsAnOlderItem(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	_ = f.Close()
	before := w.item(botItemName(key(7)))
	crash(t, w, false)
	f = w.open()
	if lost, err := f.Recover(t.Context()); err != nil || len(lost) != 1 {
		t.Errorf("lost %v, %v", lost, err)
	}
	wantStatus(t, f, 7, store.OK)
	if !w.item(botItemName(key(7))).Equal(before) {
		t.Error("the item was changed")
	}
}

func TestRecoverLeavesALockedRingAlone(t *testing.T) {
	w := newFakeWorld(t)
	crash(t, w, true)
	f := w.open()
	f.at.Load().ring.open = func(context.Context) (*keyring.Ring, error) {
		return keyring.Wrap(lockedStore{w.store}, keyring.Options{}), nil
	}
	if lost, err := f.Recover(t.Context()); err != nil || lost != nil {
		t.Errorf("locked: %v, %v", lost, err)
	}
	_ = f.Close()
	f = w.open()
	f.at.Load().ring.open = func(context.Context) (*keyring.Ring, error) { return nil, keyring.ErrUnavailable }
	if lost, err := f.Recover(t.Context()); err != nil || lost != nil {
		t.Errorf("unavailable: %v, %v", lost, err)
	}
	_ = f.Close()
	f = w.open()
	if _, err := f.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	wantStatus(t, f, 7, store.Unchecked)
}

// A lockedStore is locked, and fails the test's expectations when it is touched all the same.
type lockedStore struct{ *faultyStore }

func (lockedStore) Status(context.Context) (keyring.Status, error) {
	return keyring.Status{Kind: keyring.KindSystem, Locked: true}, nil
}

func (lockedStore) Get(context.Context, string) (secret.Secret, error) {
	return secret.Secret{}, errors.New("touched a locked keyring")
}

func TestRecoverLeavesWhatAnotherProcessWorksOn(t *testing.T) {
	w := newFakeWorld(t)
	other, f := w.open(), w.open()
	release, err := other.at.Load().guard.take(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	crash(t, w, false)
	if lost, err := f.Recover(t.Context()); err != nil || lost != nil {
		t.Errorf("while it works: %v, %v", lost, err)
	}
	release()
	if lost, err := f.Recover(t.Context()); err != nil || len(lost) != 1 {
		t.Errorf("after it died: %v, %v", lost, err)
	}
}

func TestRebuildALostCatalogue(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	if _, err := f.SetLabel(t.Context(), key(8), "Eight"); err != nil {
		t.Fatal(err)
	}
	order := w.bot(9)
	order.NoLogin, order.Label, order.Tags = true, "Nine", []string{"a", "b"}
	if _, err := f.Add(t.Context(), order, nil); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()

	further, err := (&sessionItem{Session: fakeSession(9, 99), Runs: store.Elsewhere}).encodeFurther()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]secret.Secret{
		"proxy/home":            secret.New("x"),
		"bot/" + env + "/10":    secret.New(`{"v":9}`),
		"bot/" + env + "/11":    secret.New(`rubbish`),
		"bot/" + env + "/9/ci":  further,
		"bot/" + env + "/12/ci": further,
		"app/77":                secret.New(`{}`),
	} {
		if err := w.store.Memory.Put(t.Context(), keyring.Item{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	names := w.items()

	w.home = t.TempDir()
	f = w.open()
	added, err := f.Rebuild(t.Context())
	if err != nil || added != 3 {
		t.Fatalf("added %d, %v", added, err)
	}
	bots, err := f.Bots(t.Context())
	if err != nil || len(bots) != 3 {
		t.Fatalf("%d bots, %v", len(bots), err)
	}
	wantStatus(t, f, 7, store.Unchecked)
	nine, err := f.Bot(t.Context(), key(9))
	if err != nil || nine.Label != "Nine" || !reflect.DeepEqual(nine.Tags, []string{"a", "b"}) ||
		len(nine.Sessions) != 1 || nine.Sessions[0].Name != "ci" || nine.Sessions[0].Runs != store.Elsewhere {
		t.Errorf("nine: %+v, %v", nine, err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 1 || apps[0].Bots != 3 {
		t.Errorf("apps: %v, %v", apps, err)
	}
	if added, err := f.Rebuild(t.Context()); err != nil || added != 0 {
		t.Errorf("again: %d, %v", added, err)
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	if !reflect.DeepEqual(w.items(), names) {
		t.Errorf("items changed: %v", w.items())
	}
	if _, err := f.Check(t.Context(), key(9), nil); !errors.Is(err, ErrRunsElsewhere) {
		t.Errorf("check of a session elsewhere: %v", err)
	}
}

func TestRebuildWhereTheRingCannotList(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	f.at.Load().ring.open = func(context.Context) (*keyring.Ring, error) {
		return keyring.Wrap(blindStore{w.store}, keyring.Options{}), nil
	}
	if _, err := f.Rebuild(t.Context()); !errors.Is(err, keyring.ErrCannotList) {
		t.Errorf("got %v", err)
	}
}

type blindStore struct{ *faultyStore }

func (blindStore) List(context.Context) ([]string, error) { return nil, keyring.ErrCannotList }
