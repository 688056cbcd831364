package agefile

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/keyring/internal/filelock"
)

// TestHeldByAnother: a process that keeps the store's lock, as one that was stopped does, keeps writers waiting
// for a while and readers not at all.
func TestHeldByAnother(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "age")
	s := openStore(t, dir)
	mustPut(t, s, "bot/1", "old")
	release, err := filelock.Take(t.Context(), filepath.Join(dir, lockName), filelock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.opts.LockPatience = 50 * time.Millisecond
	for name, call := range map[string]func() error{
		"put":    func() error { return s.Put(t.Context(), "bot/1", secret.New("new")) },
		"delete": func() error { return s.Delete(t.Context(), "bot/1") },
	} {
		began := time.Now()
		if err := call(); !errors.Is(err, ErrHeld) || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
	}
	mustGet(t, s, "bot/1", "old")
	release()
	mustPut(t, s, "bot/1", "new")
}
