package filelock

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestMain holds a lock in the place of the tests where it is told to: the other process.
func TestMain(m *testing.M) {
	path := os.Getenv("BOTRING_TEST_LOCK")
	if path == "" {
		os.Exit(m.Run())
	}
	if _, err := Take(context.Background(), path, Options{}); err == nil {
		_, _ = os.Stdout.WriteString("held\n")
		time.Sleep(time.Minute)
	}
	os.Exit(1)
}

// heldElsewhere has another process hold the lock of a file until the test ends.
func heldElsewhere(t *testing.T, path string) *os.Process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "BOTRING_TEST_LOCK="+path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the other process does not take the lock: %v", err)
	}
	return cmd.Process
}

func TestPatienceEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	other := heldElsewhere(t, path)
	const patience = 100 * time.Millisecond
	for _, shared := range []bool{false, true} {
		began := time.Now()
		_, err := Take(t.Context(), path, Options{Shared: shared, Patience: patience})
		var held *HeldError
		if took := time.Since(began); !errors.As(err, &held) || took < patience || took > patience+5*time.Second {
			t.Fatalf("%v after %v", err, took)
		}
		if knownHere() && held.Process != other.Pid || held.Stopped {
			t.Errorf("of process %d: %+v", other.Pid, held)
		}
	}
}

// A context that ends is not a lock that is held.
func TestContextEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	heldElsewhere(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var held *HeldError
	if _, err := Take(ctx, path, Options{}); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &held) {
		t.Error(err)
	}
}

func TestSharing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var releases []func()
	for range 2 {
		release, err := Take(t.Context(), path, Options{Shared: true})
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	var held *HeldError
	_, err := Take(t.Context(), path, Options{Patience: 30 * time.Millisecond})
	if !errors.As(err, &held) || held.Process != 0 {
		t.Errorf("one for itself beside two that share: %v", err)
	}
	for _, release := range releases {
		release()
	}
	release, err := Take(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestNoPlaceForTheFile(t *testing.T) {
	began := time.Now()
	_, err := Take(t.Context(), filepath.Join(t.TempDir(), "none", "lock"), Options{})
	if !errors.Is(err, os.ErrNotExist) || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
