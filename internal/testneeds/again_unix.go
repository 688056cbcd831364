//go:build unix

package testneeds

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is the user and group that has no rights but everybody's.
const nobody = 65534

// Again runs the calling test in a process of its own, with something more in its environment.
func Again(t *testing.T, environ ...string) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run(t, binary, nil, environ)
}

// AgainAsNobody is Again as a user who may not write everything, which root may.
func AgainAsNobody(t *testing.T, environ ...string) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The go tool's own directory is root's alone.
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "botring-test-") //nolint:usetesting // the parents of a t.TempDir are ours alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // others are to run what is in it
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "again.test")
	if err := os.WriteFile(binary, data, 0o755); err != nil { //nolint:gosec // others are to run it
		t.Fatal(err)
	}
	run(t, binary, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, environ)
}

func run(t *testing.T, binary string, as *syscall.SysProcAttr, environ []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), environ...)
	cmd.SysProcAttr = as
	cmd.Dir = os.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}
