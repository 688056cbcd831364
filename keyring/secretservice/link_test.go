package secretservice

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
)

func TestServiceThatHangs(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	release := make(chan struct{})
	defer close(release)
	for _, method := range []string{"SearchItems", "ReadAlias", "Get Locked", "CreateItem", "GetSecret", "Delete", "Unlock", "Prompt"} {
		t.Run(method, func(t *testing.T) {
			fake.set(func() {
				fake.locked = method == "Unlock" || method == "Prompt"
				fake.before = func(called string) *dbus.Error {
					if called == method {
						<-release
					}
					return nil
				}
			})
			ctx := testContext(t, 80*time.Millisecond)
			began := time.Now()
			err := client.Put(ctx, tokenItem, "", secret.New("y"))
			if err == nil {
				err = client.Delete(ctx, tokenItem)
			}
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		})
	}
}

func TestSecretsOfWrongLength(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	fake.set(func() { fake.wire = func(w wireSecret) wireSecret { w.Sealed = append(w.Sealed, 1); return w } })
	ctx := testContext(t, 5*time.Second)
	if _, err := client.Get(ctx, tokenItem); !errors.Is(err, ErrFault) {
		t.Errorf("get: %v", err)
	}
	if _, err := client.GetAll(ctx, tokenItem); !errors.Is(err, ErrFault) {
		t.Errorf("get all: %v", err)
	}
}

func TestNoEncryption(t *testing.T) {
	prime := func(add byte) []byte {
		p, err := newKeyExchange()
		if err != nil {
			t.Fatal(err)
		}
		b := p.prime.Bytes()
		b[len(b)-1] -= add
		return b
	}
	for name, key := range map[string]dbus.Variant{
		"no bytes":       dbus.MakeVariant("plain"),
		"empty":          dbus.MakeVariant([]byte{}),
		"zero":           dbus.MakeVariant(make([]byte, 128)),
		"one":            dbus.MakeVariant([]byte{1}),
		"prime less one": dbus.MakeVariant(prime(1)),
		"prime":          dbus.MakeVariant(prime(0)),
		"too long":       dbus.MakeVariant(make([]byte, 129)),
	} {
		t.Run(name, func(t *testing.T) {
			fake := startFake(t, startBus(t))
			fake.set(func() { fake.publicKey = func([]byte) dbus.Variant { return key } })
			if _, err := Connect(testContext(t, 5*time.Second), Options{}); !errors.Is(err, ErrNoEncryption) {
				t.Errorf("connect: %v", err)
			}
		})
	}
	t.Run("plain only", func(t *testing.T) {
		fake := startFake(t, startBus(t))
		fake.set(func() {
			fake.before = func(string) *dbus.Error { return fault("org.freedesktop.DBus.Error.NotSupported") }
		})
		if _, err := Connect(testContext(t, 5*time.Second), Options{}); !errors.Is(err, ErrNoEncryption) {
			t.Errorf("connect: %v", err)
		}
	})
}

func TestRemoteErrors(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	for name, want := range map[string]error{
		"org.freedesktop.Secret.Error.NoSession":    ErrGone,
		"org.freedesktop.Secret.Error.NoSuchObject": ErrNotFound,
		"org.freedesktop.Secret.Error.IsLocked":     ErrLocked,
		"org.freedesktop.DBus.Error.ServiceUnknown": ErrGone,
		"org.freedesktop.DBus.Error.NameHasNoOwner": ErrGone,
		"org.freedesktop.DBus.Error.NoReply":        ErrGone,
		"org.freedesktop.DBus.Error.Disconnected":   ErrGone,
		"org.freedesktop.DBus.Error.TimedOut":       ErrNoAnswer,
		"org.freedesktop.DBus.Error.AccessDenied":   ErrDenied,
		"org.freedesktop.DBus.Error.UnknownObject":  ErrNotFound,
		"org.freedesktop.DBus.Error.UnknownMethod":  ErrNotFound,
		"org.freedesktop.DBus.Error.Failed":         ErrFault,
		"org.example.Whatever":                      ErrFault,
	} {
		t.Run(name, func(t *testing.T) {
			fake.set(func() {
				fake.before = func(method string) *dbus.Error {
					if method == "GetSecret" {
						return fault(name)
					}
					return nil
				}
			})
			if _, err := client.Get(testContext(t, 5*time.Second), tokenItem); !errors.Is(err, want) {
				t.Errorf("get: %v, not %v", err, want)
			}
		})
	}
}

func TestProviderName(t *testing.T) {
	for comm, want := range map[string]string{
		"gnome-keyring-d": "gnome-keyring", "keepassxc": "KeePassXC", "kwalletd5": "KWallet", "kwalletd6": "KWallet",
		"ksecretd": "KWallet", "": "Secret Service", "python3": "Secret Service",
	} {
		if got := providerName(comm); got != want {
			t.Errorf("%q is %q, not %q", comm, got, want)
		}
	}
}
