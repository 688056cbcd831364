// Package keyring keeps secrets at rest, in the operating system's keyring or, when asked, in files
// encrypted with a passphrase or in memory.
//
// It is honest before it is convenient: a store that cannot be reached is an error and never a reason to
// use a weaker one, every write is read back before it counts, and waiting for an unlock prompt ends when
// the caller's context does.
package keyring

import (
	"context"
	"errors"

	"botring/internal/secret"
)

// What can go wrong with a keyring. Every error that leaves this package wraps one of these or the
// caller's context error.
var (
	// ErrUnavailable: there is no keyring to talk to: no D-Bus session, no Secret Service on it,
	// or no collection to store in. An *UnavailableError says which.
	ErrUnavailable = errors.New("keyring unavailable")
	// ErrLocked: the keyring is locked and nobody unlocked it in time. Where a context ended the wait for
	// a prompt, its error is wrapped too.
	ErrLocked = errors.New("keyring locked")
	// ErrDenied: the prompt was dismissed or the operating system refused access. Without a display,
	// gnome-keyring's prompter dismisses by itself.
	ErrDenied = errors.New("keyring access denied")
	// ErrTooLarge: the item does not fit this platform's limit. Nothing was written.
	ErrTooLarge = errors.New("item too large for the keyring")
	// ErrNotFound: no item has this name.
	ErrNotFound = errors.New("no such item in the keyring")
	// ErrGone: the keyring went away in the middle of an operation; whether a write arrived is unknown
	// and reported as not.
	ErrGone = errors.New("keyring went away")
	// ErrReadBack: a write was acknowledged, and what was read back is not what was written.
	ErrReadBack = errors.New("keyring read-back differs")
	// ErrDamaged: the item is there and cannot be decrypted. It was not touched.
	ErrDamaged = errors.New("keyring item is damaged")
	// ErrHeld: another process writes to the ring and does not come to an end. Nothing was written. A *HeldError
	// says who.
	ErrHeld = errors.New("another process holds the keyring's lock")
	// ErrBadName: an item's name is empty, longer than MaxName, not printable ASCII, or begins with
	// ProbePrefix. Nothing was looked up or written.
	ErrBadName = errors.New("bad name for a keyring item")
	// ErrCannotList: this store cannot enumerate its items (the macOS keychain through security(1)).
	ErrCannotList = errors.New("this keyring cannot list its items")
)

// An Item is one secret with the name it is found by and the label people see in keyring programs.
type Item struct {
	// Name is unique within a ring, such as "bot/production/7123456789".
	Name string
	// Label is shown by Seahorse, KeePassXC and the like. It is not secret.
	Label string
	Value secret.Secret
}

// A Store keeps items of one ring. Its methods may be called at the same time.
type Store interface {
	// Get returns an item's value, or ErrNotFound.
	Get(ctx context.Context, name string) (secret.Secret, error)
	// Put writes an item, in place of the one with its name, and has read it back when it returns nil.
	Put(ctx context.Context, item Item) error
	// Delete removes an item. It returns ErrNotFound where there is none.
	Delete(ctx context.Context, name string) error
	// List returns the names of all items of the ring in ascending order, or ErrCannotList.
	List(ctx context.Context) ([]string, error)
}

// A Status says which keyring is in use and in what state, for people to read.
type Status struct {
	// Kind is KindSystem, KindAge or KindMemory.
	Kind Kind
	// Provider names the program behind it: "gnome-keyring", "KeePassXC", "macOS Keychain", "age".
	Provider string
	// Collection is the provider's name for the place items go to, of KindAge the directory, "" where it
	// has none.
	Collection string
	// Locked: the next Get or Put will prompt.
	Locked bool
	// New: there is nothing to unlock yet. The next Unlock or Put makes it, with a new passphrase.
	New bool
	// CanList: List works.
	CanList bool
	// MaxSize is the largest value in bytes that fits, 0 for no known limit.
	MaxSize int
	// Unfinished: a change of recipients of encrypted files was cut off.
	Unfinished bool
	// Process is the provider's process id, 0 where it has none or it is not known.
	Process int
}

// A Kind is a sort of store, named as in --keyring.
type Kind string

// The kinds of store.
const (
	KindSystem Kind = "system"
	KindAge    Kind = "age"
	KindMemory Kind = "memory"
)

// DefaultRing is the service attribute of every item unless --ring says otherwise.
const DefaultRing = "botring"
