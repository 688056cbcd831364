package fleet

import (
	"errors"
	"reflect"
	"slices"
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
	f.RemoveMany(t.Context(), keys, false, func(r Removed, o Outcome) {
		if o.Err != nil || !r.Whole() || o.Key != r.Bot.Key {
			t.Errorf("%s: %v", o.Key, o.Err)
		}
		removed = append(removed, r)
	})
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
	f.RemoveMany(t.Context(), []Key{key(7), key(99), key(8)}, true, func(r Removed, o Outcome) {
		if missing := o.Key == key(99); errors.Is(o.Err, store.ErrNotFound) != missing || !missing && o.Err != nil || r.Whole() {
			t.Errorf("%s: %+v, %v", o.Key, r, o.Err)
		}
		if _, err := f.Restore(t.Context(), r); !errors.Is(err, ErrSecretMissing) {
			t.Errorf("restore: %v", err)
		}
	})
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
	f.RemoveMany(t.Context(), []Key{key(7), key(8)}, false, func(_ Removed, o Outcome) {
		tried++
		if !errors.Is(o.Err, keyring.ErrDenied) {
			t.Error(o.Err)
		}
	})
	w.store.fail(nil, nil)
	if bots, err := f.Bots(t.Context()); tried != 1 || err != nil || len(bots) != 2 {
		t.Errorf("%d tried, %d left, %v", tried, len(bots), err)
	}
}
