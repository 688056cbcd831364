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

// hold returns the open ring, held so that nobody else writes to it until release is called.
func (r *ring) hold(ctx context.Context) (opened *keyring.Ring, release func(), err error) {
	if opened, err = r.get(ctx); err != nil {
		return nil, nil, err
	}
	release, err = opened.Hold(ctx)
	return opened, release, err
}

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

// peek is the ring if it is open, nil else.
func (r *ring) peek() *keyring.Ring {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	return r.opened
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

// give hands the open keyring on, and is closed without it.
func (r *ring) give() *keyring.Ring {
	r.mu.Lock()
	defer r.mu.Unlock()
	opened := r.opened
	r.opened, r.closed = nil, true
	return opened
}

// openRing opens the ring that the options name, in a keyring of this kind.
func (f *Fleet) openRing(kind keyring.Kind) openRing {
	if kind == keyring.KindSystem && f.opts.OpenRing != nil {
		return f.opts.OpenRing
	}
	return func(ctx context.Context) (*keyring.Ring, error) {
		return keyring.Open(ctx, keyring.Options{
			Kind: kind, Ring: f.ringName(), Patience: f.opts.Patience, Age: f.opts.ageFiles(),
			Ask: f.opts.Passphrase.asker(), AskFirst: f.opts.Passphrase.Here, NoPrompts: f.opts.NoPrompts,
		})
	}
}

func (f *Fleet) ringName() string {
	if f.opts.Ring == "" {
		return keyring.DefaultRing
	}
	return keyring.DefaultRing + "-" + f.opts.Ring
}
