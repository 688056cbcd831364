package agefile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"time"
)

// Remember has the kernel keep the identity for a while, so that other processes need no passphrase.
// Every process of this user can read it there. It is ErrNoCache where the kernel has no keyring for us,
// as on other systems than Linux and in most containers.
func (s *Store) Remember(ctx context.Context, life time.Duration) error {
	k, err := s.unlock(ctx, false)
	if err != nil {
		return err
	}
	sealed, err := do(ctx, s.readIdentities)
	if err != nil {
		return err
	}
	return remember(sealed, k.text, life)
}

// Forget has the kernel forget the identity. That it knew none is no error.
func (s *Store) Forget(ctx context.Context) error {
	sealed, err := do(ctx, s.readIdentities)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return forget(sealed)
}

// cacheName is what the kernel knows the identity of an encrypted file by. With another passphrase it is
// another file, so what is remembered opens only what it came from.
func cacheName(sealed []byte) string {
	sum := sha256.Sum256(sealed)
	return "botring:age:" + hex.EncodeToString(sum[:16])
}
