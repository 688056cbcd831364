package fleet

import (
	"context"
	"errors"
	"strings"
	"time"

	"botring/keyring"
	"botring/keyring/passphrase"
)

// A KeyringStatus says which keyring is in use.
type KeyringStatus struct {
	// Kind is "system", "age" or "memory"; Provider and Collection name the program and the place in it,
	// which of "age" is the directory, with ~ for the user's own.
	Kind, Provider, Collection string
	// Locked: the next use prompts; New: for a passphrase that is new, since nothing was saved yet.
	Locked, New bool
	// CanList: what is in it can be looked through, as on all systems but macOS.
	CanList bool
	// MaxSize is the largest value in bytes that fits, 0 for no known limit.
	MaxSize int
	// Process is the provider's process id, 0 where it has none or it is not known.
	Process int
	// Unfinished: a change of who may read the encrypted files was cut off; FinishRecipients ends it.
	Unfinished bool
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
		CanList: status.CanList, MaxSize: status.MaxSize, Process: status.Process, Unfinished: status.Unfinished,
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

// LockKeyring locks the keyring for everybody who uses it, and has the kernel forget a passphrase that
// Remember gave it. locks is false for one that cannot be locked: memory, and the keyrings of macOS and
// Windows, which lock with the user's session.
func (f *Fleet) LockKeyring(ctx context.Context) (locks bool, err error) {
	ctx, op := f.begin(ctx, "lock keyring", Key{})
	defer op.end(&err)
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return false, err
	}
	return r.Lock(ctx)
}

// CreateKeyring makes the default keyring that is missing where the keyring program runs and has none to
// store in. Its new password is asked for by that program, or by Passphrase.Ask.
func (f *Fleet) CreateKeyring(ctx context.Context) (err error) {
	ctx, op := f.begin(ctx, "create keyring", Key{})
	defer op.end(&err)
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return err
	}
	return r.Create(ctx)
}

// ErrNotEncrypted says that the call is about encrypted files, and secrets are elsewhere.
var ErrNotEncrypted = errors.New("secrets are not in encrypted files")

// onFiles does something with the encrypted files, or is ErrNotEncrypted.
func (f *Fleet) onFiles(ctx context.Context, name string, do func(context.Context, *keyring.Encrypted) error) (err error) {
	ctx, op := f.begin(ctx, name, Key{})
	defer op.end(&err)
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return err
	}
	files, ok := r.Encrypted()
	if !ok {
		return ErrNotEncrypted
	}
	return do(ctx, files)
}

// Remember has the kernel keep the encrypted files open for a while, at least a second, so that other
// processes of this user need no passphrase. Every process of this user can read it there. It is
// keyring.ErrUnavailable where the kernel keeps no keys for us, ErrNotEncrypted for other keyrings.
func (f *Fleet) Remember(ctx context.Context, life time.Duration) error {
	return f.onFiles(ctx, "remember passphrase", func(ctx context.Context, files *keyring.Encrypted) error {
		if err := files.Unlock(ctx); err != nil {
			return err
		}
		return files.Remember(ctx, life)
	})
}

// ChangePassphrase asks for the passphrase of the encrypted files and for a new one, which the files open
// with from then on. Copies of them made before open with the old one. It is ErrNotEncrypted for other
// keyrings.
func (f *Fleet) ChangePassphrase(ctx context.Context) error {
	return f.onFiles(ctx, "change passphrase", func(ctx context.Context, files *keyring.Encrypted) error {
		return files.ChangePassphrase(ctx)
	})
}

// Recipients are whom the encrypted files can be read by, as age writes it. It is ErrNotEncrypted for other
// keyrings.
func (f *Fleet) Recipients(ctx context.Context) (recipients []string, err error) {
	err = f.onFiles(ctx, "read recipients", func(ctx context.Context, files *keyring.Encrypted) error {
		recipients, err = files.Recipients(ctx)
		return err
	})
	return recipients, err
}

// LookAtRecipients is Recipients without asking anybody: where the files are locked it fails.
func (f *Fleet) LookAtRecipients(ctx context.Context) ([]string, error) {
	return f.Recipients(passphrase.Quietly(ctx))
}

// IsRecipient reports whether a text is a recipient as AddRecipient takes it, and not one that was mistyped.
func IsRecipient(text string) bool { return keyring.IsRecipient(text) }

// CheckRecipient says what makes a text no recipient, nil where it is one.
func CheckRecipient(text string) *InputError {
	switch {
	case text == "":
		return &InputError{Field: FieldRecipient, Problem: ProblemEmpty}
	case !strings.HasPrefix(text, "age1"):
		return &InputError{Field: FieldRecipient, Problem: ProblemSyntax}
	case !IsRecipient(text):
		return &InputError{Field: FieldRecipient, Problem: ProblemChecksum}
	}
	return nil
}

// AddRecipient lets one more recipient read the encrypted files, and encrypts all of them anew; report, which
// may be nil, is told how many of them are done. Cut off, it is finished by FinishRecipients.
func (f *Fleet) AddRecipient(ctx context.Context, recipient string, report func(done, total int)) error {
	return f.onFiles(ctx, "add recipient", func(ctx context.Context, files *keyring.Encrypted) error {
		return files.AddRecipient(ctx, recipient, report)
	})
}

// RemoveRecipient encrypts all files anew without a recipient, who keeps what they have read.
func (f *Fleet) RemoveRecipient(ctx context.Context, recipient string, report func(done, total int)) error {
	return f.onFiles(ctx, "remove recipient", func(ctx context.Context, files *keyring.Encrypted) error {
		return files.RemoveRecipient(ctx, recipient, report)
	})
}

// IsOfRecipients reports whether an error says that files cannot be encrypted to the recipients as they are or would
// be. Where those before were read, a removal has it that would leave the files' own identity out.
func IsOfRecipients(err error) bool {
	var unusable *keyring.UnavailableError
	return errors.As(err, &unusable) && unusable.Reason == keyring.RecipientsUnusable
}

// FinishRecipients ends a change of recipients that was cut off.
func (f *Fleet) FinishRecipients(ctx context.Context, report func(done, total int)) error {
	return f.onFiles(ctx, "finish change of recipients", func(ctx context.Context, files *keyring.Encrypted) error {
		return files.Reencrypt(ctx, report)
	})
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
	on, _, err := f.prepare(ctx, keyring.KindAge)
	if err != nil {
		return err
	}
	return f.move(on)
}

// prepare opens and unlocks a keyring of a kind that is not in use, and then its catalogue. The caller closes
// the ground or goes on on it.
func (f *Fleet) prepare(ctx context.Context, kind keyring.Kind) (on *ground, r *keyring.Ring, err error) {
	first := ring{open: f.openRing(kind)}
	if r, err = first.get(ctx); err != nil {
		return nil, nil, err
	}
	if err := r.Unlock(ctx); err != nil {
		return nil, nil, errors.Join(err, first.close())
	}
	if on, err = f.ground(ctx, kind); err != nil {
		return nil, nil, errors.Join(err, first.close())
	}
	on.ring.opened = r
	return on, r, nil
}
