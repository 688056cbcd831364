package keyring

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode/utf16"

	"botring/internal/secret"
)

// fakeCredentials is a Credential Manager: keys without regard to case, limits in the units of Windows.
type fakeCredentials struct {
	mu   sync.Mutex
	kept map[string]credential
	fail error
}

func newFakeCredentials() *fakeCredentials { return &fakeCredentials{kept: map[string]credential{}} }

func (f *fakeCredentials) read(target string) (credential, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.kept[strings.ToLower(target)]
	if !ok {
		return credential{}, errorNotFound
	}
	return c, f.fail
}

func (f *fakeCredentials) write(c credential) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fail != nil:
		return f.fail
	case len(c.blob) > 2560:
		return errorBadStub
	case len(utf16.Encode([]rune(c.comment))) >= 256, len(c.user) > 513:
		return syscall.Errno(87)
	}
	f.kept[strings.ToLower(c.target)] = c
	return nil
}

func (f *fakeCredentials) delete(target string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.kept[strings.ToLower(target)]; !ok {
		return errorNotFound
	}
	delete(f.kept, strings.ToLower(target))
	return nil
}

func (f *fakeCredentials) list(prefix string) ([]credential, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []credential
	for target, c := range f.kept {
		if strings.HasPrefix(target, strings.ToLower(prefix)) {
			found = append(found, c)
		}
	}
	if found == nil {
		return nil, errorNotFound
	}
	return found, f.fail
}

func TestCredentialStoreIsAStore(t *testing.T) {
	testStore(t, func(*testing.T) Store { return newCredentialStore(newFakeCredentials(), "botring") })
}

func TestRingOfCredentialsIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store {
		return Wrap(newCredentialStore(newFakeCredentials(), "botring"), Options{LockDir: t.TempDir()})
	})
}

// TestCredentialsAreGoKeyrings: zalando/go-keyring finds our items, and rings do not see each other's.
func TestCredentialsAreGoKeyrings(t *testing.T) {
	manager := newFakeCredentials()
	ours, other := newCredentialStore(manager, "botring"), newCredentialStore(manager, "botring-X")
	mustPut(t, ours, "bot/production/1", "x")
	mustPut(t, other, "bot/production/1", "y")
	c, err := manager.read("botring:bot/production/1")
	if err != nil || c.user != "bot/production/1" || string(c.blob) != "x" {
		t.Errorf("%+v, %v", c, err)
	}
	// What another program put under a name like ours is not listed.
	manager.kept["botring:stranger"] = credential{target: "botring:stranger", user: "somebody"}
	for _, store := range []*credentialStore{ours, other} {
		if names, err := store.List(testContext(t)); err != nil || len(names) != 1 {
			t.Errorf("list: %q, %v", names, err)
		}
	}
}

func TestCredentialLabelIsCut(t *testing.T) {
	manager := newFakeCredentials()
	store := newCredentialStore(manager, "botring")
	err := store.Put(testContext(t), Item{Name: "a", Label: strings.Repeat("🤖", 200), Value: secret.New("x")})
	if err != nil {
		t.Error(err)
	}
	for units, want := range map[int]string{0: "", 1: "a", 2: "a", 3: "a🤖", 4: "a🤖é", 9: "a🤖é"} {
		if got := cutUTF16("a🤖é", units); got != want {
			t.Errorf("%d units: %q, not %q", units, got, want)
		}
	}
}

func TestErrorsOfWindows(t *testing.T) {
	for code, c := range map[error]struct {
		want   error
		reason Reason
	}{
		errorNotFound:           {ErrNotFound, 0},
		errorAccessDenied:       {ErrDenied, 0},
		errorCancelled:          {ErrDenied, 0},
		errorBadStub:            {ErrTooLarge, 0},
		errorNotReady:           {ErrLocked, 0},
		errorNoSuchLogonSession: {ErrUnavailable, NoLogonSession},
		syscall.Errno(87):       {ErrUnavailable, KeyringFault},
		errors.New("anything"):  {ErrUnavailable, KeyringFault},
	} {
		manager := newFakeCredentials()
		store := newCredentialStore(manager, "botring")
		mustPut(t, store, "a", "x")
		manager.fail = code
		_, getErr := store.Get(testContext(t), "a")
		putErr := store.Put(testContext(t), Item{Name: "a", Value: secret.New("y")})
		for _, err := range []error{getErr, putErr} {
			if reason := is(t, err, c.want); reason != c.reason {
				t.Errorf("%v has the reason %v, not %v", err, reason, c.reason)
			}
		}
	}
}

func FuzzMarkCapitals(f *testing.F) {
	f.Add("bot/x/1/CI", "bot/x/1/^ci")
	f.Add("A", "^a")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a != b && checkName(a) == nil && checkName(b) == nil &&
			strings.EqualFold(markCapitals(a), markCapitals(b)) {
			t.Errorf("%q and %q are one to Windows", a, b)
		}
	})
}

// TestBackgroundKeepsOrder: a write that was given up on does not overtake a later one.
func TestBackgroundKeepsOrder(t *testing.T) {
	calls := newBackground()
	release, began := make(chan struct{}), make(chan struct{})
	var order []string
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-began; cancel() }()
	_, err := inBackground(ctx, calls, func() (int, error) {
		close(began)
		<-release
		order = append(order, "given up on")
		return 0, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := inBackground(ctx, calls, func() (int, error) { return 0, nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
	got, err := inBackground(t.Context(), calls, func() (int, error) { order = append(order, "later"); return 7, nil })
	if err != nil || got != 7 || len(order) != 2 || order[1] != "later" {
		t.Errorf("%d, %v, %q", got, err, order)
	}
}
