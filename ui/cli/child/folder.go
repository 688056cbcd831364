package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// The names of folders and of the lock in each.
const (
	folderPrefix = "botring-exec-"
	folderLock   = ".lock"
)

// unlockedFor is how old a folder without a lock must be to be nobody's: it takes a moment to lock a new one.
const unlockedFor = time.Minute

// folderTries is how often a folder is made anew that another process has taken for nobody's.
const folderTries = 10

// ErrNoMemory says that no directory is known whose files never reach a disk.
var ErrNoMemory = errors.New("no directory in memory")

// A Folder is a private directory of files, for as long as this process runs.
type Folder struct {
	dir  string
	lock *flock.Flock
}

// NewFolder makes a folder in base, or for "" where files are kept in memory: $XDG_RUNTIME_DIR, whose value is
// runtimeDir, or /dev/shm; ErrNoMemory if neither is that. Folders that processes have left there which were killed
// are removed.
func NewFolder(base, runtimeDir string) (*Folder, error) {
	if base == "" {
		for _, dir := range []string{runtimeDir, "/dev/shm"} {
			if filepath.IsAbs(dir) && inMemory(dir) {
				base = dir
				break
			}
		}
	}
	if base == "" {
		return nil, ErrNoMemory
	}
	sweep(base)
	for range folderTries {
		dir, err := os.MkdirTemp(base, folderPrefix)
		if err != nil {
			return nil, fmt.Errorf("make a private directory: %w", err)
		}
		f := &Folder{dir: dir, lock: flock.New(filepath.Join(dir, folderLock), flock.SetPermissions(0o600))}
		held, err := f.hold()
		if held {
			return f, nil
		}
		if err = errors.Join(err, f.Remove()); err != nil {
			return nil, fmt.Errorf("lock a private directory: %w", err)
		}
	}
	return nil, errors.New("private directories are taken away by other processes")
}

// hold locks the folder, and reports whether it is ours: a process that sweeps may have come upon the lock before it
// was held, and have taken it for one that was left behind.
func (f *Folder) hold() (bool, error) {
	if locked, err := f.lock.TryLock(); err != nil || !locked {
		return false, err
	}
	held, err := f.lock.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(f.lock.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, there), err
}

// Put writes a file that only its owner can read, and returns its path.
func (f *Folder) Put(name, content string) (path string, err error) {
	path = filepath.Join(f.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return "", fmt.Errorf("write a private file: %w", err)
	}
	return path, nil
}

// Remove removes the folder with all that the child may have put into it. Of none there is nothing to remove.
func (f *Folder) Remove() error {
	if f == nil {
		return nil
	}
	err := os.RemoveAll(f.dir)
	return errors.Join(err, f.lock.Close())
}

// sweep removes the folders that nobody has locked. What cannot be removed stays: it may be another user's.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		dir := filepath.Join(base, entry.Name())
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || !strings.HasPrefix(entry.Name(), folderPrefix) || !private(info) {
			continue
		}
		path := filepath.Join(dir, folderLock)
		if _, err := os.Lstat(path); err != nil {
			if time.Since(info.ModTime()) > unlockedFor {
				_ = os.RemoveAll(dir)
			}
			continue
		}
		lock := flock.New(path, flock.SetFlag(os.O_RDWR)) // and not made anew, where it is just being removed
		if locked, err := lock.TryLock(); err == nil && locked {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}
