// Package fleet is what one does with bots: add them, check them, log them in and out, replace a token,
// remove them. It stands between the screens and commands above and Telegram, the keyring and the
// catalogue below, and it alone decides their order: nothing is logged in that could not be saved,
// nothing counts as saved that was not read back.
package fleet

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/botapi"
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
	// Flood is a store.Flood.
	Flood = store.Flood
	// Status is a store.Status.
	Status = store.Status
)

// DefaultTimeout bounds one conversation with Telegram, unless Options.Timeout says otherwise.
const DefaultTimeout = telegram.DefaultTimeout

// Options say where a fleet lives and which Telegram it speaks to. The zero value is the user's own.
type Options struct {
	// Environment is the one new bots go to: "production" (also ""), "test", or a custom name, which needs
	// DCs ("ID=HOST:PORT") and ServerKeys (PEM files). DCs without a name mean "custom".
	Environment string
	DCs         []string
	ServerKeys  []string
	// Custom are further environments that are known by their names.
	Custom []CustomEnvironment
	// Networks replace or add to the known environments: the demo's.
	Networks []telegram.Network
	// Home puts the catalogue under one directory instead of the operating system's usual places.
	Home string
	// Ring is the NAME of --ring, "" for the usual one.
	Ring string
	// Keyring is "system" (also ""), "age" or "memory".
	Keyring string
	// Passphrase says who knows the one of the encrypted files of "age".
	Passphrase Passphrase
	// OpenRing opens the system's keyring in place of keyring.Open, for tests.
	OpenRing func(context.Context) (*keyring.Ring, error)
	// Ephemeral keeps the catalogue in memory: nothing touches the disk.
	Ephemeral bool
	// Proxy is what Telegram is reached through at first, the zero Proxy for nothing. The secret of one that has
	// a name and needs one may be left out: it is read from the keyring when something is to be sent.
	Proxy Proxy
	// NoWay is why Telegram must not be reached, nil where it may be.
	NoWay error
	// Proxies are all that have names.
	Proxies []Proxy
	// BotAPI are the Bot API servers that are asked whether tokens work: a URL, for Telegram's own two environments, or
	// NAME=URL for one environment; several with commas between them. "" is Telegram's own server. A server that is not
	// on this computer needs https://, unless InsecureBotAPI.
	BotAPI         string
	InsecureBotAPI bool
	// Timeout bounds one conversation with Telegram, DefaultTimeout when zero.
	Timeout time.Duration
	// AtOnce is how many conversations with Telegram are held at a time, the constant AtOnce when zero.
	AtOnce int
	// Patience bounds each call to a keyring that may show a prompt of its own, keyring.DefaultPatience when
	// zero.
	Patience time.Duration
	// NoPrompts: nobody is to be asked by a prompt of the keyring's own, for whatever; what needs one ends with
	// keyring.ErrLocked.
	NoPrompts bool
	// Version is what Telegram is told this program's version is.
	Version string
	// Log is told of every call that spoke to Telegram or the keyring, and how it ended; nil keeps no log,
	// and neither does a catalogue in memory. Errors come as attributes of type error.
	Log *slog.Logger
	// KindOf names an error as the history keeps it: fault.Of's kind, which this package cannot know of. nil
	// makes every error "failed".
	KindOf func(error) string
	// Now is the clock on the wall, the computer's when nil.
	Now func() time.Time
}

// A CustomEnvironment is servers of somebody's own.
type CustomEnvironment struct {
	Name            string
	DCs, ServerKeys []string // "ID=HOST:PORT", and PEM files
}

// A Fleet is all bots of one catalogue and ring. Its methods may be called at the same time; those that
// take a context end when it does.
type Fleet struct {
	opts Options
	envs environments
	now  func() time.Time
	// talk makes what speaks to a network.
	talk func(telegram.Network) conversation
	// botAPIs are the servers of Options.BotAPI, getMe how one is asked.
	botAPIs botAPIs
	getMe   getMe
	// schedule is what all conversations pass through.
	schedule *schedule
	// passage is how Telegram is reached.
	passage passage
	// at is what it stands on, which UseMemory, UseEncrypted, MoveKeyring and a mending Examine replace.
	at atomic.Pointer[ground]
	// exposed is what the catalogue allowed others before OpenToExamine opened it, which narrows it.
	exposed fs.FileMode
}

// A ground is what a fleet stands on: a catalogue, and the ring and locks that belong to it.
type ground struct {
	*store.Store
	kind  keyring.Kind
	ring  ring
	guard guard
	// history is what is done here, sealed.
	history history
	// marks are what its secrets are known again by.
	marks marks
	// version is the catalogue's as it was last seen.
	version atomic.Int64
	// log is nil where nothing is to be left behind; named: it has been told which keyring there is.
	log   *slog.Logger
	named sync.Once
	// unread is why the catalogue is an empty one in memory: the one on the disk could not be opened, and is
	// to be examined.
	unread error
}

