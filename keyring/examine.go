package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrCannotSee says that this operating system, or what it lets us see of other processes, does not tell.
var ErrCannotSee = errors.New("other keyring programs cannot be seen")

// Probe writes a value of size bytes, reads it back, deletes it, and says how long that took. Unlike
// Preflight it never relies on an earlier write and never prompts: a locked keyring is ErrLocked, and so are
// encrypted files that do not exist yet.
func (r *Ring) Probe(ctx context.Context, size int) (took time.Duration, err error) {
	status, err := r.Status(ctx)
	switch {
	case err != nil:
		return 0, err
	case status.Locked || status.New:
		return 0, fmt.Errorf("probe: %w", &LockedError{})
	}
	began := time.Now()
	if err := r.probe(ctx, probeName(began, status.CanList), size); err != nil {
		return time.Since(began), fmt.Errorf("probe: %w", err)
	}
	return time.Since(began), nil
}

// A Bus is the D-Bus session that the system's keyring is asked over.
type Bus struct {
	// Needed: this operating system's keyring is reached over it. Otherwise the rest is empty.
	Needed bool
	// Address is where it is, as D-Bus writes it, "" where that is not known.
	Address string
}

// SessionBus says whether a D-Bus session is needed, and connects to it. The error is an *UnavailableError
// with the reason NoSessionBus.
func SessionBus(ctx context.Context) (Bus, error) { return sessionBus(ctx) }

// A Daemon is a gnome-keyring of this user's.
type Daemon struct {
	Process int
	// Certain: it works on the same files as the one asked about. Otherwise it was not to be seen where its
	// files are.
	Certain bool
}

// Rivals finds other gnome-keyring daemons of this user's that work on the files of the one with that process
// id, or may do so, in ascending order of their ids. Two of them lose what they store: each one writes the
// whole file as it remembers it. Where processes cannot be seen it returns ErrCannotSee.
func Rivals(ctx context.Context, process int) ([]Daemon, error) { return rivals(ctx, "/proc", process) }
