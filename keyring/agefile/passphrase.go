package agefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

// credential is the name of the systemd credential that is the passphrase.
const credential = "botring"

// withPassphrase calls try with the passphrase that a file holds, or with those somebody gives until one
// is right.
func (s *Store) withPassphrase(ctx context.Context, try func(secret.Secret) error) error {
	given, found, err := s.fromFile(ctx)
	switch {
	case err != nil:
		return err
	case found:
		return try(given)
	}
	return ofAsking(s.opts.Ask.Open(ctx, passphrase.Files, s.opts.Dir, try))
}

// withNewPassphrase calls use with the passphrase for a new store, which may come from a file, or for a
// change, which never does: the file has the old one.
func (s *Store) withNewPassphrase(ctx context.Context, purpose passphrase.Purpose, use func(secret.Secret) error) error {
	if purpose == passphrase.ToCreate {
		given, found, err := s.fromFile(ctx)
		if err != nil {
			return err
		}
		if again := passphrase.Unfit(given); found && again != passphrase.First {
			return fmt.Errorf("%w: the passphrase is %s", ErrPassphraseFile, again)
		}
		if found {
			return use(given)
		}
	}
	return ofAsking(s.opts.Ask.New(ctx, passphrase.Files, s.opts.Dir, purpose, use))
}

// ofAsking: a store whose passphrase nobody gives stays locked.
func ofAsking(err error) error {
	if errors.Is(err, passphrase.ErrUnanswered) {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}

// fromFile reads the passphrase from the file or the credential that has it; found is false where there
// is neither. A file that is named and cannot be used is an error: asking instead would hide it.
func (s *Store) fromFile(ctx context.Context) (given secret.Secret, found bool, err error) {
	path, forbidden := s.opts.PassphraseFile, fs.FileMode(0o077)
	if path == "" {
		if s.opts.CredentialsDir == "" {
			return secret.Secret{}, false, nil
		}
		// systemd gives its services access by an access control list, which shows as bits of the group.
		path, forbidden = filepath.Join(s.opts.CredentialsDir, credential), 0o037
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return secret.Secret{}, false, nil
		}
	}
	given, err = do(ctx, func() (secret.Secret, error) { return readPassphrase(path, forbidden) })
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %s: %w", ErrPassphraseFile, path, err)
	}
	return given, true, err
}

// readPassphrase reads the one line of a regular file whose mode has none of the forbidden bits.
func readPassphrase(path string, forbidden fs.FileMode) (secret.Secret, error) {
	// Links are followed: what it is, and whose, is asked of the file itself.
	before, err := os.Stat(path)
	if err != nil {
		return secret.Secret{}, err
	}
	if !before.Mode().IsRegular() {
		return secret.Secret{}, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return secret.Secret{}, err
	}
	defer closeRead(f)
	info, err := f.Stat()
	if err != nil {
		return secret.Secret{}, err
	}
	if !os.SameFile(before, info) {
		return secret.Secret{}, errors.New("it was replaced while it was opened")
	}
	if err := checkPassphraseFile(info, forbidden); err != nil {
		return secret.Secret{}, err
	}
	content, err := io.ReadAll(io.LimitReader(f, passphrase.MaxBytes+3))
	if err != nil {
		return secret.Secret{}, err
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case line == "":
		return secret.Secret{}, errors.New("it is empty")
	case len(line) > passphrase.MaxBytes:
		return secret.Secret{}, fmt.Errorf("longer than %d bytes", passphrase.MaxBytes)
	case strings.ContainsAny(line, "\r\n"):
		return secret.Secret{}, errors.New("it has more than one line")
	}
	return secret.New(line), nil
}