// Open opens the catalogue. It does not touch the keyring: that is opened by the first call that needs a
// secret, and again by the next one where it failed. Errors are *store.OpenError or *InputError.
//
// A memory keyring has its catalogue in memory too: rows would outlive what they speak of.
func Open(ctx context.Context, opts Options) (*Fleet, error) {
	f, kind, err := newFleet(opts)
	if err != nil {
		return nil, err
	}
	on, err := f.ground(ctx, kind)
	if err != nil {
		return nil, err
	}
	f.at.Store(on)
	return f, nil
}

// newFleet makes a fleet that stands on nothing yet.
func newFleet(opts Options) (*Fleet, keyring.Kind, error) {
	envs, err := newEnvironments(opts)
	if err != nil {
		return nil, "", err
	}
	if opts.Ring != "" && !isEnvironmentName(opts.Ring) {
		return nil, "", &InputError{Field: FieldRing, Problem: ProblemSyntax, Got: opts.Ring}
	}
	apis, err := parseBotAPIs(opts.BotAPI, opts.InsecureBotAPI)
	if err != nil {
		return nil, "", err
	}
	f := &Fleet{opts: opts, envs: envs, now: opts.Now, botAPIs: apis, getMe: botapi.Server.GetMe}
	if f.now == nil {
		f.now = wallClock
	}
	f.schedule = newSchedule(opts.AtOnce, f.now)
	f.passage.proxy, f.passage.noWay = opts.Proxy, opts.NoWay
	f.talk = func(network telegram.Network) conversation { return passing{f, network} }
	kind := keyring.Kind(cmp.Or(opts.Keyring, string(keyring.KindSystem)))
	if kind != keyring.KindSystem && kind != keyring.KindAge && kind != keyring.KindMemory {
		return nil, "", &InputError{Field: FieldKeyring, Problem: ProblemUnknown, Got: opts.Keyring}
	}
	return f, kind, nil
}

// ground opens the catalogue that belongs to a kind of keyring.
func (f *Fleet) ground(ctx context.Context, kind keyring.Kind) (on *ground, err error) {
	on = f.bareGround(kind)
	if f.inMemory(kind) {
		on.Store, err = store.Memory(ctx)
		return on, err
	}
	path, err := cataloguePath(f.opts.Home, f.opts.Ring, kind)
	if err != nil {
		return nil, &store.OpenError{Path: "catalogue.db", Err: err}
	}
	if on.Store, err = store.Open(ctx, path); err != nil {
		return nil, err
	}
	if _, err := on.look(ctx); err != nil {
		return nil, errors.Join(err, on.Close())
	}
	return on, nil
}

// inMemory reports whether the catalogue that belongs to a kind of keyring touches no disk.
func (f *Fleet) inMemory(kind keyring.Kind) bool {
	return kind == keyring.KindMemory || f.opts.Ephemeral
}

// bareGround is a ground that has no catalogue yet.
func (f *Fleet) bareGround(kind keyring.Kind) *ground {
	on := &ground{kind: kind}
	on.ring.open = f.openRing(kind)
	if f.inMemory(kind) {
		return on
	}
	on.log = f.opts.Log
	on.ring.open = logOpening(on.log, on.ring.open)
	if path, err := cataloguePath(f.opts.Home, f.opts.Ring, kind); err == nil {
		on.history.head = historyHeadItem(path)
	}
	// The same for encrypted files: after a move both keyrings may have a copy of a session.
	on.guard.dir, on.guard.scope = keyring.LockDir, f.opts.Ring
	if f.opts.OpenRing != nil {
		// Not the ring that all homes share.
		on.guard.scope = filepath.Clean(f.opts.Home)
	}
	return on
}

// move goes on on another ground.
func (f *Fleet) move(on *ground) error {
	old := f.at.Swap(on)
	old.anchor()
	return errors.Join(old.ring.close(), old.Close())
}

// Close waits for nothing: callers end their calls first. It closes the catalogue and the keyring.
func (f *Fleet) Close() error {
	on := f.at.Load()
	on.anchor()
	f.keepCopy(on)
	return errors.Join(on.ring.close(), on.Close())
}

// CloseAtOnce is Close without what takes a keyring's time: how far the history goes is left to the next process that
// ends, as it is by one that is killed, and so is the catalogue's copy. It is for a program that waits to be started.
func (f *Fleet) CloseAtOnce() error {
	on := f.at.Load()
	return errors.Join(on.ring.close(), on.Close())
}

// Leave is CloseAtOnce for a process that another program takes the place of: the catalogue stays open until then.
func (f *Fleet) Leave() error {
	on := f.at.Load()
	return errors.Join(on.ring.close(), on.Leave())
}
