//go:build unix

package logfile

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe without a reader would hold up whoever opens it.
func TestAPipeIsNoLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	f := New(path)
	if _, err := f.Write([]byte("x\n")); err == nil || f.Path() != "" {
		t.Errorf("%v, %q", err, f.Path())
	}
}
