package keyring

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"botring/internal/secret"
	"botring/keyring/agefile"
	"botring/keyring/passphrase"
)

// Options say which keyring to open. The zero value is the system's own, ring "botring".
type Options struct {
	// Kind is KindSystem ("" means that too), KindAge or KindMemory.
	Kind Kind
	// Ring is the service attribute of the items, DefaultRing when empty; --ring NAME makes it "botring-NAME".
	Ring string
	// LockDir is the directory of the lock that writers in several processes take, LockDir() when empty.
	// KindMemory takes no lock on disk.
	LockDir string
	// Patience bounds each call that may show a prompt of the keyring's own, where its context does not end
	// sooner: DefaultPatience when zero. Whoever is in front of the screen may be away.
	Patience time.Duration
	// LockPatience bounds the wait for the writers' lock of the ring while another process has it: ten seconds
	// when zero.
	LockPatience time.Duration
	// Ask asks somebody for what opens the store: the passphrase of KindAge, and the password of a system
	// keyring whose prompt cannot be shown. The zero one has nobody to ask.
	Ask passphrase.Asker
	// AskFirst: whoever uses us does not sit at this machine's own screen, so that a prompt there is no use
	// where the password can be asked for here.
	AskFirst bool
	// NoPrompts: nobody is to be asked, not by the keyring's own prompts either. What they would be shown for
	// ends at once as a *LockedError.
	NoPrompts bool
	// Age says where the encrypted files of KindAge are. Its Dir holds a directory for each ring, and is
	// AgeDir() when empty; its Ask is the one above.
	Age agefile.Options
}

// DefaultPatience is how long an answer to a keyring's own prompt is waited for.
const DefaultPatience = 2 * time.Minute

// A Ring is an open Store together with what has to be known and done before it can be relied on.
// Its methods may be called at the same time.
type Ring struct {
	store Store
	opts  Options
	// writing is the writers' lock within this process, a mutex that can be waited for under a context.
	writing chan struct{}
	// proved is when the last write was read back, nil after one that failed.
	proved atomic.Pointer[time.Time]
}

// What a Store may do beyond the interface. A Ring asks for each by a type assertion.
type (
	describer interface {
		Status(context.Context) (Status, error)
	}
	unlocker interface{ Unlock(context.Context) error }
	locker   interface{ Lock(context.Context) error }
	// A creator makes the place that items go to, where there is none.
	creator interface{ Create(context.Context) error }
	// A batchGetter reads many items at once, all of them when names is nil.
	batchGetter interface {
		GetAll(ctx context.Context, names []string) (map[string]secret.Secret, error)
	}
	// A limiter says how many bytes fit into the item of a name.
	limiter interface{ MaxSize(name string) int }
	// A verifier has read back what it wrote when its Put returns nil.
	verifier interface{ ReadsBack() }
)

// Open connects to a keyring. It does not prompt and does not unlock; where there is no keyring it returns
// an *UnavailableError and nothing weaker. On Linux the session bus may start the Secret Service that is
// installed there, as it does for every desktop program; no bus is ever started.
func Open(ctx context.Context, opts Options) (*Ring, error) {
	if opts.Ring == "" {
		opts.Ring = DefaultRing
	}
	if err := checkName(opts.Ring); err != nil {
		return nil, fmt.Errorf("open ring: %w", err)
	}
	switch opts.Kind {
	case "", KindSystem:
		opts.Kind = KindSystem
		store, err := openSystem(ctx, opts)
		if err != nil {
			return nil, fmt.Errorf("open keyring: %w", err)
		}
		return Wrap(store, opts), nil
	case KindAge:
		store, err := openAge(opts)
		if err != nil {
			return nil, fmt.Errorf("open encrypted files: %w", err)
		}
		return Wrap(store, opts), nil
	case KindMemory:
		return Wrap(NewMemory(), opts), nil
	default:
		return nil, unavailable(UnknownKind, fmt.Errorf("%q", opts.Kind))
	}
}

// Wrap makes a Ring of any Store: checks of names, sizes and read-back, and the writers' lock are the
// Ring's own, whatever the store.
func Wrap(store Store, opts Options) *Ring {
	if opts.Ring == "" {
		opts.Ring = DefaultRing
	}
	if _, ok := store.(interface{ inMemory() }); ok {
		opts.Kind = KindMemory
	}
	if opts.Kind == "" {
		opts.Kind = KindSystem
	}
	return &Ring{store: store, opts: opts, writing: make(chan struct{}, 1)}
}

// Kind is the sort of store behind the ring.
func (r *Ring) Kind() Kind { return r.opts.Kind }

// patiently bounds a context by the ring's patience. The prompts of encrypted files are their asker's, who
// knows better how long to wait. An end of it is told as a keyring that does not answer, unless it says
// itself that it stayed locked.
func (r *Ring) patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.opts.Kind != KindSystem {
		return ctx, func() {}
	}
	patience := r.opts.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	return context.WithTimeoutCause(ctx, patience, unavailable(NoAnswer, nil))
}

// Status describes the keyring without prompting.
func (r *Ring) Status(ctx context.Context) (Status, error) {
	d, ok := r.store.(describer)
	if !ok {
		return Status{Kind: r.opts.Kind, CanList: true}, nil
	}
	status, err := d.Status(ctx)
	if err != nil {
		return status, fmt.Errorf("describe keyring: %w", err)
	}
	return status, nil
}

// Unlock unlocks the keyring, waiting for the user's answer to its prompt as long as ctx allows.
// It returns ErrDenied when the prompt is dismissed and ErrLocked when ctx ends first.
func (r *Ring) Unlock(ctx context.Context) error {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if u, ok := r.store.(unlocker); ok {
		if err := u.Unlock(ctx); err != nil {
			return fmt.Errorf("unlock keyring: %w", err)
		}
	}
	return ended(ctx)
}

// Lock locks the keyring for everybody who uses it, where it can be locked: memory and the keyrings of macOS
// and Windows cannot, and stay as they are (locks is false).
func (r *Ring) Lock(ctx context.Context) (locks bool, err error) {
	l, ok := r.store.(locker)
	if !ok {
		return false, ended(ctx)
	}
	if err := l.Lock(ctx); err != nil {
		return true, fmt.Errorf("lock keyring: %w", err)
	}
	return true, nil
}

// Create makes the default collection that Status found missing (the reason NoCollection), with a password
// that the keyring program or Options.Ask asks for. Where nothing is missing it does nothing.
func (r *Ring) Create(ctx context.Context) error {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if c, ok := r.store.(creator); ok {
		if err := c.Create(ctx); err != nil {
			return fmt.Errorf("create keyring: %w", err)
		}
	}
	return ended(ctx)
}

// Close ends the connection to the keyring.
func (r *Ring) Close() error {
	if c, ok := r.store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
