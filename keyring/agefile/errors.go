package agefile

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"botring/keyring/passphrase"
)

// What can go wrong with a store. Every error that leaves this package wraps one of these or the caller's
// context error.
var (
	// ErrNotFound: there is no item of this name.
	ErrNotFound = errors.New("no such item")
	// ErrBadName: a name that no file should be named after.
	ErrBadName = errors.New("bad name for an item")
	// ErrTooLarge: the value is larger than MaxSize. Nothing was written.
	ErrTooLarge = errors.New("value too large")
	// ErrLocked: the passphrase is needed, no file has it, and there is nobody to ask.
	ErrLocked = errors.New("store is locked")
	// ErrDeclined: whoever was asked for the passphrase gave none.
	ErrDeclined = passphrase.ErrDeclined
	// ErrWrongPassphrase: the passphrase of a file is wrong, or the one that was asked for is, at every try.
	ErrWrongPassphrase = passphrase.ErrWrong
	// ErrPassphraseFile: the file with the passphrase is missing, others could read it, or it holds none.
	ErrPassphraseFile = errors.New("passphrase file refused")
	// ErrUnsafe: others can write to the store, or something in it is no plain file or directory.
	ErrUnsafe = errors.New("store is not safe")
	// ErrNotReadable: the operating system does not let us read.
	ErrNotReadable = errors.New("store cannot be read")
	// ErrNotWritable: the directory or its file system is read-only for us. Nothing was written.
	ErrNotWritable = errors.New("store cannot be written")
	// ErrFull: no room for another file, or not for one of this size. Nothing was written.
	ErrFull = errors.New("no room for the store")
	// ErrNoIdentity: there are items and no identity that could read them.
	ErrNoIdentity = errors.New("identity is missing")
	// ErrDamagedIdentity: the file of the identity is not what age wrote.
	ErrDamagedIdentity = errors.New("identity is damaged")
	// ErrDamagedItem: an item's file is not what age wrote, or is encrypted to others only.
	ErrDamagedItem = errors.New("item is damaged")
	// ErrRecipients: a recipient, or the file of recipients, cannot be used.
	ErrRecipients = errors.New("bad recipients")
	// ErrChanged: another process changed the passphrase meanwhile. Nothing was written.
	ErrChanged = errors.New("identity was changed meanwhile")
	// ErrReadBack: what was written reads differently. The old value is kept.
	ErrReadBack = errors.New("read-back differs")
	// ErrGone: the store's directory went away while it was in use.
	ErrGone = errors.New("store went away")
	// ErrHeld: another process writes to the store and does not come to an end. Nothing was written.
	ErrHeld = errors.New("another process holds the store's lock")
	// ErrNoCache: the kernel has no keyring for us.
	ErrNoCache = errors.New("kernel keyring not available")
	// ErrFault: the file system, or a caller, did something unforeseen.
	ErrFault = errors.New("store fault")
)

// ofRead sorts an error of the file system that a read met. That there is no such file is the caller's
// to judge.
func ofRead(err error) error {
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist), sorted(err):
		return err
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrNotReadable, err)
	default:
		return fmt.Errorf("%w: %w", ErrFault, err)
	}
}

// ofWrite sorts an error of the file system that a write met.
func ofWrite(err error) error {
	switch {
	case err == nil, sorted(err):
		return err
	case isFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrGone, err)
	default:
		return fmt.Errorf("%w: %w", ErrFault, err)
	}
}

// sorted reports whether an error is one of this package's already.
func sorted(err error) bool {
	for _, known := range []error{
		ErrUnsafe, ErrNotReadable, ErrNotWritable, ErrFull, ErrDamagedItem, ErrDamagedIdentity, ErrRecipients,
		ErrReadBack, ErrGone, ErrFault, ErrTooLarge, ErrBadName, ErrNotFound,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
