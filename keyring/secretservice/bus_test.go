package secretservice

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/keyring/secretservice/servicetest"
)

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
			client, err := Connect(testContext(t, 5*time.Second), Options{})
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
	bus := startBus(t)
	servicetest.StartService(t, bus)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Dir(strings.TrimPrefix(bus.Address, "unix:path=")))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	client, err := Connect(testContext(t, 5*time.Second), Options{})
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
	_, err = Connect(testContext(t, 100*time.Millisecond), Options{})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("connect: %v after %v", err, time.Since(began))
	}
}

func TestNoService(t *testing.T) {
	startBus(t)
	if _, err := Connect(testContext(t, 5*time.Second), Options{}); !errors.Is(err, ErrNoService) {
		t.Errorf("connect: %v", err)
	}
}

// TestDeathOfTheService: whatever dies before a write is made good by asking its successor; a write that
// may have arrived is reported as gone.
func TestDeathOfTheService(t *testing.T) {
	t.Run("between operations", func(t *testing.T) {
		fake, client := connect(t)
		mustPut(t, client, "x")
		fake.Restart()
		mustGet(t, client, "x")
		fake.Restart()
		mustPut(t, client, "y")
		mustGet(t, client, "y")
	})
	t.Run("session forgotten", func(t *testing.T) {
		fake, client := connect(t)
		mustPut(t, client, "x")
		fake.Forget()
		mustGet(t, client, "x")
		fake.Forget()
		mustPut(t, client, "y")
	})
	t.Run("for good", func(t *testing.T) {
		fake, client := connect(t)
		mustPut(t, client, "x")
		fake.Die()
		if err := put(t, client, "y"); !errors.Is(err, ErrNoService) {
			t.Errorf("put: %v", err)
		}
	})
	for _, during := range []string{"SearchItems", "GetSecret"} {
		t.Run("in a read during "+during, func(t *testing.T) {
			fake, client := connect(t)
			mustPut(t, client, "x")
			var once sync.Once
			fake.Set(func() {
				fake.Before = func(method string) error {
					if method == during {
						once.Do(func() { fake.Restart() })
					}
					return nil
				}
			})
			mustGet(t, client, "x")
		})
	}
	for name, kill := range map[string]func(*servicetest.Service){
		"in a write": func(f *servicetest.Service) {
			f.After = func(method string) {
				if method == "CreateItem" {
					f.Die()
				}
			}
		},
		"between write and read-back": func(f *servicetest.Service) {
			f.Before = func(method string) error {
				if method == "SearchItems" {
					f.Die()
				}
				return nil
			}
		},
		"between write and read-back, with a successor": func(f *servicetest.Service) {
			var once sync.Once
			f.Before = func(method string) error {
				if method == "GetSecret" {
					once.Do(func() { f.Restart() })
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			fake.Set(func() { kill(fake) })
			if err := put(t, client, "y"); !errors.Is(err, ErrGone) {
				t.Errorf("put: %v", err)
			}
			if n := fake.Count("CreateItem"); n != 1 {
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
	if n := fake.Count("OpenSession"); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

// TestServiceThatTheBusStarts: that is how desktops start gnome-keyring. One that was not unlocked by a
// login has no collection, which is told from having no keyring at all.
func TestServiceThatTheBusStarts(t *testing.T) {
	daemon, err := exec.LookPath("gnome-keyring-daemon")
	if err != nil {
		servicetest.Skip(t, "gnome-keyring is not installed")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("XDG_DATA_HOME", "")
	startBus(t, daemon, "--start", "--foreground", "--components=secrets")
	client, err := Connect(testContext(t, 10*time.Second), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	d, err := client.Describe(testContext(t, 5*time.Second))
	if !errors.Is(err, ErrNoCollection) || d.Provider != "gnome-keyring" {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if err := put(t, client, "x"); !errors.Is(err, ErrNoCollection) {
		t.Errorf("put: %v", err)
	}
}

func TestServiceThatDoesNotStart(t *testing.T) {
	startBus(t, "/bin/false")
	if _, err := Connect(testContext(t, 5*time.Second), Options{}); !errors.Is(err, ErrNoService) {
		t.Errorf("one that fails: %v", err)
	}
	startBus(t, "/bin/sleep", "30")
	began := time.Now()
	_, err := Connect(testContext(t, 100*time.Millisecond), Options{})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("one that hangs: %v after %v", err, time.Since(began))
	}
}

func TestSockets(t *testing.T) {
	for address, want := range map[string][]string{
		"unix:path=/run/user/1000/bus":                    {"/run/user/1000/bus"},
		"unix:path=/run/user/1000/bus,guid=abc":           {"/run/user/1000/bus"},
		"unix:abstract=/tmp/dbus-x,guid=abc":              {"@/tmp/dbus-x"},
		"unix:path=/a%20b;tcp:host=x,port=1;unix:path=/c": {"/a b", "/c"},
		"unix:tmpdir=/tmp":                                nil,
		"autolaunch:":                                     nil,
		"":                                                nil,
		"unix:path=%":                                     nil,
	} {
		if got := sockets(address); !slices.Equal(got, want) {
			t.Errorf("%q names %q, not %q", address, got, want)
		}
	}
}

func FuzzSockets(f *testing.F) {
	f.Add("unix:path=/run/user/1000/bus,guid=abc;unix:abstract=%2ftmp")
	f.Fuzz(func(t *testing.T, address string) {
		for _, name := range sockets(address) {
			if name == "" || name == "@" {
				t.Errorf("an empty socket in %q", address)
			}
		}
	})
}
