// Package filelock is the lock that processes of one user take on a file. The operating system gives it back
// when its holder dies, and not when it is stopped: so it is waited for no longer than patience lasts, and then
// it is said who has it, as far as the system tells.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

// Patience is how long a lock that another process holds is waited for where nothing else is said. What is done
// under one takes far less.
const Patience = 10 * time.Second

// poll is how often a lock that another process holds is tried again.
const poll = 15 * time.Millisecond

// Options say how a lock is taken.
type Options struct {
	// Shared: others may have it as well, unless they want it for themselves.
	Shared bool
	// Patience bounds the wait where the context does not end sooner: the constant when zero.
	Patience time.Duration
}

// A HeldError says that another process did not give the lock back in time.
type HeldError struct {
	// Process is one that holds it, 0 where the system does not tell.
	Process int
	// Stopped: that process is stopped, and goes on when it is told to.
	Stopped bool
	// Waited is for how long.
	Waited time.Duration
}

// Error says who holds it.
func (e *HeldError) Error() string {
	switch {
	case e.Process == 0:
		return fmt.Sprintf("another process has held the lock for %v", e.Waited)
	case e.Stopped:
		return fmt.Sprintf("process %d holds the lock and is stopped", e.Process)
	default:
		return fmt.Sprintf("process %d has held the lock for %v", e.Process, e.Waited)
	}
}

var errImpatient = errors.New("patience is over")

// Take locks a file, which it makes, and returns what gives the lock back. The file stays: removing it would let
// two processes lock two files of one name. The error is a *HeldError, wraps the context's, or is the operating
// system's.
func Take(ctx context.Context, path string, opts Options) (release func(), err error) {
	if opts.Patience == 0 {
		opts.Patience = Patience
	}
	bounded, cancel := context.WithTimeoutCause(ctx, opts.Patience, errImpatient)
	defer cancel()
	file := flock.New(path, flock.SetPermissions(0o600))
	try := file.TryLockContext
	if opts.Shared {
		try = file.TryRLockContext
	}
	locked, err := try(bounded, poll)
	switch {
	case locked:
		return func() { _ = file.Unlock() }, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(context.Cause(bounded), errImpatient):
		process, stopped := holder(path)
		return nil, &HeldError{Process: process, Stopped: stopped, Waited: opts.Patience}
	}
	return nil, err
}
