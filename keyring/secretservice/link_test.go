package secretservice

import (
	"context"
	"errors"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/keyring/secretservice/internal/dh"
	"botring/keyring/secretservice/servicetest"
)

func TestServiceThatHangs(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	release := make(chan struct{})
	defer close(release)
	for _, method := range []string{"SearchItems", "ReadAlias", "Get Locked", "CreateItem", "GetSecret", "Delete", "Unlock", "Prompt"} {
		t.Run(method, func(t *testing.T) {
			fake.Set(func() {
				fake.Locked = method == "Unlock" || method == "Prompt"
				fake.Before = func(called string) error {
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
	fake.Set(func() {
		fake.Wire = func(w servicetest.Secret) servicetest.Secret { w.Sealed = append(w.Sealed, 1); return w }
	})
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
		p, err := dh.New()
		if err != nil {
			t.Fatal(err)
		}
		b := p.Prime()
		b[len(b)-1] -= add
		return b
	}
	for name, key := range map[string]any{
		"no bytes":       "plain",
		"empty":          []byte{},
		"zero":           make([]byte, 128),
		"one":            []byte{1},
		"prime less one": prime(1),
		"prime":          prime(0),
		"too long":       make([]byte, 129),
	} {
		t.Run(name, func(t *testing.T) {
			fake := servicetest.StartService(t, startBus(t))
			fake.Set(func() { fake.PublicKey = func([]byte) any { return key } })
			if _, err := Connect(testContext(t, 5*time.Second), Options{}); !errors.Is(err, ErrNoEncryption) {
				t.Errorf("connect: %v", err)
			}
		})
	}
	t.Run("plain only", func(t *testing.T) {
		fake := servicetest.StartService(t, startBus(t))
		fake.Set(func() {
			fake.Before = func(string) error { return servicetest.Refusal("org.freedesktop.DBus.Error.NotSupported") }
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
			fake.Set(func() {
				fake.Before = func(method string) error {
					if method == "GetSecret" {
						return servicetest.Refusal(name)
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
