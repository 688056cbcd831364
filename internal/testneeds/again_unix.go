//go:build unix

package testneeds

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nobody is the user and group that has no rights but everybody's.
const Nobody = 65534

// Again runs the calling test in a process of its own, with something more in its environment.
func Again(t *testing.T, environ ...string) {
	t.Helper()
	Passes(t, Command(t, nil, environ...))
}

// AgainAsNobody is Again as a user who may not write everything, which root may.
func AgainAsNobody(t *testing.T, environ ...string) {
	t.Helper()
	Passes(t, Command(t, AsNobody(), environ...))
}

// AsNobody is what has a process run as Nobody.
func AsNobody() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: Nobody, Gid: Nobody}}
}

// Command is the calling test, the whole of it, in a process of its own that has not been started, as another user where as
// names one.
func Command(t *testing.T, as *syscall.SysProcAttr, environ ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if as != nil && as.Credential != nil {
		binary = readable(t, binary)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^"+whole(t)+"$", "-test.v")
	// The race detector would have every process sleep for a second at its end.
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0"), environ...)
	cmd.SysProcAttr = as
	cmd.Dir = os.TempDir()
	return cmd
}

// Passes runs a test in its own process and expects it to pass.
func Passes(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+whole(t)) {
		t.Errorf("%v\n%s", err, out)
	}
}

// whole is the test's name without that of a part of it.
func whole(t *testing.T) string {
	name, _, _ := strings.Cut(t.Name(), "/")
	return name
}

// readable copies the test to where another user can run it: the go tool's own directory is closed, and so are the parents of
// a t.TempDir.
func readable(t *testing.T, binary string) string {
	t.Helper()
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "botring-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // others are to run what is in it
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "again.test")
	if err := errors.Join(os.WriteFile(copied, data, 0o600), os.Chmod(copied, 0o755)); err != nil { //nolint:gosec // others are to run it, whatever the umask
		t.Fatal(err)
	}
	return copied
}
