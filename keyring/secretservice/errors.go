package secretservice

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// What can go wrong. Every error of this package wraps one of these or the caller's context error.
var (
	// ErrNoBus: there is no session bus, or it does not let us in.
	ErrNoBus = errors.New("no D-Bus session bus")
	// ErrNoService: nothing on the bus is a Secret Service, and the bus cannot start one.
	ErrNoService = errors.New("no Secret Service on the session bus")
	// ErrNoCollection: the service has no default collection to put items into.
	ErrNoCollection = errors.New("the Secret Service has no default collection")
	// ErrNoEncryption: the service cannot do what keeps secrets off the bus in the clear.
	ErrNoEncryption = errors.New("the Secret Service offers no encrypted session")
	// ErrFault: the service answered with a fault of its own, or with something that makes no sense.
	ErrFault = errors.New("fault of the Secret Service")
	// ErrNoAnswer: the service is there and does not answer.
	ErrNoAnswer = errors.New("the Secret Service does not answer")
	// ErrLocked: the collection is locked and was not unlocked while the context lasted.
	ErrLocked = errors.New("collection is locked")
	// ErrNoPrompter: the collection is locked, the service cannot show its prompt here, and its password was
	// not given otherwise. It is an ErrLocked.
	ErrNoPrompter = fmt.Errorf("%w and no prompt can be shown", ErrLocked)
	// ErrNotAsked: the service wants to prompt, before it unlocks, reads or writes something, and nobody is to
	// be asked (Options.NoPrompts, passphrase.Quietly). Nothing was read or written. It is an ErrLocked.
	ErrNotAsked = fmt.Errorf("%w and nobody is to be asked", ErrLocked)
	// ErrWrongPassword: the password that somebody gave is wrong, at every try.
	ErrWrongPassword = errors.New("wrong password")
	// ErrDenied: a prompt was dismissed, whoever was asked gave no password, or the bus refused the call.
	ErrDenied = errors.New("denied")
	// ErrGone: service or bus went away in the middle.
	ErrGone = errors.New("the Secret Service went away")
	// ErrNotFound: no item has these attributes.
	ErrNotFound = errors.New("no such item")
	// ErrReadBack: a write was acknowledged, and what was read back differs.
	ErrReadBack = errors.New("what was read back differs from what was written")
)

// errDismissed is an ErrDenied by the end of a prompt: somebody dismissed it, or nobody ever saw it.
var errDismissed = fmt.Errorf("%w: the prompt was dismissed", ErrDenied)

// errWrongPassword is gnome-keyring's answer to one. Other refusals of a password have other names.
var errWrongPassword = fmt.Errorf("%w: wrong password", ErrDenied)

// errNoObject is an ErrFault that means "not found" where the object called is an item or a collection.
var errNoObject = fmt.Errorf("%w: no such object", ErrFault)

// errUndelivered is an ErrGone of which it is certain that the call never reached the service.
var errUndelivered = fmt.Errorf("%w before the call", ErrGone)

// errGonePrompting is an ErrGone while somebody may have been answering a prompt. It is not tried again by
// itself: the successor would show its own prompt to somebody who has just seen one vanish.
var errGonePrompting = fmt.Errorf("%w during its prompt", ErrGone)

// errClosed is what every call gets after Close.
var errClosed = fmt.Errorf("%w: the client is closed", ErrGone)

// callError says what the failure of a call means. ctx is the caller's, not the one with our own deadline.
func callError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	var remote dbus.Error
	switch {
	case errors.As(err, &remote):
		return remoteError(remote)
	case errors.Is(err, context.DeadlineExceeded):
		return ErrNoAnswer
	case errors.Is(err, dbus.ErrClosed):
		// The connection was closed before the call was sent.
		return errUndelivered
	default:
		// Reading or writing the socket failed: end of file, reset, a write that was not taken.
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
}

// remoteError maps the name of a D-Bus error. Its text stays: it comes from service or bus, to which no
// secret was ever shown in the clear.
func remoteError(err dbus.Error) error {
	kind := ErrFault
	switch err.Name {
	case "org.freedesktop.Secret.Error.IsLocked":
		kind = ErrLocked
	case "org.freedesktop.Secret.Error.NoSession",
		"org.freedesktop.DBus.Error.ServiceUnknown",
		"org.freedesktop.DBus.Error.NameHasNoOwner":
		// Calls go to the owner's unique name, so nothing else can have received this one.
		kind = errUndelivered
	case "org.freedesktop.Secret.Error.NoSuchObject",
		"org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.NoSuchObject",
		"org.freedesktop.DBus.Error.UnknownMethod":
		// gnome-keyring answers UnknownMethod for an item that has been deleted.
		kind = errNoObject
	case "org.freedesktop.DBus.Error.NoReply",
		"org.freedesktop.DBus.Error.Disconnected":
		kind = ErrGone
	case "org.freedesktop.DBus.Error.Timeout",
		"org.freedesktop.DBus.Error.TimedOut":
		kind = ErrNoAnswer
	case "org.gnome.keyring.Error.Denied":
		kind = errWrongPassword
	case "org.freedesktop.DBus.Error.AccessDenied",
		"org.freedesktop.DBus.Error.AuthFailed",
		"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
		kind = ErrDenied
	}
	return fmt.Errorf("%w (%s: %s)", kind, err.Name, err.Error())
}

// goneAs replaces the error of a call to an object that is not there.
func goneAs(missing, err error) error {
	if errors.Is(err, errNoObject) {
		return missing
	}
	return err
}

// contextError is the error of a context that has ended, with its cause where there is one.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
