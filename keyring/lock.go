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

	"botring/keyring/internal/filelock"
)

// Hold takes the writers' lock of this ring, across processes, and returns what releases it, which may be
// called more than once. Hold it around a read that is followed by a write. It does not nest.
//
// Another process that does not give it back while Options.LockPatience lasts is a *HeldError: it may be stopped,
// and would be waited for until somebody remembers it. Within this process only the context ends the wait, since
// whoever has the lock here is bounded itself.
func (r *Ring) Hold(ctx context.Context) (release func(), err error) {
	select {
	case r.writing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the ring's lock: %w", ended(ctx))
	}
	unlock := func() { <-r.writing }
	if r.opts.Kind != KindMemory {
		giveBack, err := r.lockFile(ctx)
		if err != nil {
			unlock()
			return nil, err
		}
		inner := unlock
		unlock = func() { giveBack(); inner() }
	}
	var once sync.Once
	return func() { once.Do(unlock) }, nil
}

// lockFile locks the ring's file, waiting for other processes.
func (r *Ring) lockFile(ctx context.Context) (release func(), err error) {
	dir := r.opts.LockDir
	if dir == "" {
		if dir, err = LockDir(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unavailable(NoLockFile, err)
	}
	// A ring's name may hold what is special in a path.
	path := filepath.Join(dir, url.PathEscape(r.opts.Ring)+".lock")
	release, err = filelock.Take(ctx, path, filelock.Options{Patience: r.opts.LockPatience})
	switch {
	case err == nil:
		return release, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("wait for the ring's lock: %w", ended(ctx))
	}
	if held := heldError(err); held != nil {
		return nil, held
	}
	return nil, unavailable(NoLockFile, err)
}

// heldError makes the error of a lock that another process holds one of this package's, nil where it is another.
func heldError(err error) error {
	var held *filelock.HeldError
	if !errors.As(err, &held) {
		return nil
	}
	return &HeldError{Process: held.Process, Stopped: held.Stopped, Err: err}
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
