package keyring

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 15 * time.Millisecond

// Hold takes the writers' lock of this ring, across processes, and returns what releases it, which may be
// called more than once. Hold it around a read that is followed by a write. It does not nest.
func (r *Ring) Hold(ctx context.Context) (release func(), err error) {
	select {
	case r.writing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the ring's lock: %w", ended(ctx))
	}
	unlock := func() { <-r.writing }
	if r.opts.Kind != KindMemory {
		file, err := r.lockFile(ctx)
		if err != nil {
			unlock()
			return nil, err
		}
		inner := unlock
		// The file stays: removing it would let two writers lock two files of one name.
		unlock = func() { _ = file.Unlock(); inner() }
	}
	var once sync.Once
	return func() { once.Do(unlock) }, nil
}

// lockFile locks the ring's file, waiting for other processes.
func (r *Ring) lockFile(ctx context.Context) (*flock.Flock, error) {
	dir := r.opts.LockDir
	if dir == "" {
		var err error
		if dir, err = LockDir(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unavailable(NoLockFile, err)
	}
	// A ring's name may hold what is special in a path.
	file := flock.New(filepath.Join(dir, url.PathEscape(r.opts.Ring)+".lock"), flock.SetPermissions(0o600))
	locked, err := file.TryLockContext(ctx, lockPoll)
	switch {
	case ctx.Err() != nil && !locked:
		return nil, fmt.Errorf("wait for the ring's lock: %w", ended(ctx))
	case err != nil:
		return nil, unavailable(NoLockFile, err)
	}
	return file, nil
}

// LockDir returns the directory for locks between processes of one user: $XDG_STATE_HOME/botring/locks,
// %LocalAppData%\botring\locks or ~/Library/Application Support/botring/locks. It makes it, readable by
// its owner alone. The error is an *UnavailableError.
func LockDir() (string, error) {
	base, err := stateDir(runtime.GOOS, os.Getenv, os.UserHomeDir)
	if err != nil {
		return "", unavailable(NoLockFile, err)
	}
	dir := filepath.Join(base, "botring", "locks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unavailable(NoLockFile, err)
	}
	return dir, nil
}

// stateDir returns where an operating system wants a program's state that is worth keeping but not moving
// to another machine.
func stateDir(system string, getenv func(string) string, home func() (string, error)) (string, error) {
	switch system {
	case "windows":
		if dir := getenv("LocalAppData"); dir != "" {
			return dir, nil
		}
		return "", errors.New("%LocalAppData% is not set")
	case "darwin":
		dir, err := home()
		if err != nil {
			return "", err
		}
		return filepath.Join(dir, "Library", "Application Support"), nil
	default:
		// The XDG specification has relative paths ignored.
		if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
			return dir, nil
		}
		dir, err := home()
		if err != nil {
			return "", err
		}
		return filepath.Join(dir, ".local", "state"), nil
	}
}
