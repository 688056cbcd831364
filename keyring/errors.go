package keyring

import (
	"context"
	"errors"
	"fmt"
)

// A Reason says what exactly is missing where a keyring is unavailable.
type Reason int

// The reasons of an UnavailableError.
const (
	// NoSessionBus: no D-Bus session is running, or it does not let us in.
	NoSessionBus Reason = iota + 1
	// NoSecretService: nothing on the bus keeps secrets, and the bus can start nothing that does; on
	// macOS, /usr/bin/security is missing.
	NoSecretService
	// NoCollection: the keyring program runs and has no default collection (or keychain) to store in.
	NoCollection
	// NoEncryption: the keyring program would take secrets over the bus only in the clear.
	NoEncryption
	// NoLogonSession: Windows has no credential set for this kind of logon, such as a network logon.
	NoLogonSession
	// NoAnswer: the keyring program is there and does not answer.
	NoAnswer
	// KeyringFault: the keyring program answered with a fault of its own, or with nonsense.
	KeyringFault
	// NoLockFile: the lock that writers take cannot be made on disk.
	NoLockFile
	// UnsupportedOS: no store is written for this operating system.
	UnsupportedOS
	// UnknownKind: Options name a kind of store that does not exist.
	UnknownKind
	// NoStoreDir: it is not known where encrypted files should be; there is no home directory.
	NoStoreDir
	// StoreUnsafe: others can write to the encrypted files, or there are links among them.
	StoreUnsafe
	// StoreNotWritable: the directory of the encrypted files, or its file system, is read-only for us.
	StoreNotWritable
	// StoreFull: the disk, or what this process may write of it, has no room for another file.
	StoreFull
	// StoreFault: the file system that holds the encrypted files has a fault of its own.
	StoreFault
	// IdentityMissing: there are encrypted files, and nothing that a passphrase could open them with.
	IdentityMissing
	// IdentityDamaged: what the passphrase opens is not what age wrote.
	IdentityDamaged
	// RecipientsUnusable: a recipient, or the file of recipients, is not one that items could be
	// encrypted to.
	RecipientsUnusable
	// PassphraseFileRefused: the file that has the passphrase is missing, others could read it, or it
	// holds none.
	PassphraseFileRefused
	// PassphraseChanged: another process changed the passphrase at the same time.
	PassphraseChanged
	// NoKernelKeyring: the kernel keeps no keys for us, as in most containers.
	NoKernelKeyring
)

// String names the reason in a few words.
func (r Reason) String() string {
	switch r {
	case NoSessionBus:
		return "no D-Bus session"
	case NoSecretService:
		return "no Secret Service"
	case NoCollection:
		return "no default collection"
	case NoEncryption:
		return "no encrypted session"
	case NoLogonSession:
		return "no credential set for this logon"
	case NoAnswer:
		return "no answer"
	case KeyringFault:
		return "a fault of the keyring's own"
	case NoLockFile:
		return "no lock file"
	case UnsupportedOS:
		return "not on this operating system"
	case UnknownKind:
		return "no such kind of keyring"
	case NoStoreDir:
		return "no place for encrypted files"
	case StoreUnsafe:
		return "unsafe encrypted files"
	case StoreNotWritable:
		return "read-only encrypted files"
	case StoreFull:
		return "no room for encrypted files"
	case StoreFault:
		return "a fault of the file system's"
	case IdentityMissing:
		return "no identity"
	case IdentityDamaged:
		return "damaged identity"
	case RecipientsUnusable:
		return "unusable recipients"
	case PassphraseFileRefused:
		return "passphrase file refused"
	case PassphraseChanged:
		return "passphrase changed meanwhile"
	case NoKernelKeyring:
		return "no kernel keyring"
	default:
		return fmt.Sprintf("reason %d", int(r))
	}
}

// An UnavailableError is ErrUnavailable with what is missing.
type UnavailableError struct {
	Reason Reason
	// Err is what was observed, nil where the reason says all.
	Err error
}

// Error says what is missing and what was observed.
func (e *UnavailableError) Error() string {
	text := ErrUnavailable.Error() + ": " + e.Reason.String()
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap makes the error an ErrUnavailable as well as what was observed.
func (e *UnavailableError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, e.Err}
}

// unavailable makes an UnavailableError.
func unavailable(reason Reason, err error) error { return &UnavailableError{Reason: reason, Err: err} }

// A LockedError is ErrLocked with how it came to that.
type LockedError struct {
	// Unanswered: a prompt was shown and the context ended before somebody answered it; it may still be
	// on the screen. Otherwise the keyring offered no prompt.
	Unanswered bool
	// NoPrompter: the keyring program has no screen to show its prompt on, and its password was not given
	// otherwise.
	NoPrompter bool
	// NotAsked: the keyring wants to prompt, for itself or for one item, and Options.NoPrompts says that nobody
	// is to be asked. Nothing was written.
	NotAsked bool
	// NeedsPassphrase: the store opens with a passphrase, no file has it, and there is nobody to ask.
	NeedsPassphrase bool
	Err             error
}

// Error says what was observed.
func (e *LockedError) Error() string {
	if e.Err == nil {
		return ErrLocked.Error()
	}
	return ErrLocked.Error() + ": " + e.Err.Error()
}

// Unwrap makes the error an ErrLocked as well as what was observed, such as the context's error.
func (e *LockedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrLocked}
	}
	return []error{ErrLocked, e.Err}
}

// A HeldError is ErrHeld with who it is.
type HeldError struct {
	// Process is the other process's id, 0 where the system does not tell.
	Process int
	// Stopped: that process is stopped, as by ctrl+z, and holds the lock until it goes on or is ended.
	Stopped bool
	Err     error
}

// Error says what was observed.
func (e *HeldError) Error() string {
	if e.Err == nil {
		return ErrHeld.Error()
	}
	return ErrHeld.Error() + ": " + e.Err.Error()
}

// Unwrap makes the error an ErrHeld.
func (e *HeldError) Unwrap() error { return ErrHeld }

// A Refusal says why access was denied, where that is known.
type Refusal int

// The refusals of a DeniedError.
const (
	// WrongPassphrase: the passphrase was wrong, at every try.
	WrongPassphrase Refusal = iota + 1
	// NoPassphrase: somebody was asked for the passphrase and gave none, or no new one that will do.
	NoPassphrase
	// NoPermission: the operating system does not let us read the files.
	NoPermission
	// WrongPassword: the password of the system's keyring was wrong, at every try.
	WrongPassword
)

// String names the refusal in a few words.
func (r Refusal) String() string {
	switch r {
	case WrongPassphrase:
		return "wrong passphrase"
	case NoPassphrase:
		return "no passphrase given"
	case NoPermission:
		return "no permission"
	case WrongPassword:
		return "wrong password"
	default:
		return fmt.Sprintf("refusal %d", int(r))
	}
}

// A DeniedError is ErrDenied with why.
type DeniedError struct {
	Refusal Refusal
	Err     error
}

// Error says why and what was observed.
func (e *DeniedError) Error() string {
	text := ErrDenied.Error() + ": " + e.Refusal.String()
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap makes the error an ErrDenied as well as what was observed.
func (e *DeniedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrDenied}
	}
	return []error{ErrDenied, e.Err}
}

// ended returns the error of a context that is over, with its cause, or nil.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
