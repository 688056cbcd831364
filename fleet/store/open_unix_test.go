//go:build unix

package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"botring/fleet/store"
	"botring/internal/testneeds"
)

// TestModesUnderAnyUmask runs itself again with a umask that forbids nothing: the umask is the whole
// process's, and other tests write files.
func TestModesUnderAnyUmask(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_UMASK_DIR"); dir != "" {
		syscall.Umask(0)
		commit(t, open(t, filepath.Join(dir, "a", "b", "catalogue.db")), bot(7))
		checkModes(t, dir)
		return
	}
	testneeds.Again(t, "STORE_TEST_UMASK_DIR="+t.TempDir())
}

// TestNotWritable runs itself again as an unprivileged user, since root may write everything.
func TestNotWritable(t *testing.T) {
	dir := os.Getenv("STORE_TEST_READ_ONLY_DIR")
	if dir != "" {
		for _, path := range []string{
			filepath.Join(dir, "catalogue.db"),           // a directory and a file that cannot be written
			filepath.Join(dir, "new.db"),                 // a file that cannot be made
			filepath.Join(dir, "new", "catalogue.db"),    // a directory that cannot be made
			filepath.Join(dir, "open", "catalogue.db"),   // only the file cannot be written
			filepath.Join(dir, "secret", "catalogue.db"), // a file that cannot even be read
		} {
			_, err := store.Open(t.Context(), path)
			var openErr *store.OpenError
			if !errors.Is(err, store.ErrNotWritable) || !errors.As(err, &openErr) || openErr.Path != path {
				t.Errorf("%s: %v", path, err)
			}
		}
		return
	}
	dir = readOnlyDir(t)
	if os.Getuid() != 0 {
		t.Setenv("STORE_TEST_READ_ONLY_DIR", dir)
		TestNotWritable(t)
		return
	}
	testneeds.AgainAsNobody(t, "STORE_TEST_READ_ONLY_DIR="+dir)
}

// readOnlyDir makes catalogues that only root could write.
func readOnlyDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "botring-read-only-") //nolint:usetesting // its parent is root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(dir, 0o700)
		_ = os.RemoveAll(dir)
	})
	for sub, modes := range map[string][2]os.FileMode{"": {0o555, 0o444}, "open": {0o777, 0o444}, "secret": {0o777, 0}} {
		path := filepath.Join(dir, sub, "catalogue.db")
		s := open(t, path)
		commit(t, s, bot(7))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, modes[1]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Dir(path), modes[0]|0o200); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	return dir
}
