package secretservice

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
)

var tokenItem = Attributes{"service": "botring", "username": "bot/production/1"}

func testContext(t testing.TB, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// connect starts a bus and a fake, and a client of it.
func connect(t *testing.T) (*fakeService, *Client) {
	t.Helper()
	fake := startFake(t, startBus(t))
	client, err := Connect(testContext(t, 10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return fake, client
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
	fake.set(func() {
		if len(fake.items) != 1 {
			t.Errorf("%d items after two writes of one name", len(fake.items))
		}
		for _, item := range fake.items {
			if !maps.Equal(item.attributes, tokenItem) || item.label != "botring: @x_bot" {
				t.Errorf("stored as %q with %v", item.label, item.attributes)
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
	fake.set(func() { fake.locked = true })
	d, err := client.Describe(testContext(t, time.Second))
	if err != nil || d.Provider != "Secret Service" || d.Collection != "A fake" || !d.Locked {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if n := fake.count("Prompt"); n != 0 {
		t.Errorf("describe prompted %d times", n)
	}
}

// TestNoBus covers every way in which there is no bus, and that none of them starts one.
func TestNoBus(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	listener, err := net.Listen("unix", closed)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = listener.Close()
	// A dbus-launch that tells on whoever calls it.
	bin, mark := t.TempDir(), filepath.Join(t.TempDir(), "launched")
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte("#!/bin/sh\ntouch "+mark+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	for name, env := range map[string][2]string{
		"nothing set":        {"", ""},
		"no socket":          {"", t.TempDir()},
		"path not there":     {"unix:path=/nonexistent/bus", ""},
		"nobody listens":     {"unix:path=" + closed, ""},
		"autolaunch":         {"autolaunch:", ""},
		"disabled":           {"disabled:", ""},
		"network":            {"tcp:host=127.0.0.1,port=1", ""},
		"program":            {"unixexec:path=/bin/false", ""},
		"nonsense":           {"%zz;;=,unix:path", ""},
		"several, none good": {"unix:path=/nonexistent/a;unix:abstract=/nonexistent/b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", env[0])
			t.Setenv("XDG_RUNTIME_DIR", env[1])
			client, err := Connect(testContext(t, 5*time.Second))
			if !errors.Is(err, ErrNoBus) {
				t.Errorf("connect: %v, %v", client, err)
			}
			if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != env[0] {
				t.Error("the environment was changed")
			}
		})
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("dbus-launch was called")
	}
}

func TestBusInTheRuntimeDirectory(t *testing.T) {
	address := startBus(t)
	startFake(t, address)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Dir(address[len("unix:path="):]))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	client, err := Connect(testContext(t, 5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	_ = client.Close()
}

func TestBusThatIsMute(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "mute")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	began := time.Now()
	_, err = Connect(testContext(t, 100*time.Millisecond))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("connect: %v after %v", err, time.Since(began))
	}
}

func TestNoService(t *testing.T) {
	startBus(t)
	if _, err := Connect(testContext(t, 5*time.Second)); !errors.Is(err, ErrNoService) {
		t.Errorf("connect: %v", err)
	}
}

func TestNoCollection(t *testing.T) {
	fake, client := connect(t)
	fake.set(func() { fake.noCollection = true })
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
	fake.set(func() {
		fake.before = func(method string) *dbus.Error {
			if method == "Get Locked" || method == "CreateItem" {
				return fault("org.freedesktop.DBus.Error.UnknownMethod")
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

func TestPrompts(t *testing.T) {
	for name, c := range map[string]struct {
		answer promptAnswer
		want   []error
	}{
		"accepted":   {promptAccepted, nil},
		"dismissed":  {promptDismissed, []error{ErrDenied}},
		"unanswered": {promptUnanswered, []error{ErrLocked, context.DeadlineExceeded}},
		"death":      {promptDeath, []error{ErrGone}},
	} {
		t.Run(name, func(t *testing.T) {
			for operation, call := range map[string]func(context.Context, *Client) error{
				"unlock": func(ctx context.Context, client *Client) error { return client.Unlock(ctx) },
				"get": func(ctx context.Context, client *Client) error {
					_, err := client.Get(ctx, tokenItem)
					return err
				},
				"put": func(ctx context.Context, client *Client) error {
					return client.Put(ctx, tokenItem, "", secret.New("new"))
				},
				"delete": func(ctx context.Context, client *Client) error { return client.Delete(ctx, tokenItem) },
				"find": func(ctx context.Context, client *Client) error {
					found, err := client.Find(ctx, tokenItem)
					if err == nil && len(found) != 1 {
						err = errors.New("nothing found")
					}
					return err
				},
			} {
				t.Run(operation, func(t *testing.T) {
					fake, client := connect(t)
					mustPut(t, client, "old")
					fake.set(func() { fake.locked, fake.hideLocked, fake.answer = true, true, c.answer })
					limit := 5 * time.Second
					if c.answer == promptUnanswered {
						limit = 150 * time.Millisecond
					}
					began := time.Now()
					err := call(testContext(t, limit), client)
					if c.want == nil && err != nil {
						t.Error(err)
					}
					for _, want := range c.want {
						if !errors.Is(err, want) {
							t.Errorf("not %v: %v", want, err)
						}
					}
					if took := time.Since(began); took > 2*time.Second {
						t.Errorf("took %v", took)
					}
					if n := fake.count("Prompt"); n != 1 {
						t.Errorf("%d prompts", n)
					}
					fake.mu.Lock()
					defer fake.mu.Unlock()
					if len(fake.items) != 1 && (c.answer != promptAccepted || operation != "delete") {
						t.Error("the item is gone")
					}
				})
			}
		})
	}
}

// TestManyWaitForOnePrompt: ten reads of a locked keyring show one prompt.
func TestManyWaitForOnePrompt(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	fake.set(func() { fake.locked, fake.hideLocked = true, true })
	var tasks sync.WaitGroup
	for range 10 {
		tasks.Go(func() { mustGet(t, client, "x") })
	}
	tasks.Wait()
	if n := fake.count("Prompt"); n != 1 {
		t.Errorf("%d prompts", n)
	}
}

// TestPromptsOfWrites: KeePassXC may ask before it writes or deletes, and what is dismissed has not happened.
func TestPromptsOfWrites(t *testing.T) {
	fake, client := connect(t)
	fake.set(func() { fake.writePrompts, fake.answer = true, promptDismissed })
	if err := put(t, client, "x"); !errors.Is(err, ErrDenied) {
		t.Errorf("put, dismissed: %v", err)
	}
	fake.set(func() { fake.answer = promptAccepted })
	mustPut(t, client, "x")
	mustGet(t, client, "x")
	fake.set(func() { fake.answer = promptDismissed })
	if err := client.Delete(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrDenied) {
		t.Errorf("delete, dismissed: %v", err)
	}
	mustGet(t, client, "x")
	fake.set(func() { fake.answer = promptUnanswered })
	err := client.Put(testContext(t, 100*time.Millisecond), tokenItem, "", secret.New("y"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("put, unanswered: %v", err)
	}
	fake.set(func() { fake.answer = promptDeath })
	began := time.Now()
	if err := put(t, client, "y"); !errors.Is(err, ErrGone) || time.Since(began) > time.Second {
		t.Errorf("put, death: %v after %v", err, time.Since(began))
	}
}

func TestReadBack(t *testing.T) {
	for name, spoil := range map[string]func(*fakeService){
		"other value":   func(f *fakeService) { f.store = func(text string) string { return text + "x" } },
		"old value":     func(f *fakeService) { f.store = func(string) string { return "old" } },
		"empty":         func(f *fakeService) { f.store = func(string) string { return "" } },
		"short vector":  func(f *fakeService) { f.wire = func(w wireSecret) wireSecret { w.Vector = w.Vector[:3]; return w } },
		"no vector":     func(f *fakeService) { f.wire = func(w wireSecret) wireSecret { w.Vector = nil; return w } },
		"short secret":  func(f *fakeService) { f.wire = func(w wireSecret) wireSecret { w.Sealed = w.Sealed[:15]; return w } },
		"no secret":     func(f *fakeService) { f.wire = func(w wireSecret) wireSecret { w.Sealed = nil; return w } },
		"wrong padding": func(f *fakeService) { f.wire = func(w wireSecret) wireSecret { w.Vector[15] ^= 0xF0; return w } },
		"vanished": func(f *fakeService) {
			f.before = func(method string) *dbus.Error {
				if method == "GetSecret" {
					return fault("org.freedesktop.DBus.Error.UnknownMethod")
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			fake.set(func() { spoil(fake) })
			if err := put(t, client, "new"); !errors.Is(err, ErrReadBack) {
				t.Errorf("put: %v", err)
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

// TestDeathOfTheService: whatever dies before a write is made good by asking its successor; a write that
// may have arrived is reported as gone.
func TestDeathOfTheService(t *testing.T) {
	t.Run("between operations", func(t *testing.T) {
		fake, client := connect(t)
		mustPut(t, client, "x")
		fake.restart()
		mustGet(t, client, "x")
		fake.restart()
		mustPut(t, client, "y")
		mustGet(t, client, "y")
	})
	t.Run("session forgotten", func(t *testing.T) {
		fake, client := connect(t)
		mustPut(t, client, "x")
		fake.set(func() { clear(fake.sessions) })
		mustGet(t, client, "x")
		fake.set(func() { clear(fake.sessions) })
		mustPut(t, client, "y")
	})
	t.Run("for good", func(t *testing.T) {
		fake, client := connect(t)
		mustPut(t, client, "x")
		fake.die()
		if err := put(t, client, "y"); !errors.Is(err, ErrNoService) {
			t.Errorf("put: %v", err)
		}
	})
	for _, during := range []string{"SearchItems", "GetSecret"} {
		t.Run("in a read during "+during, func(t *testing.T) {
			fake, client := connect(t)
			mustPut(t, client, "x")
			var once sync.Once
			fake.set(func() {
				fake.before = func(method string) *dbus.Error {
					if method == during {
						once.Do(func() { fake.restart() })
					}
					return nil
				}
			})
			mustGet(t, client, "x")
		})
	}
	for name, kill := range map[string]func(*fakeService){
		"in a write": func(f *fakeService) { f.after = func(string) { f.die() } },
		"between write and read-back": func(f *fakeService) {
			f.before = func(method string) *dbus.Error {
				if method == "SearchItems" {
					f.die()
				}
				return nil
			}
		},
		"between write and read-back, with a successor": func(f *fakeService) {
			var once sync.Once
			f.before = func(method string) *dbus.Error {
				if method == "GetSecret" {
					once.Do(func() { f.restart() })
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			fake.set(func() { kill(fake) })
			if err := put(t, client, "y"); !errors.Is(err, ErrGone) {
				t.Errorf("put: %v", err)
			}
			if n := fake.count("CreateItem"); n != 1 {
				t.Errorf("%d writes", n)
			}
		})
	}
}

func TestDeathOfTheBus(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	client.link.close()
	mustGet(t, client, "x")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	client.link.close()
	if _, err := client.Get(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrNoBus) {
		t.Errorf("get: %v", err)
	}
	if n := fake.count("OpenSession"); n != 2 {
		t.Errorf("%d sessions", n)
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
			if _, err := Connect(testContext(t, 5*time.Second)); !errors.Is(err, ErrNoEncryption) {
				t.Errorf("connect: %v", err)
			}
		})
	}
	t.Run("plain only", func(t *testing.T) {
		fake := startFake(t, startBus(t))
		fake.set(func() {
			fake.before = func(string) *dbus.Error { return fault("org.freedesktop.DBus.Error.NotSupported") }
		})
		if _, err := Connect(testContext(t, 5*time.Second)); !errors.Is(err, ErrNoEncryption) {
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

// TestTwoItemsOfOneName: the newest in the default collection is the one that counts, all are deleted.
func TestTwoItemsOfOneName(t *testing.T) {
	fake, client := connect(t)
	fake.set(func() {
		// The fake tells the length of a text as the time it was written.
		fake.items["/elsewhere/1"] = &fakeItem{attributes: tokenItem, text: "elsewhere, and written last of all"}
		fake.items[fakeItems+"1"] = &fakeItem{attributes: tokenItem, text: "older"}
		fake.items[fakeItems+"2"] = &fakeItem{attributes: tokenItem, text: "written later"}
	})
	for range 5 {
		mustGet(t, client, "written later")
	}
	err := client.Delete(testContext(t, time.Second), tokenItem)
	fake.set(func() {
		if err != nil || len(fake.items) != 0 {
			t.Errorf("delete: %v, %d items left", err, len(fake.items))
		}
	})
}

// TestItemsLockedByThemselves: KeePassXC asks about each item though the database is open.
func TestItemsLockedByThemselves(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	lock := func(answer promptAnswer) {
		fake.set(func() {
			fake.answer = answer
			for _, item := range fake.items {
				item.locked = true
			}
		})
	}
	lock(promptAccepted)
	mustGet(t, client, "x")
	lock(promptAccepted)
	entries, err := client.GetAll(testContext(t, time.Second), Attributes{"service": "botring"})
	if err != nil || len(entries) != 1 || entries[0].Secret.Reveal() != "x" {
		t.Errorf("get all: %d, %v", len(entries), err)
	}
	lock(promptDismissed)
	if _, err := client.Get(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrDenied) {
		t.Errorf("get, dismissed: %v", err)
	}
}

// TestLockedInBetween: somebody locks the collection after we looked and before we write.
func TestLockedInBetween(t *testing.T) {
	fake, client := connect(t)
	var once sync.Once
	fake.set(func() {
		fake.before = func(method string) *dbus.Error {
			if method == "CreateItem" {
				once.Do(func() { fake.set(func() { fake.locked = true }) })
			}
			return nil
		}
	})
	mustPut(t, client, "x")
	mustGet(t, client, "x")
	if n := fake.count("Prompt"); n != 1 {
		t.Errorf("%d prompts", n)
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
