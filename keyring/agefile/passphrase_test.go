package agefile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age/armor"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

func TestCreationAsks(t *testing.T) {
	for _, row := range []struct {
		name  string
		texts []string
		want  []string
		err   error
	}{
		{"at once", []string{"long enough"}, []string{"create", "confirm"}, nil},
		{"another confirmation", []string{"long enough", "long enouhg", "long enough"},
			[]string{"create", "confirm", "create/different", "confirm"}, nil},
		{"too short", []string{"", "short", "long enough"}, []string{"create", "create/too short", "create/too short", "confirm"}, nil},
		{"not typeable", []string{"tab\tin between", "long enough"}, []string{"create", "create/not typeable", "confirm"}, nil},
		{"never", []string{"short"}, []string{"create", "create/too short", "create/too short"}, ErrDeclined},
	} {
		t.Run(row.name, func(t *testing.T) {
			opts, a := testOptions(newDir(t), row.texts...)
			s, err := Open(opts)
			must(t, err)
			if err := s.Put(testContext(t), "a", secret.New("x")); !errors.Is(err, row.err) {
				t.Errorf("put: %v", err)
			}
			if got := a.purposes(); !slices.Equal(got, row.want) {
				t.Errorf("asked %q, want %q", got, row.want)
			}
			if state, err := s.State(testContext(t)); err != nil || state.Exists == (row.err != nil) {
				t.Errorf("state: %+v, %v", state, err)
			}
			for _, q := range a.asked {
				if q.Place != opts.Dir || q.Lock != passphrase.Files {
					t.Errorf("asked for %q, %s", q.Place, q.Lock)
				}
			}
		})
	}
}

func TestWrongPassphrase(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	opts, a := testOptions(dir, "", "wrong", testPassphrase)
	s, err := Open(opts)
	must(t, err)
	mustGet(t, s, "a", "1")
	if got := a.purposes(); !slices.Equal(got, []string{"open", "open/wrong", "open/wrong"}) {
		t.Errorf("asked %q", got)
	}
	never := openStore(t, dir, "wrong")
	if _, err := never.Get(testContext(t), "a"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("never right: %v", err)
	}
	if err := never.Put(testContext(t), "a", secret.New("2")); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("put: %v", err)
	}
	mustGet(t, s, "a", "1")
}

func TestAskEnds(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	left := errors.New("the user left")
	for _, row := range []struct {
		name string
		ask  func(context.Context, passphrase.Ask) (secret.Secret, error)
		is   []error
	}{
		{"nobody", nil, []error{ErrLocked}},
		{"declined", func(context.Context, passphrase.Ask) (secret.Secret, error) { return secret.Secret{}, left }, []error{ErrDeclined, left}},
		{"context", func(ctx context.Context, _ passphrase.Ask) (secret.Secret, error) {
			<-ctx.Done()
			return secret.Secret{}, ctx.Err()
		}, []error{ErrLocked, context.Canceled, left}},
		{"deaf", func(context.Context, passphrase.Ask) (secret.Secret, error) { select {} }, []error{ErrLocked, context.Canceled, left}},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(testContext(t))
			asked := row.ask
			opts := Options{Dir: dir, WorkFactor: testFactor}
			if asked != nil {
				opts.Ask.Ask = func(ctx context.Context, q passphrase.Ask) (secret.Secret, error) {
					if len(row.is) == 3 {
						cancel(left)
					}
					return asked(ctx, q)
				}
			}
			s, err := Open(opts)
			must(t, err)
			_, err = s.Get(ctx, "a")
			for _, want := range row.is {
				if !errors.Is(err, want) {
					t.Errorf("%v is no %v", err, want)
				}
			}
			// Who was given up on does not stand in the way.
			s.opts.Ask.Ask = func(context.Context, passphrase.Ask) (secret.Secret, error) { return secret.New(testPassphrase), nil }
			mustGet(t, s, "a", "1")
			cancel(nil)
		})
	}
}

