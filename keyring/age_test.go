package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"botring/internal/secret"
	"botring/keyring/agefile"
	"botring/keyring/passphrase"
)

const testPassphrase = "a passphrase of tests"

// ageOptions are those of a new store whose passphrase is known and cheap.
func ageOptions(t *testing.T) Options {
	return Options{
		Kind: KindAge, LockDir: t.TempDir(), Age: agefile.Options{Dir: filepath.Join(t.TempDir(), "age"), WorkFactor: 4},
		Ask: passphrase.Asker{
			Ask: func(context.Context, passphrase.Ask) (secret.Secret, error) { return secret.New(testPassphrase), nil },
		},
	}
}

func openAgeRing(t *testing.T, opts Options) *Ring {
	t.Helper()
	ring, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestAgeIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store { return openAgeRing(t, ageOptions(t)).store })
}

func TestAgeRingIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store { return openAgeRing(t, ageOptions(t)) })
}

func TestAgeRing(t *testing.T) {
	opts := ageOptions(t)
	ring := openAgeRing(t, opts)
	status, err := ring.Status(t.Context())
	dir := filepath.Join(opts.Age.Dir, DefaultRing)
	if err != nil || status.Kind != KindAge || status.Provider != "age" || status.Collection != dir || !status.Locked ||
		!status.CanList || status.MaxSize != agefile.MaxSize {
		t.Errorf("before: %+v, %v", status, err)
	}
	if err := ring.Preflight(testContext(t), 1200); err != nil {
		t.Fatal(err)
	}
	if status, err = ring.Status(t.Context()); err != nil || status.Locked {
		t.Errorf("after: %+v, %v", status, err)
	}
	mustPut(t, ring, "bot/test/1", "one")
	mustPut(t, ring, "app/1", "app")
	if all, err := ring.GetAll(t.Context(), nil); err != nil || len(all) != 2 || all["app/1"].Reveal() != "app" {
		t.Errorf("all: %v, %v", all, err)
	}
	if names, err := ring.store.List(t.Context()); err != nil || len(names) != 2 {
		t.Errorf("the preflight left %q, %v", names, err)
	}
	if err := ring.Put(t.Context(), Item{Name: "bot/../1", Value: secret.New("x")}); !errors.Is(err, ErrBadName) {
		t.Errorf("a name with dots: %v", err)
	}
	if e, ok := ring.Encrypted(); !ok {
		t.Error("the ring does not know that it is encrypted")
	} else if err := e.Lock(t.Context()); err != nil {
		t.Error(err)
	}
	if status, err = ring.Status(t.Context()); err != nil || !status.Locked {
		t.Errorf("locked: %+v, %v", status, err)
	}

	// Another ring is another store.
	opts.Ring = "botring-test"
	other := openAgeRing(t, opts)
	if _, err := other.Get(t.Context(), "app/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of another ring: %v", err)
	}
	opts.Ring = "../botring"
	if ring, err := Open(t.Context(), opts); !errors.Is(err, ErrBadName) {
		t.Errorf("a ring outside: %v, %v", ring, err)
	}
}

