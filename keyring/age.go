package keyring

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"botring/internal/secret"
	"botring/keyring/agefile"
)

// An Encrypted is the Store of KindAge: files encrypted with age, in a directory for each ring. What it
// can do beyond a Store concerns its passphrase and who else may read it.
type Encrypted struct {
	store *agefile.Store
	dir   string
}

// openAge returns the encrypted store of a ring. It needs no passphrase yet.
func openAge(opts Options) (*Encrypted, error) {
	files := opts.Age
	files.Ask, files.LockPatience = opts.Ask, opts.LockPatience
	if files.Dir == "" {
		var err error
		if files.Dir, err = AgeDir(); err != nil {
			return nil, err
		}
	}
	ring, err := agefile.FileName(opts.Ring)
	if err != nil {
		return nil, as(ErrBadName)(err)
	}
	files.Dir = filepath.Join(files.Dir, ring)
	store, err := agefile.Open(files)
	if err != nil {
		return nil, ageError(err)
	}
	return &Encrypted{store: store, dir: files.Dir}, nil
}

// AgeDir returns the directory for encrypted stores: $XDG_DATA_HOME/botring/age,
// %LocalAppData%\botring\age or ~/Library/Application Support/botring/age. It is not made. The error is
// an *UnavailableError.
func AgeDir() (string, error) {
	base, err := dataDir(runtime.GOOS, os.Getenv, os.UserHomeDir)
	if err != nil {
		return "", unavailable(NoStoreDir, err)
	}
	return filepath.Join(base, "botring", "age"), nil
}

// dataDir is stateDir for what moves to another machine.
func dataDir(system string, getenv func(string) string, home func() (string, error)) (string, error) {
	if system == "windows" || system == "darwin" {
		return stateDir(system, getenv, home)
	}
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	dir, err := home()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, ".local", "share"), nil
}

// Encrypted returns the ring's store where it is of KindAge.
func (r *Ring) Encrypted() (*Encrypted, bool) {
	e, ok := r.store.(*Encrypted)
	return e, ok
}

// Get returns an item's value, or ErrNotFound, for which no passphrase is needed.
func (e *Encrypted) Get(ctx context.Context, name string) (secret.Secret, error) {
	value, err := e.store.Get(ctx, name)
	return value, ageError(err)
}

// GetAll returns the values of the named items that there are, or of all when names is nil.
func (e *Encrypted) GetAll(ctx context.Context, names []string) (map[string]secret.Secret, error) {
	values, err := e.store.GetAll(ctx, names)
	return values, ageError(err)
}

// Put writes an item in place of the one with its name. Its label is not kept: the file has a name.
func (e *Encrypted) Put(ctx context.Context, item Item) error {
	return ageError(e.store.Put(ctx, item.Name, item.Value))
}

// ReadsBack marks that Put decrypts what it wrote before it counts.
func (e *Encrypted) ReadsBack() {}

// Delete removes an item, or returns ErrNotFound.
func (e *Encrypted) Delete(ctx context.Context, name string) error {
	return ageError(e.store.Delete(ctx, name))
}

// List returns the names of all items in ascending order. It needs no passphrase.
func (e *Encrypted) List(ctx context.Context) ([]string, error) {
	names, err := e.store.List(ctx)
	return names, ageError(err)
}

// MaxSize is the same for every name.
func (e *Encrypted) MaxSize(string) int { return agefile.MaxSize }

// Status describes the store; its collection is its directory.
func (e *Encrypted) Status(ctx context.Context) (Status, error) {
	state, err := e.store.State(ctx)
	return Status{
		Kind: KindAge, Provider: "age", Collection: e.dir, Locked: state.Locked, New: err == nil && !state.Exists,
		Unfinished: state.Unfinished, CanList: true, MaxSize: agefile.MaxSize,
	}, ageError(err)
}

// State says whether the store was made yet, is locked, and was left half encrypted anew.
func (e *Encrypted) State(ctx context.Context) (agefile.State, error) {
	state, err := e.store.State(ctx)
	return state, ageError(err)
}

