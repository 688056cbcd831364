package keyring

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/internal/secret"
)

// fakeKeychain is go-keyring on macOS: its way of quoting, its limit, its errors.
type fakeKeychain struct {
	mu   sync.Mutex
	kept map[[2]string]string
	fail error
	hang chan struct{}
}

var (
	errKeychainNotFound = errors.New("secret not found in keyring")
	errKeychainTooBig   = errors.New("data passed to Set was too big")
)

func newFakeKeychain() *fakeKeychain { return &fakeKeychain{kept: map[[2]string]string{}} }

func (f *fakeKeychain) store(ring string) *keychainStore {
	return newKeychainStore(keychain{
		get: f.get, set: f.set, delete: f.delete, notFound: errKeychainNotFound, tooLarge: errKeychainTooBig,
	}, ring)
}

func (f *fakeKeychain) get(service, name string) (string, error) {
	if f.hang != nil {
		<-f.hang
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	value, ok := f.kept[[2]string{service, name}]
	if !ok && f.fail == nil {
		return "", errKeychainNotFound
	}
	return value, f.fail
}

func (f *fakeKeychain) set(service, name, value string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := fmt.Sprintf("add-generic-password -U -s %s -a %s -w %s\n", quoted(service), quoted(name),
		quoted("go-keyring-base64:"+base64.StdEncoding.EncodeToString([]byte(value))))
	switch {
	case f.fail != nil:
		return f.fail
	case len(line) > 4096:
		return errKeychainTooBig
	}
	f.kept[[2]string{service, name}] = value
	return nil
}

// quoted is go-keyring's shell quoting.
func quoted(s string) string {
	if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-") != "" {
		return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
	}
	return s
}

func (f *fakeKeychain) delete(service, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.kept[[2]string{service, name}]; !ok {
		return errKeychainNotFound
	}
	delete(f.kept, [2]string{service, name})
	return nil
}

func TestKeychainStoreIsAStore(t *testing.T) {
	testStore(t, func(*testing.T) Store { return newFakeKeychain().store("botring") })
}

func TestRingOfAKeychainIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store {
		return Wrap(newFakeKeychain().store("botring"), Options{LockDir: t.TempDir()})
	})
}

// TestKeychainLimitIsExact: what MaxSize says fits does, and three bytes more, which base64 makes four of,
// do not.
func TestKeychainLimitIsExact(t *testing.T) {
	for _, name := range []string{"a", "bot/production/7123456789", "it's", "with space", strings.Repeat("n", 255), strings.Repeat("'", 255)} {
		f := newFakeKeychain()
		limit := f.store("botring").MaxSize(name)
		if err := f.set("botring", name, strings.Repeat("x", limit)); err != nil {
			t.Errorf("%d bytes under a name of %d: %v", limit, len(name), err)
		}
		if err := f.set("botring", name, strings.Repeat("x", limit+3)); !errors.Is(err, errKeychainTooBig) {
			t.Errorf("%d bytes under a name of %d: %v", limit+3, len(name), err)
		}
	}
	status, err := newFakeKeychain().store("botring").Status(t.Context())
	if err != nil || status.CanList || status.MaxSize < 2500 || status.MaxSize > 3000 {
		t.Errorf("status: %+v, %v", status, err)
	}
}

// exitError is security(1) having ended with a status.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
func (e exitError) ExitCode() int { return int(e) }

func TestErrorsOfTheKeychain(t *testing.T) {
	for fault, c := range map[error]struct {
		want   error
		reason Reason
	}{
		exitError(36):                      {ErrLocked, 0},
		exitError(51):                      {ErrDenied, 0},
		exitError(128):                     {ErrDenied, 0},
		exitError(37):                      {ErrUnavailable, NoCollection},
		exitError(50):                      {ErrUnavailable, NoCollection},
		exitError(44):                      {ErrNotFound, 0},
		exitError(1):                       {ErrUnavailable, KeyringFault},
		errKeychainTooBig:                  {ErrTooLarge, 0},
		errKeychainNotFound:                {ErrNotFound, 0},
		fs.ErrNotExist:                     {ErrUnavailable, NoSecretService},
		errors.New("something else again"): {ErrUnavailable, KeyringFault},
	} {
		f := newFakeKeychain()
		f.fail = fault
		_, getErr := f.store("botring").Get(testContext(t), "a")
		putErr := f.store("botring").Put(testContext(t), Item{Name: "a", Value: secret.New("x")})
		for _, err := range []error{getErr, putErr} {
			if reason := is(t, err, c.want); reason != c.reason {
				t.Errorf("%v has the reason %v, not %v", err, reason, c.reason)
			}
		}
	}
}

// TestKeychainThatAsks: security(1) may wait for the user as long as it likes, we do not.
func TestKeychainThatAsks(t *testing.T) {
	f := newFakeKeychain()
	f.hang = make(chan struct{})
	defer close(f.hang)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := f.store("botring").Get(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
