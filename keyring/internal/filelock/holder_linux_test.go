package filelock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// knownHere reports whether this system lists locks at all, which some containers do not.
func knownHere() bool {
	locks, err := os.ReadFile("/proc/locks")
	return err == nil && strings.Contains(string(locks), "FLOCK")
}

// TestStoppedHolder: a process that was stopped keeps its lock, and gives it back when it is killed.
func TestStoppedHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	other := heldElsewhere(t, path)
	if err := other.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !isStopped(other.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the other process does not stop")
		}
	}
	_, err := Take(t.Context(), path, Options{Patience: 50 * time.Millisecond})
	var held *HeldError
	if !errors.As(err, &held) {
		t.Fatal(err)
	}
	if knownHere() && (held.Process != other.Pid || !held.Stopped) {
		t.Errorf("%+v of process %d", held, other.Pid)
	}
	if err := other.Kill(); err != nil {
		t.Fatal(err)
	}
	release, err := Take(t.Context(), path, Options{})
	if err != nil {
		t.Fatalf("after its holder was killed: %v", err)
	}
	release()
}
