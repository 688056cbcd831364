package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// encryptedOptions are those of a machine without a keyring, where ask knows the passphrase.
func encryptedOptions(home string, ask func(Ask) (secret.Secret, error)) Options {
	return Options{
		Networks: []telegram.Network{{Name: env}}, Environment: env, Home: home,
		Passphrase: Passphrase{WorkFactor: 10, Ask: func(_ context.Context, a Ask) (secret.Secret, error) { return ask(a) }},
		OpenRing: func(context.Context) (*keyring.Ring, error) {
			return nil, &keyring.UnavailableError{Reason: keyring.NoSessionBus}
		},
	}
}

func openWith(t *testing.T, opts Options) *Fleet {
	t.Helper()
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestUseEncrypted(t *testing.T) {
	home, asked := t.TempDir(), 0
	refuse := errors.New("not now")
	given, answer := secret.New("seven bold ferrets"), refuse
	ask := func(Ask) (secret.Secret, error) { asked++; return given, answer }
	f := openWith(t, encryptedOptions(home, ask))
	if _, err := f.Keyring(t.Context()); !errors.Is(err, keyring.ErrUnavailable) {
		t.Fatalf("the keyring: %v", err)
	}
	if err := f.UseEncrypted(t.Context()); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("refused: %v", err)
	}
	if s, err := f.Keyring(t.Context()); !errors.Is(err, keyring.ErrUnavailable) || s.Kind != "system" {
		t.Errorf("after a refusal it is %+v, %v", s, err)
	}
	answer, asked = nil, 0
	if err := f.UseEncrypted(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := f.Keyring(t.Context())
	if err != nil || s.Kind != "age" || s.Locked || s.New || s.Collection != filepath.Join(home, "age", "botring") {
		t.Errorf("%+v, %v", s, err)
	}
	for id := 10001; id < 10004; id++ {
		if _, err := f.AddApp(t.Context(), "", id, testHash()); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want for a new one and the same again", asked)
	}

	// Another process asks once, and only when it needs a secret.
	asked = 0
	opts := encryptedOptions(home, ask)
	opts.Keyring = "age"
	again := openWith(t, opts)
	apps, err := again.Apps(t.Context())
	if s, err := again.Keyring(t.Context()); err != nil || !s.Locked || s.New || asked != 0 {
		t.Errorf("%+v, asked %d times, %v", s, asked, err)
	}
	if err != nil || len(apps) != 3 {
		t.Errorf("%d apps, %v", len(apps), err)
	}
	if n, err := again.LookAtRecipients(t.Context()); err == nil || asked != 0 {
		t.Errorf("of locked files the recipients are %v, asked %d times, %v", n, asked, err)
	}
	if n, err := f.LookAtRecipients(t.Context()); err != nil || len(n) != 1 {
		t.Errorf("recipients %v, %v", n, err)
	}
	for _, app := range apps {
		if _, err := again.EditApp(t.Context(), app.APIID, "app of "+app.Name, testHash()); err != nil {
			t.Error(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	// The other keyring's catalogue knows nothing of it.
	if apps, err := openWith(t, encryptedOptions(home, ask)).Apps(t.Context()); err != nil || len(apps) != 0 {
		t.Errorf("%d apps, %v", len(apps), err)
	}
}

func TestPlace(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("there is no ~ here")
	}
	t.Setenv("HOME", "/home/somebody/")
	for path, want := range map[string]string{
		"/home/somebody/.local/share": "~/.local/share", "/home/somebodyelse/x": "/home/somebodyelse/x", "/srv": "/srv",
	} {
		if got := Place(path); got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
	t.Setenv("HOME", "")
	if got := Place("/srv"); !strings.HasPrefix(got, "/srv") {
		t.Error(got)
	}
}
