package fleet

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"botring/keyring"
)

// muteStore is a keyring that hands out single items by name only, and says so.
type muteStore struct{ blindStore }

func (muteStore) Status(context.Context) (keyring.Status, error) {
	return keyring.Status{Kind: keyring.KindSystem, Provider: "mute"}, nil
}

// muteWorld has such a keyring, and a list of two bots in it.
func muteWorld(t *testing.T) (w *world, path string) {
	t.Helper()
	w = newFakeWorld(t)
	w.now = time.Now()
	w.ring = keyring.Wrap(muteStore{blindStore{w.store}}, keyring.Options{})
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	if _, err := f.SetLabel(t.Context(), key(8), "Eight"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return w, filepath.Join(w.home, "catalogue.db")
}

// loseCatalogue takes a catalogue away, with what SQLite keeps beside it, and puts something in its place, or nothing.
func loseCatalogue(t *testing.T, path, instead string) {
	t.Helper()
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if instead != "" {
		if err := os.WriteFile(path, []byte(instead), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCopyOfTheCatalogue: where the keyring cannot list, a list that was lost or damaged comes back from its
// copy, and not without being asked for.
func TestCopyOfTheCatalogue(t *testing.T) {
	for name, c := range map[string]struct {
		instead       string
		before, after Sign
	}{
		"lost":    {"", FoundEmptied, FoundRestored},
		"damaged": {strings.Repeat("rubbish ", 500), FoundFault, FoundRestored},
	} {
		t.Run(name, func(t *testing.T) {
			w, path := muteWorld(t)
			info, err := os.Stat(copyPath(path))
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Fatalf("the copy: %v, %v", info, err)
			}
			loseCatalogue(t, path, c.instead)
			f := w.openToExamine()
			before := examine(t, f, ExamineOptions{})
			for _, found := range before {
				if found.Topic == TopicCatalogue && (found.Found != c.before || !found.Fixable) {
					t.Errorf("%+v", found)
				}
			}
			if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 0 {
				t.Errorf("%d bots came back unasked, %v", len(bots), err)
			}
			got := find(t, examine(t, f, ExamineOptions{Fix: true}), c.after)
			if got.Count != 2 || !got.Fixed || got.At.IsZero() || (got.Subject == "") != (c.instead == "") {
				t.Errorf("%+v", got)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			f = w.open()
			bot, err := f.Bot(t.Context(), key(8))
			if err != nil || bot.Label != "Eight" {
				t.Errorf("%+v, %v", bot, err)
			}
			if _, err := f.Check(t.Context(), key(7), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCopyWithoutWhatWasRemoved: no bot that was removed comes back from a copy of the day before, and when the last one
// is, there is nothing to bring back. A list that was lost stays in its copy.
func TestCopyWithoutWhatWasRemoved(t *testing.T) {
	w, path := muteWorld(t)
	f := w.open()
	if err := f.Remove(t.Context(), key(7)); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	loseCatalogue(t, path, "")
	f = w.openToExamine()
	w.added(f, 9)
	if err := f.Remove(t.Context(), key(9)); err != nil {
		t.Fatal(err)
	}
	if got := find(t, examine(t, f, ExamineOptions{Fix: true}), FoundRestored); got.Count != 1 {
		t.Errorf("of the one that was not removed: %+v", got)
	}
	if err := f.Remove(t.Context(), key(8)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(copyPath(path)); !os.IsNotExist(err) {
		t.Errorf("the copy without a bot: %v", err)
	}
	for _, found := range examine(t, f, ExamineOptions{Fix: true}) {
		if found.Topic == TopicCatalogue && found.Found != FoundWhole {
			t.Errorf("%+v", found)
		}
	}
	if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 0 {
		t.Errorf("%d bots came back, %v", len(bots), err)
	}
}

// TestCopyIsMadeDaily: once a day, not of a list that is empty, and not where the keyring tells everything.
func TestCopyIsMadeDaily(t *testing.T) {
	w, path := muteWorld(t)
	made := func() time.Time {
		t.Helper()
		info, err := os.Stat(copyPath(path))
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	use := func() {
		t.Helper()
		f := w.open()
		if _, err := f.Keyring(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	first := made()
	use()
	if !made().Equal(first) {
		t.Error("it was made again within the day")
	}
	yesterday := time.Now().Add(-copyAge - time.Minute)
	if err := os.Chtimes(copyPath(path), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	use()
	if !made().After(yesterday) {
		t.Error("it was not made again after a day")
	}
	if err := os.Chtimes(copyPath(path), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	loseCatalogue(t, path, "")
	use()
	if made().After(yesterday) {
		t.Error("the copy of a list was replaced by that of none")
	}

	listable := newFakeWorld(t)
	f := listable.open()
	listable.added(f, 7)
	_ = f.Close()
	if _, err := os.Stat(copyPath(filepath.Join(listable.home, "catalogue.db"))); !os.IsNotExist(err) {
		t.Errorf("a copy beside a keyring that can list: %v", err)
	}
}
