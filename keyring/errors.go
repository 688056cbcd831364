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
	Err        error
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

// ended returns the error of a context that is over, with its cause, or nil.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
