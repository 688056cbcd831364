package ui

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
	"botring/ui/internal/screentest"
)

// at opens a fleet on a home, as one of several programs does.
func at(t *testing.T, home string) *fleet.Fleet {
	t.Helper()
	f, err := fleet.Open(t.Context(), fleet.Options{
		Environment: "production", Networks: []telegram.Network{{Name: "production"}}, Home: home,
		OpenRing: func(context.Context) (*keyring.Ring, error) {
			return keyring.Wrap(keyring.NewMemory(), keyring.Options{LockDir: home}), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestTwoProgramsOnOneCatalogue: what another program changes is on the screen within two seconds, and nothing else
// of the screen changes with it.
func TestTwoProgramsOnOneCatalogue(t *testing.T) {
	home := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(home, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range fineBots(12) {
		if err := s.Commit(t.Context(), store.Save{Key: b.Key, App: &store.App{Name: "main", APIID: 10001}, Edit: func(row *store.Bot) { *row = b }}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	here, elsewhere := at(t, home), at(t, home)
	model, err := newRoot(t.Context(), Options{Fleet: here, Environ: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}})
	if err != nil {
		t.Fatal(err)
	}
	on := screentest.Run(t, model, 100, 30, screentest.NoColor)
	on.See("12 bots")
	slowly(on, "jjj")
	on.Type(" ")
	on.See("1 marked")
	slowly(on, "/number")
	on.See("12 of 12 bots")
	began := time.Now()
	if _, err := elsewhere.SetLabel(t.Context(), fineBots(6)[5].Key, "Number five, elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := elsewhere.Remove(t.Context(), fineBots(1)[0].Key); err != nil {
		t.Fatal(err)
	}
	on.See("Number five, elsewhere")
	on.See("11 of 11 bots")
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v to be seen", took)
	}
	on.See("1 marked")
	on.See("/ number")

	// What is done here is no change of somebody else's, and is not lost among them.
	if _, err := here.SetLabel(t.Context(), fineBots(7)[6].Key, "Number six, here"); err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.SetLabel(t.Context(), fineBots(8)[7].Key, "Number seven, elsewhere"); err != nil {
		t.Fatal(err)
	}
	on.See("Number seven, elsewhere")
	on.See("Number six, here")
	on.See("1 marked")
}

// TestLooksOneAtATime: a look that is not over is not begun again, nor one while bots are being checked.
func TestLooksOneAtATime(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.fleet = at(t, t.TempDir())
	look := sh.lookForChanges()
	if look == nil || sh.lookForChanges() != nil {
		t.Fatal("looks are begun beside each other")
	}
	msg, ok := look().(changedMsg)
	if !ok || msg.changed {
		t.Errorf("nobody changed anything, and the look says %+v", msg)
	}
	if sh.changed(msg); sh.lookForChanges() == nil {
		t.Error("there is only one look")
	}
	sh.looking = false
	sh.errand.total = 3
	if sh.lookForChanges() != nil {
		t.Error("it is looked while bots are being checked")
	}
}