// Unlock opens the store with its passphrase, or makes it with a new one.
func (e *Encrypted) Unlock(ctx context.Context) error { return ageError(e.store.Unlock(ctx)) }

// Lock forgets what the passphrase opened, in this process and in the kernel's keyring.
func (e *Encrypted) Lock(ctx context.Context) error { return ageError(e.store.Lock(ctx)) }

// Remember has the kernel's keyring keep the store open for a while, for every process of this user.
// Where the kernel has none for us it is ErrUnavailable, with the reason NoKernelKeyring.
func (e *Encrypted) Remember(ctx context.Context, life time.Duration) error {
	return ageError(e.store.Remember(ctx, life))
}

// ChangePassphrase asks for the passphrase and a new one, and encrypts the identity anew.
func (e *Encrypted) ChangePassphrase(ctx context.Context) error {
	return ageError(e.store.ChangePassphrase(ctx))
}

// Recipients returns whom items are encrypted to, as age writes it.
func (e *Encrypted) Recipients(ctx context.Context) ([]string, error) {
	recipients, err := e.store.Recipients(ctx)
	return recipients, ageError(err)
}

// IsRecipient reports whether a text is a recipient of age's, as AddRecipient takes it.
func IsRecipient(text string) bool { return agefile.IsRecipient(text) }

// AddRecipient lets one more recipient read all items, and encrypts them anew.
func (e *Encrypted) AddRecipient(ctx context.Context, recipient string, report agefile.Progress) error {
	return ageError(e.store.AddRecipient(ctx, recipient, report))
}

// RemoveRecipient encrypts all items anew without one of the recipients, who keeps what it has read.
func (e *Encrypted) RemoveRecipient(ctx context.Context, recipient string, report agefile.Progress) error {
	return ageError(e.store.RemoveRecipient(ctx, recipient, report))
}

// Reencrypt finishes a change of recipients that was cut short.
func (e *Encrypted) Reencrypt(ctx context.Context, report agefile.Progress) error {
	return ageError(e.store.Reencrypt(ctx, report))
}

// ageError makes an error of package agefile one of this package's. Errors of a context stay what they are.
func ageError(err error) error {
	if err == nil {
		return nil
	}
	if held := heldError(err); held != nil {
		return held
	}
	for _, known := range []struct {
		is     error
		become func(error) error
	}{
		{agefile.ErrNotFound, as(ErrNotFound)},
		{agefile.ErrBadName, as(ErrBadName)},
		{agefile.ErrTooLarge, as(ErrTooLarge)},
		{agefile.ErrReadBack, as(ErrReadBack)},
		{agefile.ErrGone, as(ErrGone)},
		{agefile.ErrLocked, passphraseError},
		{agefile.ErrDeclined, refused(NoPassphrase)},
		{agefile.ErrWrongPassphrase, refused(WrongPassphrase)},
		{agefile.ErrNotReadable, refused(NoPermission)},
		{agefile.ErrDamagedItem, as(ErrDamaged)},
		{agefile.ErrUnsafe, missing(StoreUnsafe)},
		{agefile.ErrNotWritable, missing(StoreNotWritable)},
		{agefile.ErrFull, missing(StoreFull)},
		{agefile.ErrNoIdentity, missing(IdentityMissing)},
		{agefile.ErrDamagedIdentity, missing(IdentityDamaged)},
		{agefile.ErrRecipients, missing(RecipientsUnusable)},
		{agefile.ErrPassphraseFile, missing(PassphraseFileRefused)},
		{agefile.ErrChanged, missing(PassphraseChanged)},
		{agefile.ErrNoCache, missing(NoKernelKeyring)},
	} {
		if errors.Is(err, known.is) {
			return known.become(err)
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unavailable(StoreFault, err)
}

// passphraseError: the store is locked because nobody was there to ask, or nobody answered in time.
func passphraseError(err error) error {
	waited := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	return &LockedError{Unanswered: waited, NeedsPassphrase: !waited, Err: err}
}

func refused(refusal Refusal) func(error) error {
	return func(err error) error { return &DeniedError{Refusal: refusal, Err: err} }
}
