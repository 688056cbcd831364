package agefile

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"botring/internal/secret"
)

const (
	keyType = "user"
	// keyPermission lets every process of the user do everything, and nobody else anything.
	keyPermission = 0x3f3f0000
	// maxCached is the largest payload in bytes of a key of this type.
	maxCached = 32767
)

// remember gives the kernel the identities of an encrypted file.
func remember(sealed []byte, text secret.Secret, life time.Duration) error {
	seconds := int((life + time.Second - 1) / time.Second)
	if seconds <= 0 || text.Len() > maxCached {
		return fmt.Errorf("%w: cannot keep %d bytes for %s", ErrNoCache, text.Len(), life)
	}
	return onThread(func() error {
		// A key's permission may be set by who possesses it: by way of a keyring of this thread's, since
		// the user's own need not be linked to the session.
		if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, unix.KEY_SPEC_USER_KEYRING, unix.KEY_SPEC_THREAD_KEYRING, 0, 0); err != nil {
			return err
		}
		id, err := unix.AddKey(keyType, cacheName(sealed), []byte(text.Reveal()), unix.KEY_SPEC_USER_KEYRING)
		if err != nil {
			return err
		}
		_, err = unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, seconds, 0, 0)
		if err == nil {
			err = unix.KeyctlSetperm(id, keyPermission)
		}
		if err != nil {
			_, _ = unix.KeyctlInt(unix.KEYCTL_REVOKE, id, 0, 0, 0)
		}
		return err
	})
}

// recall returns the identities of an encrypted file if the kernel has them.
func recall(sealed []byte) *keys {
	id, err := find(sealed)
	if err != nil {
		return nil
	}
	content := make([]byte, maxCached)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, content, 0)
	if err != nil || n > len(content) {
		return nil
	}
	k, err := parseKeys(secret.New(string(content[:n])))
	if err != nil {
		return nil
	}
	return k
}

// forget has the kernel drop the identities of an encrypted file.
func forget(sealed []byte) error {
	id, err := find(sealed)
	if err != nil {
		// There is none, it has expired, or there is no keyring it could be in.
		return nil //nolint:nilerr // nothing is remembered, which is what was asked for
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_REVOKE, id, 0, 0, 0); err != nil && !errors.Is(err, unix.EKEYREVOKED) {
		return fmt.Errorf("%w: %w", ErrNoCache, err)
	}
	_, _ = unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	return nil
}

func find(sealed []byte) (id int, err error) {
	return unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, keyType, cacheName(sealed), 0)
}

// onThread makes a call on a thread that ends with it, and its keyring with it.
func onThread(call func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- call()
	}()
	if err := <-done; err != nil {
		return fmt.Errorf("%w: %w", ErrNoCache, err)
	}
	return nil
}
