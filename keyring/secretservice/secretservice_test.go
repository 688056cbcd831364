package secretservice

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/keyring/secretservice/servicetest"
)

var tokenItem = Attributes{"service": "botring", "username": "bot/production/1"}

func testContext(t testing.TB, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// connect starts a bus and a fake, and a client of it.
func connect(t *testing.T) (*servicetest.Service, *Client) {
	t.Helper()
	fake := servicetest.StartService(t, startBus(t))
	return fake, connectTo(t)
}

func put(t testing.TB, client *Client, text string) error {
	return client.Put(testContext(t, 10*time.Second), tokenItem, "botring: @x_bot", secret.New(text))
}

func mustPut(t testing.TB, client *Client, text string) {
	t.Helper()
	if err := put(t, client, text); err != nil {
		t.Fatal(err)
	}
}

func mustGet(t testing.TB, client *Client, want string) {
	t.Helper()
	got, err := client.Get(testContext(t, 10*time.Second), tokenItem)
	if err != nil || got.Reveal() != want {
		t.Fatalf("get: %d bytes, %v", got.Len(), err)
	}
}

func TestItemsHaveExactlyOurAttributes(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "one")
	mustPut(t, client, "two")
	mustGet(t, client, "two")
	fake.Set(func() {
		if len(fake.Items) != 1 {
			t.Errorf("%d items after two writes of one name", len(fake.Items))
		}
		for _, item := range fake.Items {
			if !maps.Equal(item.Attributes, tokenItem) || item.Label != "botring: @x_bot" {
				t.Errorf("stored as %q with %v", item.Label, item.Attributes)
			}
		}
	})
	found, err := client.Find(testContext(t, time.Second), Attributes{"service": "botring"})
	if err != nil || len(found) != 1 || !maps.Equal(found[0], tokenItem) {
		t.Errorf("find: %v, %v", found, err)
	}
}

func TestDescribe(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() { fake.Locked = true })
	d, err := client.Describe(testContext(t, time.Second))
	if err != nil || d.Provider != "Secret Service" || d.Collection != "A scripted one" || !d.Locked {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if n := fake.Count("Prompt"); n != 0 {
		t.Errorf("describe prompted %d times", n)
	}
}

func TestNoCollection(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() { fake.NoCollection = true })
	ctx := testContext(t, 5*time.Second)
	_, getErr := client.Get(ctx, tokenItem)
	d, describeErr := client.Describe(ctx)
	for name, err := range map[string]error{
		"get": getErr, "put": put(t, client, "x"), "delete": client.Delete(ctx, tokenItem),
		"unlock": client.Unlock(ctx), "describe": describeErr,
	} {
		if !errors.Is(err, ErrNoCollection) || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d.Provider == "" {
		t.Error("describe does not name the provider")
	}
}

// TestCollectionThatVanished: the alias points to what is no longer there, which is not "no such item".
func TestCollectionThatVanished(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() {
		fake.Before = func(method string) error {
			if method == "Get Locked" || method == "CreateItem" {
				return servicetest.Refusal("org.freedesktop.DBus.Error.UnknownMethod")
			}
			return nil
		}
	})
	if err := put(t, client, "x"); !errors.Is(err, ErrNoCollection) {
		t.Errorf("put: %v", err)
	}
	if _, err := client.Get(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrNoCollection) || errors.Is(err, ErrNotFound) {
		t.Errorf("get: %v", err)
	}
}

func TestReadBack(t *testing.T) {
	for name, spoil := range map[string]func(*servicetest.Service){
		"other value": func(f *servicetest.Service) {
			f.Keep = func(i *servicetest.Item) *servicetest.Item { i.Text += "x"; return i }
		},
		"old value": func(f *servicetest.Service) {
			f.Keep = func(i *servicetest.Item) *servicetest.Item { i.Text = "old"; return i }
		},
		"empty": func(f *servicetest.Service) {
			f.Keep = func(i *servicetest.Item) *servicetest.Item { i.Text = ""; return i }
		},
		"short vector": func(f *servicetest.Service) {
			f.Wire = func(w servicetest.Secret) servicetest.Secret { w.Vector = w.Vector[:3]; return w }
		},
		"no vector": func(f *servicetest.Service) {
			f.Wire = func(w servicetest.Secret) servicetest.Secret { w.Vector = nil; return w }
		},
		"short secret": func(f *servicetest.Service) {
			f.Wire = func(w servicetest.Secret) servicetest.Secret { w.Sealed = w.Sealed[:15]; return w }
		},
		"no secret": func(f *servicetest.Service) {
			f.Wire = func(w servicetest.Secret) servicetest.Secret { w.Sealed = nil; return w }
		},
		"wrong padding": func(f *servicetest.Service) {
			f.Wire = func(w servicetest.Secret) servicetest.Secret { w.Vector[15] ^= 0xF0; return w }
		},
		"vanished": func(f *servicetest.Service) {
			f.Before = func(method string) error {
				if method == "GetSecret" {
					return servicetest.Refusal("org.freedesktop.DBus.Error.UnknownMethod")
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			fake.Set(func() { spoil(fake) })
			if err := put(t, client, "new"); !errors.Is(err, ErrReadBack) {
				t.Errorf("put: %v", err)
			}
		})
	}
}

func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	_, client := connect(t)
	mustPut(t, client, "x")
	for range 2 {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := put(t, client, "y"); !errors.Is(err, ErrGone) {
		t.Errorf("put after close: %v", err)
	}
	// The fake has its own; ours are godbus's two and whatever a call left behind.
	eventually(t, "goroutines to end", func() bool { return runtime.NumGoroutine() < before+12 })
}

// TestTwoItemsOfOneName: the newest in the default collection is the one that counts, all are deleted.
func TestTwoItemsOfOneName(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() {
		// The fake tells the length of a text as the time it was written.
		fake.Items["/elsewhere/1"] = &servicetest.Item{Attributes: tokenItem, Text: "elsewhere, and written last of all"}
		fake.Items[servicetest.Collection+"/1"] = &servicetest.Item{Attributes: tokenItem, Text: "older"}
		fake.Items[servicetest.Collection+"/2"] = &servicetest.Item{Attributes: tokenItem, Text: "written later"}
	})
	for range 5 {
		mustGet(t, client, "written later")
	}
	err := client.Delete(testContext(t, time.Second), tokenItem)
	fake.Set(func() {
		if err != nil || len(fake.Items) != 0 {
			t.Errorf("delete: %v, %d items left", err, len(fake.Items))
		}
	})
}
