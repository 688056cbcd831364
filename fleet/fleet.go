// Package fleet is what one does with bots: add them, check them, log them in and out, replace a token,
// remove them. It stands between the screens and commands above and Telegram, the keyring and the
// catalogue below, and it alone decides their order: nothing is logged in that could not be saved,
// nothing counts as saved that was not read back.
package fleet

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// What callers see of the catalogue's rows.
type (
	// Key is a store.Key.
	Key = store.Key
	// Bot is a store.Bot.
	Bot = store.Bot
	// App is a store.App.
	App = store.App
	// Profile is a store.Profile.
	Profile = store.Profile
	// Session is a store.Session.
	Session = store.Session
	// Status is a store.Status.
	Status = store.Status
)

// Options say where a fleet lives and which Telegram it speaks to. The zero value is the user's own.
type Options struct {
	// Environment is the one new bots go to: "production" (also ""), "test", or a custom name, which needs
	// DCs ("ID=HOST:PORT") and ServerKeys (PEM files). DCs without a name mean "custom".
	Environment string
	DCs         []string
	ServerKeys  []string
	// Networks replace or add to the known environments: the demo's.
	Networks []telegram.Network
	// Home puts the catalogue under one directory instead of the operating system's usual places.
	Home string
	// Ring is the NAME of --ring, "" for the usual one.
	Ring string
	// Keyring is "system" (also "") or "memory".
	Keyring string
	// OpenRing opens the keyring in place of keyring.Open, for tests.
	OpenRing func(context.Context) (*keyring.Ring, error)
	// Ephemeral keeps the catalogue in memory: nothing touches the disk.
	Ephemeral bool
	// Timeout bounds one conversation with Telegram, telegram.DefaultTimeout when zero.
	Timeout time.Duration
	// Version is what Telegram is told this program's version is.
	Version string
	// Log is told of every call that spoke to Telegram or the keyring, and how it ended; nil keeps no log,
	// and neither does a catalogue in memory. Errors come as attributes of type error.
	Log *slog.Logger
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// A Fleet is all bots of one catalogue and ring. Its methods may be called at the same time; those that
// take a context end when it does.
type Fleet struct {
	opts Options
	envs environments
	now  func() time.Time
	// talk makes what speaks to a network.
	talk func(telegram.Network) conversation
	// at is what it stands on, which UseMemory replaces.
	at atomic.Pointer[ground]
}

// A ground is what a fleet stands on: a catalogue, and the ring and locks that belong to it.
type ground struct {
	*store.Store
	ring  ring
	guard guard
	// log is nil where nothing is to be left behind; named: it has been told which keyring there is.
	log   *slog.Logger
	named sync.Once
}

// Open opens the catalogue. It does not touch the keyring: that is opened by the first call that needs a
// secret, and again by the next one where it failed. Errors are *store.OpenError or *InputError.
//
// A memory keyring has its catalogue in memory too: rows would outlive what they speak of.
func Open(ctx context.Context, opts Options) (*Fleet, error) {
	envs, err := newEnvironments(opts)
	if err != nil {
		return nil, err
	}
	if opts.Ring != "" && !isEnvironmentName(opts.Ring) {
		return nil, &InputError{Field: FieldRing, Problem: ProblemSyntax, Got: opts.Ring}
	}
	f := &Fleet{opts: opts, envs: envs, now: opts.Now}
	if f.now == nil {
		f.now = time.Now
	}
	// A client remembers what it has proved of its network, so there is one of each.
	var clients sync.Map
	f.talk = func(network telegram.Network) conversation {
		client, _ := clients.LoadOrStore(network.Name, telegram.New(network, telegram.Options{Timeout: opts.Timeout, Version: opts.Version}))
		return client.(*telegram.Client)
	}
	switch kind := keyring.Kind(cmp.Or(opts.Keyring, string(keyring.KindSystem))); {
	case kind == keyring.KindMemory:
		err = f.standInMemory(ctx, f.memoryRing())
	case kind != keyring.KindSystem:
		err = &InputError{Field: FieldKeyring, Problem: ProblemUnknown, Got: opts.Keyring}
	case opts.Ephemeral:
		err = f.standInMemory(ctx, f.systemRing())
	default:
		err = f.standOnDisk(ctx)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *Fleet) standOnDisk(ctx context.Context) error {
	path, err := cataloguePath(f.opts.Home, f.opts.Ring)
	if err != nil {
		return &store.OpenError{Path: "catalogue.db", Err: err}
	}
	catalogue, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	on := &ground{Store: catalogue, log: f.opts.Log}
	on.ring.open = logOpening(on.log, f.systemRing())
	on.guard.dir, on.guard.scope = keyring.LockDir, f.opts.Ring
	if f.opts.OpenRing != nil {
		// Not the ring that all homes share.
		on.guard.scope = filepath.Clean(path)
	}
	f.at.Store(on)
	return nil
}

func (f *Fleet) standInMemory(ctx context.Context, open openRing) error {
	catalogue, err := store.Memory(ctx)
	if err != nil {
		return err
	}
	on := &ground{Store: catalogue}
	on.ring.open = open
	if old := f.at.Swap(on); old != nil {
		return errors.Join(old.ring.close(), old.Close())
	}
	return nil
}

// Close waits for nothing: callers end their calls first. It closes the catalogue and the keyring.
func (f *Fleet) Close() error {
	on := f.at.Load()
	return errors.Join(on.ring.close(), on.Close())
}
