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
