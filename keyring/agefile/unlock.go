package agefile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

// Unlock opens the store, once a process, and makes it where there is none.
func (s *Store) Unlock(ctx context.Context) error {
	_, err := s.unlock(ctx, true)
	return err
}

// unlock returns the keys, asking for the passphrase if need be. Without create, a store that is not
// there is ErrNoIdentity: there was an item to read.
func (s *Store) unlock(ctx context.Context, create bool) (*keys, error) {
	if k := s.opened(); k != nil {
		return k, ended(ctx)
	}
	release, err := take(ctx, s.opening)
	if err != nil {
		return nil, err
	}
	defer release()
	if k := s.opened(); k != nil {
		return k, nil
	}
	return s.openOrCreate(ctx, create)
}

// hold makes the store an open one.
func (s *Store) hold(k *keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = k
}

func (s *Store) openOrCreate(ctx context.Context, create bool) (*keys, error) {
	sealed, err := do(ctx, s.readIdentities)
	if errors.Is(err, fs.ErrNotExist) {
		if !create {
			return nil, ErrNoIdentity
		}
		k, err := s.create(ctx)
		if !errors.Is(err, fs.ErrExist) {
			return k, err
		}
		// Another process made the store while we asked; its passphrase counts.
		if sealed, err = do(ctx, s.readIdentities); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if k := recall(sealed); k != nil {
		s.hold(k)
		return k, nil
	}
	var k *keys
	_, err = s.unsealAsking(ctx, sealed, func(text secret.Secret) (err error) {
		if k, err = parseKeys(text); err == nil {
			s.hold(k) // before anybody is told that it is open
		}
		return err
	})
	return k, err
}

// unsealAsking decrypts the identities with the passphrase of a file, or of somebody, and calls use with them.
func (s *Store) unsealAsking(ctx context.Context, sealed []byte, use func(secret.Secret) error) (text secret.Secret, err error) {
	err = s.withPassphrase(ctx, func(given secret.Secret) (err error) {
		// It takes its time and cannot be interrupted; given up on, it ends unseen.
		if text, err = do(ctx, func() (secret.Secret, error) { return unseal(sealed, given) }); err != nil {
			return err
		}
		return use(text)
	})
	return text, err
}

// ChangePassphrase encrypts the identities with a new passphrase, after the old one was given once more.
// Items stay as they are, and so do copies of the old file: they open with the old passphrase.
func (s *Store) ChangePassphrase(ctx context.Context) error {
	release, err := take(ctx, s.opening)
	if err != nil {
		return err
	}
	defer release()
	old, err := do(ctx, s.readIdentities)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNoIdentity
	case err != nil:
		return err
	}
	text, err := s.unsealAsking(ctx, old, func(secret.Secret) error { return nil })
	if err != nil {
		return err
	}
	return s.withNewPassphrase(ctx, passphrase.ToChange, func(given secret.Secret) error {
		return s.reseal(ctx, old, text, given)
	})
}

// reseal encrypts the identities with another passphrase, unless they are not the old ones any more.
func (s *Store) reseal(ctx context.Context, old []byte, text, given secret.Secret) error {
	err := s.change(ctx, true, func(root *os.Root) error {
		now, err := readFile(root, identitiesFile, maxIdentities)
		switch {
		case err != nil:
			return err
		case !bytes.Equal(now, old):
			return ErrChanged
		}
		sealed, err := seal(text, given, s.opts.WorkFactor)
		if err != nil {
			return err
		}
		return s.replace(root, identitiesFile, sealed, same(text, unsealWith(given)))
	})
	if err == nil {
		// What the kernel remembers belongs to the old file. It may not be there at all.
		_ = forget(old)
	}
	return err
}
