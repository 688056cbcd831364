package keyring

import (
	"os"
	"testing"
)

// needKeyring skips where there is no keyring to test against, unless there has to be one.
func needKeyring(t testing.TB) {
	t.Helper()
	if os.Getenv("BOTRING_TEST_KEYRING_PASSWORD") != "" {
		return
	}
	reason := "no keyring of our own to test against: run under scripts/with-keyring.sh"
	if os.Getenv("BOTRING_REQUIRE_KEYRING") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// newSystemRing opens the real keyring with a ring of this test's own, which is emptied at the end.
func newSystemRing(t testing.TB) *Ring {
	t.Helper()
	needKeyring(t)
	ring, err := Open(t.Context(), Options{Ring: "botring-test-" + probeName(testNow, true)[len(ProbePrefix):], LockDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		names, err := ring.store.List(cleanupContext(t))
		if err != nil {
			t.Errorf("list what is left: %v", err)
		}
		for _, name := range names {
			if err := ring.store.Delete(cleanupContext(t), name); err != nil {
				t.Errorf("delete %s: %v", name, err)
			}
		}
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	})
	return ring
}

func TestSecretServiceIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store { return newSystemRing(t).store })
}

func TestSystemRingIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store { return newSystemRing(t) })
}

func TestSystemRingStatus(t *testing.T) {
	ring := newSystemRing(t)
	status, err := ring.Status(testContext(t))
	if err != nil || status.Kind != KindSystem || status.Provider != "gnome-keyring" || status.Collection == "" ||
		status.Locked || !status.CanList || status.MaxSize != 0 {
		t.Errorf("%+v, %v", status, err)
	}
}

func TestSystemRingPreflight(t *testing.T) {
	ring := newSystemRing(t)
	mustPut(t, ring, "app/1", "x")
	if err := ring.Preflight(testContext(t), 1200); err != nil {
		t.Fatal(err)
	}
	if names, err := ring.store.List(testContext(t)); err != nil || len(names) != 1 {
		t.Errorf("after a preflight: %q, %v", names, err)
	}
}

func TestSystemRingGetAll(t *testing.T) {
	ring := newSystemRing(t)
	for _, name := range []string{"app/1", "app/2", "app/3"} {
		mustPut(t, ring, name, "of "+name)
	}
	mustPut(t, ring.store, probeName(testNow, true), "p")
	all, err := ring.GetAll(testContext(t), nil)
	if err != nil || len(all) != 3 || all["app/2"].Reveal() != "of app/2" {
		t.Errorf("all: %v, %v", all, err)
	}
	some, err := ring.GetAll(testContext(t), []string{"app/1", "app/3", "app/4"})
	if err != nil || len(some) != 2 || some["app/3"].Reveal() != "of app/3" {
		t.Errorf("some: %v, %v", some, err)
	}
}

// TestNoSystemKeyring: where there is none, that is what Open says, and nothing weaker takes its place.
func TestNoSystemKeyring(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for _, kind := range []Kind{"", KindSystem} {
		ring, err := Open(testContext(t), Options{Kind: kind})
		if ring != nil || is(t, err, ErrUnavailable) != NoSessionBus {
			t.Errorf("open: %v, %v", ring, err)
		}
	}
}
