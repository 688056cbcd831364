//go:build unix

package agefile

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// childVariable names what a test that runs itself again is to do there.
const childVariable = "AGEFILE_TEST_CHILD"

const nobody = 65534

// command runs this test again in a process of its own, as the given user, with what it is to do.
func command(t *testing.T, as *syscall.SysProcAttr, task string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	must(t, err)
	if as != nil && as.Credential != nil {
		binary = readable(t, binary)
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^"+name+"$", "-test.v")
	// The race detector would have every process sleep for a second at its end.
	cmd.Env = append(os.Environ(), childVariable+"="+task, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = as
	cmd.Dir = os.TempDir()
	return cmd
}

// readable copies the test to where another user can run it: the go tool's own directory is closed.
func readable(t *testing.T, binary string) string {
	t.Helper()
	content, err := os.ReadFile(binary)
	must(t, err)
	path := filepath.Join(openDir(t), "agefile.test")
	must(t, os.WriteFile(path, content, 0o600))
	must(t, os.Chmod(path, 0o755))
	return path
}

// openDir makes a directory that other users may pass.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "botring-agefile-") //nolint:usetesting // its parent is ours alone
	must(t, err)
	t.Cleanup(func() {
		_ = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
			if err == nil && info.IsDir() {
				_ = os.Chmod(path, 0o700)
			}
			return nil
		})
		_ = os.RemoveAll(dir)
	})
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// unprivileged runs this test again as a user who may not write everything, which owns dir by then.
func unprivileged(t *testing.T, dir string) {
	t.Helper()
	var as *syscall.SysProcAttr
	if os.Getuid() == 0 {
		must(t, filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, nobody, nobody)
		}))
		as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	passes(t, command(t, as, dir))
}

// passes runs a test in its own process and expects it to pass.
func passes(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+name) {
		t.Errorf("%v\n%s", err, out)
	}
}