// passphraseFile writes a file as a user would.
func passphraseFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passphrase")
	must(t, os.WriteFile(path, []byte(content), 0o600))
	must(t, os.Chmod(path, mode))
	return path
}

func TestPassphraseFile(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(passphraseFile(t, testPassphrase, 0o400), link))
	for _, row := range []struct {
		name, path string
		err        error
	}{
		{"a line", passphraseFile(t, testPassphrase+"\n", 0o600), nil},
		{"without its end", passphraseFile(t, testPassphrase, 0o400), nil},
		{"of Windows", passphraseFile(t, testPassphrase+"\r\n", 0o600), nil},
		{"behind a link", link, nil},
		{"another one", passphraseFile(t, "another one", 0o600), ErrWrongPassphrase},
		{"for the group", passphraseFile(t, testPassphrase, 0o640), ErrPassphraseFile},
		{"for others", passphraseFile(t, testPassphrase, 0o604), ErrPassphraseFile},
		{"written by others", passphraseFile(t, testPassphrase, 0o602), ErrPassphraseFile},
		{"empty", passphraseFile(t, "\n", 0o600), ErrPassphraseFile},
		{"two lines", passphraseFile(t, testPassphrase+"\n\n", 0o600), ErrPassphraseFile},
		{"endless", passphraseFile(t, strings.Repeat("p", passphrase.MaxBytes+1), 0o600), ErrPassphraseFile},
		{"missing", filepath.Join(t.TempDir(), "nothing"), ErrPassphraseFile},
		{"a directory", t.TempDir(), ErrPassphraseFile},
		{"a device", os.DevNull, ErrPassphraseFile},
	} {
		t.Run(row.name, func(t *testing.T) {
			// Somebody to ask is no reason to go on after a bad file.
			opts, a := testOptions(dir)
			opts.PassphraseFile = row.path
			s, err := Open(opts)
			must(t, err)
			if _, err = s.Get(testContext(t), "a"); !errors.Is(err, row.err) {
				t.Errorf("%v, want %v", err, row.err)
			}
			if err != nil && strings.Contains(err.Error(), testPassphrase) {
				t.Errorf("it is told: %v", err)
			}
			if got := a.purposes(); len(got) > 0 {
				t.Errorf("asked %q", got)
			}
		})
	}
}

