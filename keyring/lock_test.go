package keyring

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// onDisk is a ring whose lock is a file, as that of a real keyring.
func onDisk(dir, name string) *Ring {
	return Wrap(struct{ Store }{NewMemory()}, Options{LockDir: dir, Ring: name})
}

func TestLockExcludes(t *testing.T) {
	dir := t.TempDir()
	memory := Wrap(NewMemory(), Options{})
	for name, rings := range map[string][2]*Ring{
		"one ring":            {memory, memory},
		"two of one name":     {onDisk(dir, ""), onDisk(dir, "")},
		"a name with a slash": {onDisk(dir, "../x"), onDisk(dir, "../x")},
	} {
		t.Run(name, func(t *testing.T) {
			inside, most := 0, 0
			var mu sync.Mutex
			var tasks sync.WaitGroup
			for i := range 8 {
				tasks.Go(func() {
					release, err := rings[i%2].Hold(testContext(t))
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					inside++
					most = max(most, inside)
					mu.Unlock()
					time.Sleep(time.Millisecond)
					mu.Lock()
					inside--
					mu.Unlock()
					release()
					release()
				})
			}
			tasks.Wait()
			if most != 1 {
				t.Errorf("%d at once", most)
			}
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestHoldWaitsUnderItsContext(t *testing.T) {
	dir := t.TempDir()
	first, second := onDisk(dir, ""), onDisk(dir, "")
	release, err := first.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for name, ring := range map[string]*Ring{"same ring": first, "other ring": second} {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		if _, err := ring.Hold(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// TestLockAcrossProcesses: this test runs itself as the other process.
func TestLockAcrossProcesses(t *testing.T) {
	if dir := os.Getenv("BOTRING_TEST_LOCK_DIR"); dir != "" {
		if _, err := onDisk(dir, "").Hold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "held"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
	}
	dir := t.TempDir()
	other := exec.CommandContext(testContext(t), os.Args[0], "-test.run=^TestLockAcrossProcesses$")
	other.Env = append(os.Environ(), "BOTRING_TEST_LOCK_DIR="+dir)
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "held")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the other process does not take the lock")
		}
	}
	ring := onDisk(dir, "")
	ring.opts.LockPatience = 50 * time.Millisecond
	var held *HeldError
	if _, err := ring.Hold(testContext(t)); !errors.Is(err, ErrHeld) || !errors.As(err, &held) {
		t.Errorf("after the patience: %v", err)
	}
	if err := ring.Preflight(testContext(t), 100); !errors.Is(err, ErrHeld) {
		t.Errorf("a preflight of what could not be saved: %v", err)
	}
	ring.opts.LockPatience = 0
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	if _, err := ring.Hold(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the other holds it: %v", err)
	}
	// A process that is killed does not take the lock with it.
	_ = other.Process.Kill()
	_ = other.Wait()
	release, err := ring.Hold(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestLockIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	dir := filepath.Join(t.TempDir(), "state", "locks")
	release, err := onDisk(dir, "").Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "botring.lock"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}

func TestLockThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ring := onDisk(filepath.Join(file, "locks"), "")
	for range 2 {
		if _, err := ring.Hold(testContext(t)); is(t, err, ErrUnavailable) != NoLockFile {
			t.Error(err)
		}
	}
}

func TestMemoryTakesNoLockOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	release, err := Wrap(NewMemory(), Options{LockDir: dir}).Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", dir, err)
	}
}

func TestStateDir(t *testing.T) {
	home := func() (string, error) { return "/home/u", nil }
	none := func() (string, error) { return "", errors.New("no home") }
	for _, c := range []struct {
		system string
		env    string
		home   func() (string, error)
		want   string
	}{
		{"linux", "", home, "/home/u/.local/state"},
		{"linux", "XDG_STATE_HOME=/state", none, "/state"},
		{"linux", "XDG_STATE_HOME=relative", home, "/home/u/.local/state"},
		{"linux", "", none, ""},
		{"darwin", "XDG_STATE_HOME=/state", home, "/home/u/Library/Application Support"},
		{"darwin", "", none, ""},
		{"windows", "LocalAppData=C:/Users/u/AppData/Local", none, "C:/Users/u/AppData/Local"},
		{"windows", "", home, ""},
	} {
		getenv := func(key string) string {
			if name, value, _ := strings.Cut(c.env, "="); name == key {
				return value
			}
			return ""
		}
		got, err := stateDir(c.system, getenv, c.home)
		if filepath.ToSlash(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s with %q: %q, %v", c.system, c.env, got, err)
		}
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir, err := LockDir()
	if err != nil || filepath.Base(dir) != "locks" {
		t.Fatalf("%q, %v", dir, err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		t.Error(err)
	}
}
