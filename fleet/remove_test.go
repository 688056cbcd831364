package fleet

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// TestRestore: a bot that was removed comes back as it was, its further sessions and waits included.
func TestRestore(t *testing.T) {
	w := newMoving(t)
	f := w.on("system")
	before, items := told(t, f), w.items()
	var removed []Removed
	keys := []Key{key(8), key(9)}
	err := f.RemoveMany(t.Context(), keys, Removal{Keep: true}, func(r Removed, err error) {
		if err != nil || !r.Whole() || r.LoggedOut {
			t.Errorf("%s: %v", r.Bot.Key, err)
		}
		removed = append(removed, r)
	})
	if err != nil || len(removed) != len(keys) {
		t.Fatalf("%d removed, %v", len(removed), err)
	}
	if len(w.items()) != len(items)-3 {
		t.Errorf("left: %v", w.items())
	}
	w.sleep(9 * time.Minute)
	for _, r := range removed {
		if _, err := f.Restore(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Restore(t.Context(), r); !errors.Is(err, ErrBackAlready) {
			t.Errorf("twice: %v", err)
		}
	}
	if got := told(t, f); got != before || !reflect.DeepEqual(w.items(), items) {
		t.Errorf("restored:\n%swant:\n%s%v", got, before, w.items())
	}
}

// TestTakeReadsBeforeItDeletes: where an item cannot be read now, the bot stays with all it has.
func TestTakeReadsBeforeItDeletes(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci"}, nil); err != nil {
		t.Fatal(err)
	}
	items := w.items()
	w.store.fail(nil, func(name string) error {
		if name == botItemName(key(7)) {
			return keyring.ErrDenied
		}
		return nil
	})
	if _, err := f.Take(t.Context(), key(7)); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("taken: %v", err)
	}
	if bot, err := f.Bot(t.Context(), key(7)); err != nil || len(bot.Sessions) != 2 || !slices.Equal(w.items(), items) {
		t.Errorf("left: %+v, %v, %q", bot.Sessions, err, w.items())
	}
}

// TestLabelsStayAsTheyWere: what is put back, or moved to another keyring, is called there what a save calls it.
func TestLabelsStayAsTheyWere(t *testing.T) {
	w := moving{newFakeWorld(t), t}
	labels := map[string]string{}
	w.store.fail(func(item *keyring.Item) error { labels[item.Name] = item.Label; return nil }, nil)
	f := w.on("system")
	w.added(f, 7)
	if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci"}, nil); err != nil {
		t.Fatal(err)
	}
	saved := maps.Clone(labels)
	if saved[sessionItemName(key(7), "ci")] != "botring: @x7_bot, session ci" {
		t.Errorf("saved: %q", saved)
	}
	as := func(when string) {
		t.Helper()
		maps.DeleteFunc(labels, func(name, _ string) bool { return strings.HasPrefix(name, historyItems) })
		if len(labels) == 0 {
			t.Errorf("%s: nothing was written", when)
		}
		for name, label := range labels {
			if label != saved[name] {
				t.Errorf("%s: %s is called %q, was %q", when, name, label, saved[name])
			}
		}
		clear(labels)
	}
	clear(labels)
	removed, err := f.Take(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Restore(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	as("put back")
	for _, kind := range []string{"age", "system"} {
		if _, err := f.MoveKeyring(t.Context(), kind, true, nil); err != nil {
			t.Fatal(err)
		}
	}
	as("moved")
}

func TestRestoreWritesOverNothing(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	removed, err := f.Take(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	// Another program has put something in its place, which the catalogue does not know of.
	item := keyring.Item{Name: botItemName(key(7)), Value: secret.New("somebody's")}
	if err := w.store.Memory.Put(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Restore(t.Context(), removed); !errors.Is(err, ErrBackAlready) || w.item(item.Name).Reveal() != "somebody's" {
		t.Errorf("restore: %v", err)
	}
	if err := w.store.Memory.Delete(t.Context(), item.Name); err != nil {
		t.Fatal(err)
	}
	// Its label was given away meanwhile.
	removed.Bot.Label = "Shop"
	w.added(f, 8)
	if _, err := f.SetLabel(t.Context(), key(8), "shop"); err != nil {
		t.Fatal(err)
	}
	if bot, err := f.Restore(t.Context(), removed); err != nil || bot.Label != "" {
		t.Errorf("%+v, %v", bot, err)
	}
}

// TestRemoveLogsOutFirst: one that cannot be logged out stays, and after a logout nothing can be put back.
func TestRemoveLogsOutFirst(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	order := w.bot(9)
	order.NoLogin = true
	if _, err := f.Add(t.Context(), order, nil); err != nil {
		t.Fatal(err)
	}
	err := f.RemoveMany(t.Context(), []Key{key(7), key(99), key(8), key(9)}, Removal{LogOut: true}, func(r Removed, err error) {
		missing := r.Bot.Key == key(99)
		if errors.Is(err, store.ErrNotFound) != missing || !missing && err != nil || r.Whole() || r.LoggedOut != (r.Bot.ID < 9) {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := f.Restore(t.Context(), r); !errors.Is(err, ErrSecretMissing) {
			t.Errorf("restore: %v", err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if len(w.fake.alive) != 0 || !slices.Equal(w.items(), []string{"app/10001"}) {
		t.Errorf("alive %v, items %v", w.fake.alive, w.items())
	}
}

// TestRemoveManyEndsWhereTheKeyringIsShut: the next one would only prompt again.
func TestRemoveManyEndsWhereTheKeyringIsShut(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	w.store.fail(nil, func(string) error { return keyring.ErrDenied })
	tried := 0
	err := f.RemoveMany(t.Context(), []Key{key(7), key(8)}, Removal{Keep: true}, func(_ Removed, err error) {
		tried++
		if !errors.Is(err, keyring.ErrDenied) {
			t.Error(err)
		}
	})
	if !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("it ended with %v", err)
	}
	w.store.fail(nil, nil)
	if bots, err := f.Bots(t.Context()); tried != 1 || err != nil || len(bots) != 2 {
		t.Errorf("%d tried, %d left, %v", tried, len(bots), err)
	}
}
