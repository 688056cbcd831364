// Package agefile keeps secrets in files encrypted with age, for machines that have no keyring.
//
// A store is a directory in the layout of passage, which age opens without us:
//
//	identities              age identities, encrypted with a passphrase
//	store/.age-recipients   whom items are encrypted to; without it, the identities themselves
//	store/bot/test/1.age    the item "bot/test/1"
//
//	age -d -i identities store/bot/test/1.age
//
// Beside them stand tmp, where a file is written before it gets its name, and lock, which keeps writers
// and re-encryptions of several processes apart. The names, sizes and times of items are not secret.
//
// A write is a file of its own that is synced, decrypted again and compared before it takes the place of
// the old one: whatever happens, there is the old value or the new one. Whoever can write to the
// directory could encrypt items of their own to its public recipients, so a store that others can write
// to is refused.
package agefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"botring/keyring/passphrase"
)

// MaxSize is the largest value in bytes: what is read is held in memory.
const MaxSize = 16 << 20

// DefaultWorkFactor is the one of age's own passphrases: base-2 logarithm of the cost of one guess, which
// takes 0.8 s and 256 MiB.
const DefaultWorkFactor = 18

// Names within a store's directory.
const (
	identitiesFile = "identities"
	itemsDir       = "store"
	recipientsFile = itemsDir + "/.age-recipients"
	pendingFile    = "reencrypt"
	tmpDir         = "tmp"
	lockName       = "lock"
)

// Options say where a store is and how it is opened.
type Options struct {
	// Dir is the store's directory. It is made with the store, readable by its owner alone.
	Dir string
	// PassphraseFile names a regular file that only its owner can read; the passphrase is its one line.
	// Where it is set, nothing else is tried.
	PassphraseFile string
	// CredentialsDir is where systemd puts the credentials of a service ($CREDENTIALS_DIRECTORY). A
	// credential "botring" in it is the passphrase, unless PassphraseFile is set.
	CredentialsDir string
	// Ask asks somebody for the passphrase where no file has it. The zero one has nobody. It is never called
	// twice at the same time.
	Ask passphrase.Asker
	// WorkFactor is that of new passphrases, DefaultWorkFactor when 0. Tests take less.
	WorkFactor int
	// LockPatience bounds the wait for a lock that another process has: ten seconds when zero.
	LockPatience time.Duration
}

// A Store is an encrypted store. Its methods may be called at the same time.
type Store struct {
	opts Options

	mu   sync.Mutex
	keys *keys // nil as long as the store is locked

	// opening and writing are mutexes that can be waited for under a context.
	opening, writing chan struct{}
	swept            sync.Once
	// step is told of every step of a write. Tests end the process there.
	step func(step)
}

// Open returns the store in a directory. It asks for nothing and makes nothing: the store is opened, or
// made, when a passphrase is first needed.
func Open(opts Options) (*Store, error) {
	if opts.WorkFactor == 0 {
		opts.WorkFactor = DefaultWorkFactor
	}
	if !filepath.IsAbs(opts.Dir) {
		return nil, fmt.Errorf("%w: %q is not an absolute path", ErrFault, opts.Dir)
	}
	s := &Store{
		opts: opts, opening: make(chan struct{}, 1), writing: make(chan struct{}, 1), step: func(step) {},
	}
	root, err := s.root()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, err
	}
	return s, root.Close()
}

// A State is what can be said of a store without opening it.
type State struct {
	// Exists: there is an identity. Otherwise the next Unlock or Put makes one.
	Exists bool
	// Locked: the next Get or Put needs the passphrase.
	Locked bool
	// Unfinished: a change of recipients did not come to its end; Reencrypt finishes it.
	Unfinished bool
}

// State looks at the store.
func (s *Store) State(ctx context.Context) (State, error) {
	return do(ctx, func() (State, error) {
		root, err := s.root()
		if errors.Is(err, fs.ErrNotExist) {
			return State{Locked: true}, nil
		}
		if err != nil {
			return State{}, err
		}
		defer closeRead(root)
		state := State{Exists: exists(root, identitiesFile), Locked: s.opened() == nil, Unfinished: exists(root, pendingFile)}
		if state.Locked && state.Exists {
			sealed, err := readFile(root, identitiesFile, maxIdentities)
			if err != nil {
				return State{}, err
			}
			state.Locked = recall(sealed) == nil
		}
		return state, nil
	})
}

// Lock forgets the identity, in this process and in the kernel's keyring.
func (s *Store) Lock(ctx context.Context) error {
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
	return s.Forget(ctx)
}

// opened returns the keys, or nil while the store is locked.
func (s *Store) opened() *keys {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys
}

// root opens the store's directory, which must be ours alone to write to. Where there is none the error
// is an fs.ErrNotExist.
func (s *Store) root() (*os.Root, error) {
	info, err := os.Lstat(s.opts.Dir)
	if err != nil {
		return nil, ofRead(err)
	}
	if err := checkDir(s.opts.Dir, info); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.opts.Dir)
	if err != nil {
		return nil, ofRead(err)
	}
	if now, err := root.Stat("."); err != nil || !os.SameFile(info, now) {
		closeRead(root)
		return nil, fmt.Errorf("%w: %s was replaced while it was opened", ErrUnsafe, s.opts.Dir)
	}
	return root, nil
}

func exists(root *os.Root, path string) bool {
	_, err := root.Lstat(path)
	return err == nil
}

// do makes a call that knows no context and waits for it as long as ctx lasts: a disk may be far away.
func do[T any](ctx context.Context, call func() (T, error)) (T, error) {
	if err := ended(ctx); err != nil {
		var none T
		return none, err
	}
	return wait(ctx, call)
}

// wait is do for a call that has to be made even if ctx is over.
func wait[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	done := make(chan outcome, 1)
	go func() {
		value, err := call()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, ended(ctx)
	}
}

// ended returns the error of a context that is over, with its cause, or nil.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// take takes a mutex that can be waited for, and returns what releases it.
func take(ctx context.Context, mutex chan struct{}) (release func(), err error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	select {
	case mutex <- struct{}{}:
		return func() { <-mutex }, nil
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

// closeRead closes what was only read.
func closeRead(c interface{ Close() error }) { _ = c.Close() }
