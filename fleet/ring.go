package fleet

import (
	"context"
	"errors"
	"sync"
	"time"

	"botring/keyring"
)

type openRing func(context.Context) (*keyring.Ring, error)

// openingTakes bounds the opening of a keyring, which prompts for nothing.
const openingTakes = 30 * time.Second

// A ring is a keyring that is opened when it is first needed, and again at the next need where that
// failed.
type ring struct {
	open openRing

	mu      sync.Mutex
	opened  *keyring.Ring
	attempt *attempt
	closed  bool
}

// An attempt is an opening that is under way. All who need the ring meanwhile share it, and it goes on
// when the first of them gives up.
type attempt struct {
	done chan struct{}
	ring *keyring.Ring
	err  error
}

var errClosed = errors.New("fleet is closed")

// get returns the open ring.
func (r *ring) get(ctx context.Context) (*keyring.Ring, error) {
	r.mu.Lock()
	if r.closed || r.opened != nil {
		defer r.mu.Unlock()
		if r.closed {
			return nil, errClosed
		}
		return r.opened, nil
	}
	a := r.attempt
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		r.attempt = a
		go r.run(context.WithoutCancel(ctx), a)
	}
	r.mu.Unlock()
	select {
	case <-a.done:
		return a.ring, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *ring) run(ctx context.Context, a *attempt) {
	ctx, cancel := context.WithTimeout(ctx, openingTakes)
	defer cancel()
	a.ring, a.err = r.open(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempt = nil
	switch {
	case a.err != nil:
	case r.closed:
		a.err = errors.Join(errClosed, a.ring.Close())
		a.ring = nil
	default:
		r.opened = a.ring
	}
	close(a.done)
}

func (r *ring) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if r.opened == nil {
		return nil
	}
	return r.opened.Close()
}

// openRing opens the ring that the options name, in a keyring of this kind.
func (f *Fleet) openRing(kind keyring.Kind) openRing {
	if kind == keyring.KindSystem && f.opts.OpenRing != nil {
		return f.opts.OpenRing
	}
	return func(ctx context.Context) (*keyring.Ring, error) {
		return keyring.Open(ctx, keyring.Options{
			Kind: kind, Ring: f.ringName(), Age: f.opts.ageFiles(),
			Ask: f.opts.Passphrase.Ask, AskFirst: f.opts.Passphrase.Here,
		})
	}
}

func (f *Fleet) ringName() string {
	if f.opts.Ring == "" {
		return keyring.DefaultRing
	}
	return keyring.DefaultRing + "-" + f.opts.Ring
}

// A KeyringStatus says which keyring is in use.
type KeyringStatus struct {
	// Kind is "system", "age" or "memory"; Provider and Collection name the program and the place in it,
	// which of "age" is the directory, with ~ for the user's own.
	Kind, Provider, Collection string
	// Locked: the next use prompts; New: for a passphrase that is new, since nothing was saved yet.
	Locked, New bool
}

// Keyring describes the keyring without prompting; it fails with keyring.ErrUnavailable and the like, and
// then says the kind alone.
func (f *Fleet) Keyring(ctx context.Context) (KeyringStatus, error) {
	on := f.at.Load()
	r, err := on.ring.get(ctx)
	if err != nil {
		return KeyringStatus{Kind: string(on.kind)}, err
	}
	status, err := describe(ctx, r)
	on.logKeyring(ctx, status, err)
	return status, err
}

func describe(ctx context.Context, r *keyring.Ring) (KeyringStatus, error) {
	status, err := r.Status(ctx)
	place := status.Collection
	if status.Kind == keyring.KindAge {
		place = fromHome(place)
	}
	return KeyringStatus{
		Kind: string(status.Kind), Provider: status.Provider, Collection: place, Locked: status.Locked, New: status.New,
	}, err
}

// Unlock unlocks the keyring, waiting for its prompt.
func (f *Fleet) Unlock(ctx context.Context) (err error) {
	ctx, op := f.begin(ctx, "unlock keyring", Key{})
	defer op.end(&err)
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return err
	}
	return r.Unlock(ctx)
}

// UseMemory goes on with a memory store: everything is forgotten at the end, and the catalogue with it.
// It is only ever called because the user asked for it, and never while another call runs.
func (f *Fleet) UseMemory(ctx context.Context) error {
	on, err := f.ground(ctx, keyring.KindMemory)
	if err != nil {
		return err
	}
	return f.move(on)
}

// UseEncrypted goes on with the encrypted files and the catalogue that belongs to them. It opens them
// first, which may ask for a passphrase; where that fails everything stays as it was. It is only ever
// called because the user asked for it, and never while another call runs.
func (f *Fleet) UseEncrypted(ctx context.Context) (err error) {
	ctx, op := f.begin(ctx, "go on with encrypted files", Key{})
	defer op.end(&err)
	first := ring{open: f.openRing(keyring.KindAge)}
	opened, err := first.get(ctx)
	if err != nil {
		return err
	}
	if err := opened.Unlock(ctx); err != nil {
		return errors.Join(err, first.close())
	}
	on, err := f.ground(ctx, keyring.KindAge)
	if err != nil {
		return errors.Join(err, first.close())
	}
	on.ring.opened = opened
	return f.move(on)
}
