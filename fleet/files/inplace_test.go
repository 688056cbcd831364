//go:build unix

package files

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"botring/internal/testneeds"
)

// laid writes a file into a folder of its own.
func laid(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bot.env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantFile(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != text {
		t.Errorf("%s: %q, %v, want %q", filepath.Base(path), data, err, text)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode() != mode {
		t.Errorf("%s: %v, %v, want %v", filepath.Base(path), info.Mode(), err, mode)
	}
}

// wantAlone wants nothing in a folder but what is named.
func wantAlone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) {
		t.Errorf("%v, %v, want %v", entries, err, names)
	}
}

// A file keeps its mode, and what it was is beside it for its owner alone.
func TestReplaceInPlace(t *testing.T) {
	path := laid(t, "old")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := OpenInPlace(path)
	if err != nil || string(file.Data) != "old" {
		t.Fatalf("%q, %v", file.Data, err)
	}
	backup, err := file.Replace([]byte("new"), false)
	if err != nil || backup != path+BackupEnding {
		t.Fatal(backup, err)
	}
	wantFile(t, path, "new", 0o644)
	wantFile(t, backup, "old", 0o600)
	wantAlone(t, filepath.Dir(path), path, backup)

	// Again: the backup stays, unless it is to go.
	if file, err = OpenInPlace(path); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Replace([]byte("newer"), false); !errors.Is(err, ErrBackupThere) {
		t.Errorf("over a backup: %v", err)
	}
	wantFile(t, path, "new", 0o644)
	wantFile(t, backup, "old", 0o600)
	if _, err := file.Replace([]byte("newer"), true); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "newer", 0o644)
	wantFile(t, backup, "new", 0o600)
	wantAlone(t, filepath.Dir(path), path, backup)
}

// The owner stays who it was.
func TestReplaceKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	path := laid(t, "old")
	switch err := os.Chown(path, 1234, 2345); {
	case errors.Is(err, syscall.EINVAL):
		t.Skip("this user namespace has no such users (user_namespaces(7))")
	case err != nil:
		t.Fatal(err)
	}
	file, err := OpenInPlace(path)
	if err == nil {
		_, err = file.Replace([]byte("new"), false)
	}
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 1234 || stat.Gid != 2345 {
		t.Errorf("%d:%d", stat.Uid, stat.Gid)
	}
}

// What somebody else wrote meanwhile is never lost, also where size and time are the same.
func TestReplaceWhatHasChanged(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, path string, was fs.FileInfo) error{
		"written": func(_ *testing.T, path string, _ fs.FileInfo) error {
			return os.WriteFile(path, []byte("theirs"), 0o600)
		},
		"at the same time": func(_ *testing.T, path string, was fs.FileInfo) error {
			return errors.Join(os.WriteFile(path, []byte("OLD"), 0o600), os.Chtimes(path, was.ModTime(), was.ModTime()))
		},
		"another file": func(t *testing.T, path string, was fs.FileInfo) error {
			other := laid(t, "old")
			return errors.Join(os.Chtimes(other, was.ModTime(), was.ModTime()), os.Rename(other, path))
		},
		"a link": func(t *testing.T, path string, _ fs.FileInfo) error {
			return errors.Join(os.Remove(path), os.Symlink(laid(t, "old"), path))
		},
		"its mode": func(_ *testing.T, path string, _ fs.FileInfo) error { return os.Chmod(path, 0o640) },
		"gone":     func(_ *testing.T, path string, _ fs.FileInfo) error { return os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := laid(t, "old")
			was, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			file, err := OpenInPlace(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := change(t, path, was); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			if _, err := file.Replace([]byte("new"), false); !errors.Is(err, ErrChangedMeanwhile) && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
				t.Errorf("%q became %q", before, after)
			}
			if _, err := os.Lstat(path + BackupEnding); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a backup: %v", err)
			}
		})
	}
}

func TestOpenInPlace(t *testing.T) {
	path := laid(t, "old")
	dir := filepath.Dir(path)
	within, out, pipe, name := filepath.Join(dir, "within"), filepath.Join(t.TempDir(), "out"), filepath.Join(dir, "pipe"), filepath.Join(dir, "name")
	err := errors.Join(os.Symlink("bot.env", within), os.Symlink(path, out), syscall.Mkfifo(pipe, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if file, err := OpenInPlace(within); err != nil || filepath.Base(file.Path) != "bot.env" {
		t.Errorf("a link within the folder: %s, %v", file.Path, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for what, test := range map[string]struct {
			path string
			want error
		}{
			"a link out": {out, ErrLinkOut}, "a pipe": {pipe, ErrNotRegular}, "a folder": {dir, ErrNotRegular},
			"nothing": {filepath.Join(dir, "nothing"), fs.ErrNotExist},
		} {
			if _, err := OpenInPlace(test.path); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", what, err, test.want)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for a pipe")
	}
	if err := os.Link(path, name); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenInPlace(path); !errors.Is(err, ErrSeveralNames) {
		t.Errorf("hard links: %v", err)
	}
	if err := errors.Join(os.Remove(name), os.Truncate(path, MaxRewritten+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenInPlace(path); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large file: %v", err)
	}
}

// In a folder where nothing can be made the file stays what it was. One that may be written and not read is no reason to
// say of what was done that it was not.
func TestReplaceWithoutTheRight(t *testing.T) {
	if os.Getuid() == 0 {
		testneeds.AgainAsNobody(t) // root may do everything
		return
	}
	for _, c := range []struct {
		rights fs.FileMode
		err    error
		leaves string
	}{{0o500, fs.ErrPermission, "old"}, {0o300, nil, "new"}} {
		path := laid(t, "old")
		file, err := OpenInPlace(path)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(path)
		if err := os.Chmod(dir, c.rights); err != nil {
			t.Fatal(err)
		}
		_, err = file.Replace([]byte("new"), false)
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%o: %v", c.rights, err)
		}
		wantFile(t, path, c.leaves, 0o600)
		if c.err != nil {
			wantAlone(t, dir, path)
		}
	}
}
