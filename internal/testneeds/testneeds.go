// Package testneeds is what tests need of the machine: programs, and a user whom rights bind.
package testneeds

import (
	"os"
	"os/exec"
	"testing"
)

// Program finds a program that a test runs. Where there is none the test is skipped, unless the environment says
// that all must be there, as it does in CI: scripts/test.sh installs them.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("BOTRING_REQUIRE_KEYRING") == "1":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return path
}
