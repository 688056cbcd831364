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
	k, err := s.openOrCreate(ctx, create)
	if s.opts.Opened != nil {
		s.opts.Opened(err)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.keys = k
	s.mu.Unlock()
	return k, nil
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
		return k, nil
	}
	text, err := s.unsealAsking(ctx, sealed)
	if err != nil {
		return nil, err
	}
	return parseKeys(text)
}

// unsealAsking decrypts the identities with the passphrase of a file, or of somebody.
func (s *Store) unsealAsking(ctx context.Context, sealed []byte) (text secret.Secret, err error) {
	err = s.withPassphrase(ctx, func(given secret.Secret) error {
		// It takes its time and cannot be interrupted; given up on, it ends unseen.
		text, err = do(ctx, func() (secret.Secret, error) { return unseal(sealed, given) })
		return err
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
	text, err := s.unsealAsking(ctx, old)
	if err != nil {
		return err
	}
	given, err := s.newPassphrase(ctx, passphrase.ToChange)
	if err != nil {
		return err
	}
	err = s.change(ctx, true, func(root *os.Root) error {
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