func TestCredential(t *testing.T) {
	credentials := t.TempDir()
	opts, a := testOptions(newDir(t))
	opts.CredentialsDir = credentials
	s, err := Open(opts)
	must(t, err)
	mustPut(t, s, "a", "1")
	if got := a.purposes(); !slices.Equal(got, []string{"create", "confirm"}) {
		t.Errorf("without a credential it asked %q", got)
	}
	path := filepath.Join(credentials, "botring")
	must(t, os.WriteFile(path, []byte(testPassphrase), 0o400))
	for mode, want := range map[os.FileMode]error{0o400: nil, 0o440: nil, 0o444: ErrPassphraseFile, 0o460: ErrPassphraseFile} {
		must(t, os.Chmod(path, mode))
		opts.Ask = passphrase.Asker{}
		s, err = Open(opts)
		must(t, err)
		if _, err = s.Get(testContext(t), "a"); !errors.Is(err, want) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	// A file that was named goes before it.
	opts.PassphraseFile = passphraseFile(t, "another one", 0o600)
	s, err = Open(opts)
	must(t, err)
	if _, err = s.Get(testContext(t), "a"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("beside a file: %v", err)
	}
}

// TestArmor: age -a -p writes identities as text.
func TestArmor(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	file := filepath.Join(dir, "identities")
	sealed, err := os.ReadFile(file)
	must(t, err)
	var text bytes.Buffer
	w := armor.NewWriter(&text)
	_, err = w.Write(sealed)
	must(t, errors.Join(err, w.Close()))
	must(t, os.WriteFile(file, text.Bytes(), 0o600))
	mustGet(t, openStore(t, dir), "a", "1")
	must(t, os.WriteFile(file, text.Bytes()[:text.Len()-10], 0o600))
	if _, err := openStore(t, dir).Get(testContext(t), "a"); !errors.Is(err, ErrDamagedIdentity) {
		t.Errorf("cut: %v", err)
	}
}

func TestCreateFromFile(t *testing.T) {
	for content, want := range map[string]error{"long enough": nil, "short": ErrPassphraseFile} {
		s, err := Open(Options{Dir: newDir(t), PassphraseFile: passphraseFile(t, content, 0o600), WorkFactor: testFactor})
		must(t, err)
		if err := s.Unlock(testContext(t)); !errors.Is(err, want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestChangePassphrase(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	before, err := os.ReadFile(filepath.Join(dir, "store", "a.age"))
	must(t, err)
	opts, a := testOptions(dir, "wrong", testPassphrase, "short", "the new passphrase")
	s, err := Open(opts)
	must(t, err)
	must(t, s.ChangePassphrase(testContext(t)))
	want := []string{"open", "open/wrong", "change", "change/too short", "confirm"}
	if got := a.purposes(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	if after, err := os.ReadFile(filepath.Join(dir, "store", "a.age")); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the item was written, too: %v", err)
	}
	mustGet(t, openStore(t, dir, "the new passphrase"), "a", "1")
	if _, err := openStore(t, dir).Get(testContext(t), "a"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("with the old one: %v", err)
	}
	if err := openStore(t, newDir(t)).ChangePassphrase(testContext(t)); !errors.Is(err, ErrNoIdentity) {
		t.Errorf("of nothing: %v", err)
	}
}

// TestEndIsTold: whoever was asked hears how it ended, when it has ended, and nobody hears of what was not
// asked for.
func TestEndIsTold(t *testing.T) {
	dir := newDir(t)
	opts, _ := testOptions(dir, testPassphrase, testPassphrase, "wrong", "wrong", "wrong", "wrong", testPassphrase, testPassphrase,
		"the new passphrase")
	var s *Store
	var ends []error
	opts.Ask.Ended = func(ctx context.Context, err error) {
		ends = append(ends, err)
		if state, stateErr := s.State(ctx); err == nil && (stateErr != nil || state.Locked) {
			t.Errorf("it is told to be open when it is %+v, %v", state, stateErr)
		}
	}
	reopen := func() {
		var err error
		s, err = Open(opts)
		must(t, err)
	}
	reopen()
	must(t, s.Unlock(testContext(t))) // made
	must(t, s.Unlock(testContext(t))) // nothing to ask for
	reopen()
	if err := s.Unlock(testContext(t)); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("wrong three times: %v", err)
	}
	must(t, s.Unlock(testContext(t)))           // wrong once more, then right
	must(t, s.ChangePassphrase(testContext(t))) // asked for the old one, then for a new one
	want := []error{nil, ErrWrongPassphrase, nil, nil, nil}
	if !slices.EqualFunc(ends, want, errors.Is) {
		t.Errorf("told %v", ends)
	}
}

// TestChangedMeanwhile: the second of two changes at the same time finds another file than it read.
func TestChangedMeanwhile(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	opts, a := testOptions(dir, testPassphrase, "the slow passphrase")
	opts.Ask.Ask = func(ctx context.Context, q passphrase.Ask) (secret.Secret, error) {
		if q.Purpose == passphrase.ToConfirm {
			if err := openStore(t, dir, testPassphrase, "the fast passphrase").ChangePassphrase(ctx); err != nil {
				return secret.Secret{}, err
			}
		}
		return a.ask(ctx, q)
	}
	s, err := Open(opts)
	must(t, err)
	if err := s.ChangePassphrase(testContext(t)); !errors.Is(err, ErrChanged) {
		t.Errorf("the slow one: %v", err)
	}
	mustGet(t, openStore(t, dir, "the fast passphrase"), "a", "1")
}
