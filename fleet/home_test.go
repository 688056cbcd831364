package fleet

import "testing"

// TestLoginBeginsAtHome: where a bot lives is not known before its first login; the next ones begin there.
func TestLoginBeginsAtHome(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	if w.fake.lastDC != 0 {
		t.Errorf("the first login began in data centre %d", w.fake.lastDC)
	}
	for _, again := range []*Fleet{f, w.open()} {
		if _, err := again.Login(t.Context(), key(7), true, nil); err != nil {
			t.Fatal(err)
		}
		if want := fakeSession(7, 1).DC; w.fake.lastDC != want {
			t.Errorf("the next login began in data centre %d, want %d", w.fake.lastDC, want)
		}
	}
}
