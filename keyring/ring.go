package keyring

import (
	"context"
	"errors"

	"botring/internal/secret"
)

// Options say which keyring to open. The zero value is the system's own, ring "botring".
type Options struct {
	// Kind is KindSystem ("" means that too) or KindMemory.
	Kind Kind
	// Ring is the service attribute of the items, DefaultRing when empty; --ring NAME makes it "botring-NAME".
	Ring string
	// LockDir is the directory of the lock that writers in several processes take; when empty, one in the
	// user's state directory. KindMemory takes no lock on disk.
	LockDir string
}

// A Ring is an open Store together with what has to be known and done before it can be relied on.
// Its methods may be called at the same time.
type Ring struct {
	Store
}

// Open connects to a keyring. It does not prompt, does not unlock, and starts no daemon; where there is
// no keyring it returns ErrUnavailable and nothing weaker.
func Open(ctx context.Context, opts Options) (*Ring, error) {
	return nil, errors.New("keyring: contract only")
}

// Wrap makes a Ring of any Store: checks of names, sizes and read-back, and the writers' lock are the
// Ring's own, whatever the store.
func Wrap(store Store, opts Options) *Ring { return &Ring{Store: store} }

// Status describes the keyring without prompting.
func (r *Ring) Status(ctx context.Context) (Status, error) { return Status{}, nil }

// Unlock unlocks the keyring, waiting for the user's answer to its prompt as long as ctx allows.
// It returns ErrDenied when the prompt is dismissed and ErrLocked when ctx ends first.
func (r *Ring) Unlock(ctx context.Context) error { return nil }

// Preflight finds out before a login whether its outcome can be saved: the ring is unlocked (prompting if
// need be), a value of size bytes fits, and a probe can be written, read back and deleted.
func (r *Ring) Preflight(ctx context.Context, size int) error { return nil }

// Lock takes the writers' lock of this ring, across processes, and returns what releases it.
// Hold it around a read that is followed by a write.
func (r *Ring) Lock(ctx context.Context) (release func(), err error) { return func() {}, nil }

// Get returns an item's value, or ErrNotFound; a locked ring prompts first.
func (r *Ring) Get(ctx context.Context, name string) (secret.Secret, error) {
	return r.Store.Get(ctx, name)
}

// Close ends the connection to the keyring.
func (r *Ring) Close() error { return nil }
