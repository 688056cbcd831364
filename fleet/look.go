package fleet

import (
	"context"
	"io/fs"
	"time"

	"botring/fleet/store"
)

// A Glance is a catalogue that is only looked at.
type Glance struct {
	store *store.Store
	now   func() time.Time
}

// Look opens the catalogue that Open would open, as it is: nothing is changed or repaired, no keyring is thought of, and
// none is made. Errors are *store.OpenError or *InputError. It is for what must be quick and may be wrong, such as completing a word.
func Look(ctx context.Context, opts Options) (*Glance, error) {
	f, kind, err := newFleet(opts)
	if err != nil {
		return nil, err
	}
	if f.inMemory(kind) {
		return nil, &store.OpenError{Path: "catalogue.db", Err: fs.ErrNotExist}
	}
	path, err := cataloguePath(opts.Home, opts.Ring, kind)
	if err != nil {
		return nil, err
	}
	s, err := store.OpenToRead(ctx, path)
	if err != nil {
		return nil, err
	}
	return &Glance{s, f.now}, nil
}

// Names returns all bots ordered by name, with what they are called and nothing else.
func (g *Glance) Names(ctx context.Context) ([]Bot, error) { return g.store.Names(ctx) }

// Bots returns all bots ordered by name.
func (g *Glance) Bots(ctx context.Context) ([]Bot, error) { return g.store.Bots(ctx, g.now()) }

// Apps returns all apps ordered by name.
func (g *Glance) Apps(ctx context.Context) ([]App, error) { return g.store.Apps(ctx) }

// Places returns where secrets of a bot went, the last first.
func (g *Glance) Places(ctx context.Context, key Key) ([]Departure, error) {
	return g.store.Departures(ctx, key)
}

// Close ends it.
func (g *Glance) Close() error { return g.store.Close() }
