// Package logfile keeps a log in a file that several processes append to, and that does not grow for ever.
//
// A log is there to help and must never be in the way: it is made when the first record is written, and
// where it cannot be written there is none.
package logfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// maxSize is how large a log grows before it becomes the old one, in bytes. There is one old one.
const maxSize = 1 << 20

// A File is a log. Its methods may be called at the same time. Between writes nothing is open, so there is
// nothing to close, and a rotation by another process is noticed by itself.
type File struct {
	path  string
	works atomic.Bool
}

// New makes a log of the file at path, and touches no disk.
func New(path string) *File { return &File{path: path} }

// Path is where the log is, or "" as long as nothing could be written to it.
func (f *File) Path() string {
	if f == nil || !f.works.Load() {
		return ""
	}
	return f.path
}

// Write appends a record in one write, so that records of other processes stay whole and it does too.
// A record that cannot be written is dropped: the error is for those who ask for it.
func (f *File) Write(record []byte) (int, error) {
	n, err := f.append(record)
	f.works.Store(err == nil)
	if err != nil {
		return n, fmt.Errorf("write log: %w", err)
	}
	return n, nil
}

var errNoFile = errors.New("not a regular file")

func (f *File) append(record []byte) (int, error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return 0, err
	}
	info, err := os.Stat(f.path)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return 0, err
	case err == nil && !info.Mode().IsRegular():
		return 0, errNoFile // opening a pipe would wait for its reader
	case err == nil && info.Size()+int64(len(record)) > maxSize:
		f.rotate()
	}
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := file.Write(record)
	return n, errors.Join(err, file.Close())
}

// rotate makes the log the old one. Where that cannot be done now, the log grows on: another process may
// be about to do it, and on Windows none may have the file open.
func (f *File) rotate() {
	lock := flock.New(f.path+".lock", flock.SetPermissions(0o600))
	defer func() { _ = lock.Close() }()
	if locked, err := lock.TryLock(); err != nil || !locked {
		return
	}
	// It may have been done meanwhile, and the log be a new one.
	if info, err := os.Stat(f.path); err == nil && info.Size() > maxSize/2 {
		_ = os.Rename(f.path, f.path+".1")
	}
}

// DefaultPath is where the operating system wants a program's log: $XDG_STATE_HOME/botring/botring.log,
// ~/Library/Logs/botring/botring.log or %LocalAppData%\botring\botring.log.
func DefaultPath() (string, error) {
	dir, err := logDir(runtime.GOOS, os.Getenv, os.UserHomeDir)
	if err != nil {
		return "", fmt.Errorf("no place for the log: %w", err)
	}
	return filepath.Join(dir, "botring", Name), nil
}

// Name is the log's in its directory.
const Name = "botring.log"

func logDir(system string, getenv func(string) string, home func() (string, error)) (string, error) {
	under := []string{".local", "state"}
	switch system {
	case "windows":
		if dir := getenv("LocalAppData"); dir != "" {
			return dir, nil
		}
		return "", errors.New("%LocalAppData% is not set")
	case "darwin":
		under = []string{"Library", "Logs"}
	default:
		// The XDG specification has relative paths ignored.
		if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
			return dir, nil
		}
	}
	dir, err := home()
	if err != nil {
		return "", err
	}
	return filepath.Join(append([]string{dir}, under...)...), nil
}
