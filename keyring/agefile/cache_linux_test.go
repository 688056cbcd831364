package agefile

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"botring/internal/secret"
)

// needCache skips where the kernel keeps no keys for us.
func needCache(t *testing.T, s *Store) {
	t.Helper()
	err := s.Remember(testContext(t), time.Minute)
	if errors.Is(err, ErrNoCache) {
		t.Skipf("the kernel keeps no keys here: %v", err)
	}
	must(t, err)
	t.Cleanup(func() {
		if err := s.Forget(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestRemember(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "a", "1")
	needCache(t, s)
	// Another process asks nobody.
	opts, a := testOptions(dir)
	other, err := Open(opts)
	must(t, err)
	if state, err := other.State(testContext(t)); err != nil || state.Locked {
		t.Errorf("remembered: %+v, %v", state, err)
	}
	mustGet(t, other, "a", "1")
	if got := a.purposes(); len(got) > 0 {
		t.Errorf("asked %q", got)
	}
	must(t, other.Lock(testContext(t)))
	mustGet(t, other, "a", "1")
	if got := a.purposes(); !slices.Equal(got, []string{"open"}) {
		t.Errorf("after lock it asked %q", got)
	}
	must(t, other.Forget(testContext(t))) // twice is none too often

	// With another passphrase what was remembered is worth nothing.
	must(t, s.Remember(testContext(t), time.Minute))
	must(t, openStore(t, dir, testPassphrase, "the new passphrase").ChangePassphrase(testContext(t)))
	fresh := openStore(t, dir, "the new passphrase")
	if state, err := fresh.State(testContext(t)); err != nil || !state.Locked {
		t.Errorf("after a change: %+v, %v", state, err)
	}
	mustGet(t, fresh, "a", "1")
	must(t, fresh.Forget(testContext(t)))
}

func TestRememberEnds(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "a", "1")
	needCache(t, s)
	must(t, s.Remember(testContext(t), time.Second))
	other := openStore(t, dir)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		state, err := other.State(testContext(t))
		must(t, err)
		if state.Locked {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is still remembered")
		}
	}
	if err := s.Remember(testContext(t), 0); !errors.Is(err, ErrNoCache) {
		t.Errorf("for no time: %v", err)
	}
}

// TestRememberedNonsense: what somebody else put in the kernel under our name opens nothing.
func TestRememberedNonsense(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "a", "1")
	needCache(t, s)
	sealed, err := s.readIdentities()
	must(t, err)
	must(t, remember(sealed, secret.New("nonsense"), time.Minute))
	mustGet(t, openStore(t, dir), "a", "1")
}
