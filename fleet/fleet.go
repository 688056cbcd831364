// Package fleet is what one does with bots: add them, check them, log them in and out, replace a token,
// remove them. It stands between the screens and commands above and Telegram, the keyring and the
// catalogue below, and it alone decides their order: nothing is logged in that could not be saved,
// nothing counts as saved that was not read back.
package fleet

import (
	"context"
	"errors"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// What callers see of the catalogue's rows.
type (
	Key     = store.Key
	Bot     = store.Bot
	App     = store.App
	Profile = store.Profile
	Session = store.Session
	Status  = store.Status
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
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// A Fleet is all bots of one catalogue and ring. Its methods may be called at the same time; those that
// take a context end when it does.
type Fleet struct{}

var errContract = errors.New("fleet: contract only")

// Open opens the catalogue. It does not touch the keyring: that is opened by the first call that needs a
// secret, and again by the next one where it failed. Errors are *store.OpenError or *InputError.
func Open(ctx context.Context, opts Options) (*Fleet, error) { return nil, errContract }

// Close waits for nothing: callers end their calls first. It closes the catalogue and the keyring.
func (f *Fleet) Close() error { return nil }

// Environment is the one new bots go to. Environments are all known ones, it first.
func (f *Fleet) Environment() string    { return "" }
func (f *Fleet) Environments() []string { return nil }

// --- reading; the catalogue only, fast enough for a start ---

// Bots returns all bots, ordered by name.
func (f *Fleet) Bots(ctx context.Context) ([]Bot, error) { return nil, errContract }

// Bot returns one, or store.ErrNotFound.
func (f *Fleet) Bot(ctx context.Context, key Key) (Bot, error) { return Bot{}, errContract }

// Find looks a bot up as commands name it: an id, "environment/id", @username or label. It returns a
// *NotFoundError with near misses, or an *AmbiguousError with the candidates.
func (f *Fleet) Find(ctx context.Context, ref string) (Bot, error) { return Bot{}, errContract }

// Apps returns all apps, ordered by name.
func (f *Fleet) Apps(ctx context.Context) ([]App, error) { return nil, errContract }

// Recover makes good what a crash left half done, from the journal in the catalogue alone: it reports bots
// whose save was cut off. It neither unlocks nor lists the ring unless the journal names an item.
func (f *Fleet) Recover(ctx context.Context) ([]Key, error) { return nil, errContract }

// --- the keyring ---

// A KeyringStatus says which keyring is in use.
type KeyringStatus struct {
	// Kind is "system" or "memory"; Provider and Collection name the program and the place in it.
	Kind, Provider, Collection string
	Locked                     bool
}

// Keyring describes the keyring without prompting; it fails with keyring.ErrUnavailable and the like.
func (f *Fleet) Keyring(ctx context.Context) (KeyringStatus, error) {
	return KeyringStatus{}, errContract
}

// Unlock unlocks the keyring, waiting for its prompt.
func (f *Fleet) Unlock(ctx context.Context) error { return errContract }

// UseMemory goes on with a memory store: everything is forgotten at the end, and the catalogue with it.
// It is only ever called because the user asked for it.
func (f *Fleet) UseMemory(ctx context.Context) error { return errContract }

// Rebuild reads the ring and makes rows of the catalogue from it, keeping those that are there. It returns
// how many were added, or keyring.ErrCannotList.
func (f *Fleet) Rebuild(ctx context.Context) (int, error) { return 0, errContract }

// --- adding and logging in ---

// A Stage is a part of a long call, in words that are package fault's to choose.
type Stage int

// The stages, in their order.
const (
	OpeningKeyring Stage = iota
	Connecting
	Securing
	Moving
	LoggingIn
	Checking
	LoggingOut
	Saving
)

// A Step is a stage that began or, with Done, ended and Took so long.
type Step struct {
	Stage Stage
	DC    int
	Addr  string
	Done  bool
	Took  time.Duration
}

// A NewBot is what Add needs.
type NewBot struct {
	Token secret.Secret
	// APIID names a saved app. With APIHash it is a new app (or a new hash for a known one), which is
	// saved together with the bot, under AppName or "main" (then "app 2" …).
	APIID   int
	APIHash secret.Secret
	AppName string
	// Environment is the fleet's own when empty.
	Environment string
	Label       string
	Tags        []string
	// NoLogin saves without logging in.
	NoLogin bool
}

// A Saved is a bot that was written to the keyring, read back, and entered into the catalogue.
type Saved struct {
	Bot     Bot
	Keyring KeyringStatus
	// Existed: the bot was known before and has been updated.
	Existed bool
}

// Add logs a bot in and saves it, in this order: input checked, known floods honoured, keyring
// preflighted, logged in, written, read back, entered into the catalogue. A bot that is known with the
// same token and a session that works is not logged in again: ErrSessionWorks. With another token it is
// a replacement: *TokenDiffersError.
//
// Errors are *InputError, *FloodError, *telegram.Error, those of keyring, and *UnsavedError when Telegram
// granted the login and the keyring then did not take it. report may be nil.
func (f *Fleet) Add(ctx context.Context, bot NewBot, report func(Step)) (Saved, error) {
	return Saved{}, errContract
}

// SaveAgain retries the saving, and only that, of a login that could not be saved.
func (f *Fleet) SaveAgain(ctx context.Context, unsaved *UnsavedError) (Saved, error) {
	return Saved{}, errContract
}

// Abandon gives up a login that could not be saved: it is logged out at Telegram.
func (f *Fleet) Abandon(ctx context.Context, unsaved *UnsavedError) error { return errContract }

// Login logs a known bot in (again) and replaces its session of that name. Where a session that runs here
// exists it is checked first, and ErrSessionWorks returned if it does, unless force.
func (f *Fleet) Login(ctx context.Context, key Key, force bool, report func(Step)) (Saved, error) {
	return Saved{}, errContract
}

// Adopt saves a bot together with a session that already exists, without a login. Nothing is dialled.
func (f *Fleet) Adopt(ctx context.Context, bot NewBot, session telegram.Session, profile telegram.Profile, runs store.Place) (Saved, error) {
	return Saved{}, errContract
}

// --- living with bots ---

// Check opens the bot's saved session, only if it runs here, and records what Telegram says. The bot it
// returns is current even when err is not nil. A bot without a session is not an error: NotLoggedIn.
func (f *Fleet) Check(ctx context.Context, key Key, report func(Step)) (Bot, error) {
	return Bot{}, errContract
}

// A Checked is the outcome of one check of CheckMany.
type Checked struct {
	Bot Bot
	Err error
}

// CheckMany checks bots, at most eight at a time, and calls done for each as it ends, one call at a time.
// When ctx ends, what runs is cancelled and nothing more starts.
func (f *Fleet) CheckMany(ctx context.Context, keys []Key, done func(Checked)) {}

// LogOut ends the bot's sessions that run here at Telegram, then removes them from the ring; token and
// bot stay.
func (f *Fleet) LogOut(ctx context.Context, key Key, report func(Step)) (Bot, error) {
	return Bot{}, errContract
}

// Remove deletes the bot's items from the keyring and its row. Its sessions live on at Telegram: to end
// them, LogOut first.
func (f *Fleet) Remove(ctx context.Context, key Key) error { return errContract }

// ReplaceToken gives a bot a new token: of the same bot id, else *InputError with ProblemOtherBot. The new
// token is logged in (in place of a session that the old one's revocation killed) and saved; with noLogin
// only saved.
func (f *Fleet) ReplaceToken(ctx context.Context, key Key, token secret.Secret, noLogin bool, report func(Step)) (Saved, error) {
	return Saved{}, errContract
}

// SetLabel changes the user's own name for a bot; "" takes it away. Labels are unique, no numbers, and do
// not start with @: *InputError.
func (f *Fleet) SetLabel(ctx context.Context, key Key, label string) (Bot, error) {
	return Bot{}, errContract
}

// Token reads a bot's token from the keyring.
func (f *Fleet) Token(ctx context.Context, key Key) (secret.Secret, error) {
	return secret.Secret{}, errContract
}

// --- apps ---

// AddApp saves an app. Its name and api_id must be new: *InputError.
func (f *Fleet) AddApp(ctx context.Context, name string, apiID int, hash secret.Secret) (App, error) {
	return App{}, errContract
}

// EditApp renames an app and, unless hash is empty, replaces its api_hash.
func (f *Fleet) EditApp(ctx context.Context, apiID int, name string, hash secret.Secret) (App, error) {
	return App{}, errContract
}

// RemoveApp removes an app that no bot uses, else *AppInUseError.
func (f *Fleet) RemoveApp(ctx context.Context, apiID int) error { return errContract }