func TestAgeLocked(t *testing.T) {
	opts := ageOptions(t)
	mustPut(t, openAgeRing(t, opts), "app/1", "x")
	opts.Ask = passphrase.Asker{}
	_, err := openAgeRing(t, opts).Get(t.Context(), "app/1")
	var locked *LockedError
	if !errors.As(err, &locked) || !locked.NeedsPassphrase || locked.Unanswered {
		t.Errorf("nobody to ask: %v", err)
	}
	opts.Ask.Ask = func(ctx context.Context, _ passphrase.Ask) (secret.Secret, error) {
		<-ctx.Done()
		return secret.Secret{}, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := openAgeRing(t, opts)
	cancel()
	if _, err := cancelled.Get(ctx, "app/1"); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	opts.Ask.Ask = func(context.Context, passphrase.Ask) (secret.Secret, error) {
		return secret.Secret{}, errors.New("esc")
	}
	var refused *DeniedError
	if _, err = openAgeRing(t, opts).Get(t.Context(), "app/1"); !errors.Is(err, ErrDenied) ||
		!errors.As(err, &refused) || refused.Refusal != NoPassphrase {
		t.Errorf("dismissed: %v", err)
	}
	opts.Ask.Ask = func(context.Context, passphrase.Ask) (secret.Secret, error) {
		return secret.New("another passphrase"), nil
	}
	if _, err = openAgeRing(t, opts).Get(t.Context(), "app/1"); !errors.As(err, &refused) || refused.Refusal != WrongPassphrase {
		t.Errorf("a wrong passphrase: %v", err)
	}
}

// TestEveryAgeError: each sentinel of agefile is told as what it is, however deep it stands.
func TestEveryAgeError(t *testing.T) {
	for _, row := range []struct {
		err    error
		is     error
		reason Reason
	}{
		{agefile.ErrNotFound, ErrNotFound, 0},
		{agefile.ErrBadName, ErrBadName, 0},
		{agefile.ErrTooLarge, ErrTooLarge, 0},
		{agefile.ErrReadBack, ErrReadBack, 0},
		{agefile.ErrGone, ErrGone, 0},
		{agefile.ErrLocked, ErrLocked, 0},
		{agefile.ErrDeclined, ErrDenied, 0},
		{agefile.ErrWrongPassphrase, ErrDenied, 0},
		{agefile.ErrNotReadable, ErrDenied, 0},
		{agefile.ErrDamagedItem, ErrDamaged, 0},
		{agefile.ErrUnsafe, ErrUnavailable, StoreUnsafe},
		{agefile.ErrNotWritable, ErrUnavailable, StoreNotWritable},
		{agefile.ErrFull, ErrUnavailable, StoreFull},
		{agefile.ErrNoIdentity, ErrUnavailable, IdentityMissing},
		{agefile.ErrDamagedIdentity, ErrUnavailable, IdentityDamaged},
		{agefile.ErrRecipients, ErrUnavailable, RecipientsUnusable},
		{agefile.ErrPassphraseFile, ErrUnavailable, PassphraseFileRefused},
		{agefile.ErrChanged, ErrUnavailable, PassphraseChanged},
		{agefile.ErrNoCache, ErrUnavailable, NoKernelKeyring},
		{agefile.ErrFault, ErrUnavailable, StoreFault},
		{errors.New("unknown"), ErrUnavailable, StoreFault},
		{context.Canceled, context.Canceled, 0},
	} {
		got := ageError(fmt.Errorf("deep: %w", row.err))
		if !errors.Is(got, row.is) || !errors.Is(got, row.err) {
			t.Errorf("%v became %v", row.err, got)
		}
		var missing *UnavailableError
		if errors.As(got, &missing) != (row.reason != 0) || row.reason != 0 && missing.Reason != row.reason {
			t.Errorf("%v became %v, want the reason %v", row.err, got, row.reason)
		}
	}
}

func TestDataDir(t *testing.T) {
	home := func() (string, error) { return "/home/x", nil }
	for _, row := range []struct{ system, xdg, want string }{
		{"linux", "", "/home/x/.local/share"},
		{"linux", "/data", "/data"},
		{"linux", "data", "/home/x/.local/share"},
		{"darwin", "/data", "/home/x/Library/Application Support"},
	} {
		getenv := func(name string) string { return map[string]string{"XDG_DATA_HOME": row.xdg}[name] }
		if got, err := dataDir(row.system, getenv, home); err != nil || filepath.ToSlash(got) != row.want {
			t.Errorf("%s with %q: %q, %v", row.system, row.xdg, got, err)
		}
	}
	nobody := func() (string, error) { return "", errors.New("no home") }
	if dir, err := dataDir("linux", func(string) string { return "" }, nobody); err == nil {
		t.Errorf("without a home: %q", dir)
	}
}

// TestAgeKeepsSecrets: neither files nor anything printed hold a value or the passphrase.
func TestAgeKeepsSecrets(t *testing.T) {
	opts := ageOptions(t)
	ring := openAgeRing(t, opts)
	const value = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
	mustPut(t, ring, "bot/production/7123456789", value)
	e, _ := ring.Encrypted()
	printed := fmt.Sprintf("%v %+v %#v %+v", ring, e, e, *e)
	err := filepath.Walk(opts.Age.Dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		printed += path + string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{value, "AAHdq", testPassphrase, "AGE-SECRET-KEY"} {
		if strings.Contains(printed, leak) {
			t.Errorf("%q can be seen", leak)
		}
	}
}
