//go:build unix

package agefile

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"botring/internal/testneeds"
)

// childVariable names what a test that runs itself again is to do there.
const childVariable = "AGEFILE_TEST_CHILD"

// command runs this test again in a process of its own, as the given user, with what it is to do.
func command(t *testing.T, as *syscall.SysProcAttr, task string) *exec.Cmd {
	t.Helper()
	return testneeds.Command(t, as, childVariable+"="+task)
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
			return os.Lchown(path, testneeds.Nobody, testneeds.Nobody)
		}))
		as = testneeds.AsNobody()
	}
	testneeds.Passes(t, command(t, as, dir))
}
