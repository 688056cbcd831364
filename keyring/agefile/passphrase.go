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
	"unicode"
	"unicode/utf8"

	"botring/internal/secret"
)

const (
	// MinPassphrase is the shortest new passphrase, in characters.
	MinPassphrase = 8
	// credential is the name of the systemd credential that is the passphrase.
	credential = "botring"
	// maxPassphrase is the longest passphrase in bytes.
	maxPassphrase = 4096
	// maxTries is how often somebody is asked before it counts as refused.
	maxTries = 3
)

// A Purpose says what a passphrase is for.
type Purpose int

// The purposes of a passphrase.
const (
	// ToOpen: the one the store is encrypted with.
	ToOpen Purpose = iota + 1
	// ToCreate: a new one, for a store that is made. Whoever forgets it loses the store.
	ToCreate
	// ToChange: a new one in place of the old, which was asked for before.
	ToChange
	// ToConfirm: the new one once more.
	ToConfirm
)

// String names the purpose.
func (p Purpose) String() string {
	switch p {
	case ToOpen:
		return "open"
	case ToCreate:
		return "create"
	case ToChange:
		return "change"
	case ToConfirm:
		return "confirm"
	default:
		return fmt.Sprintf("purpose %d", int(p))
	}
}

// An Again says why a passphrase is asked for once more.
type Again int

// Why a passphrase is asked for.
const (
	// First: it was not asked for before.
	First Again = iota
	// Wrong: the last one did not open the store.
	Wrong
	// Different: the last one and its confirmation were not the same.
	Different
	// TooShort: the last one had fewer than MinPassphrase characters.
	TooShort
	// NotTypeable: the last one held control characters or was no UTF-8 text, or was longer than 4096 bytes.
	NotTypeable
)

// String says it in a word or two.
func (a Again) String() string {
	switch a {
	case First:
		return "first"
	case Wrong:
		return "wrong"
	case Different:
		return "different"
	case TooShort:
		return "too short"
	case NotTypeable:
		return "not typeable"
	default:
		return fmt.Sprintf("again %d", int(a))
	}
}

// An Ask is a question for a passphrase.
type Ask struct {
	Purpose Purpose
	Again   Again
	// Dir is the store's directory.
	Dir string
}

// withPassphrase calls try with the passphrase that a file holds, or with those somebody gives until one
// is right.
func (s *Store) withPassphrase(ctx context.Context, try func(secret.Secret) error) error {
	passphrase, found, err := s.fromFile(ctx)
	switch {
	case err != nil:
		return err
	case found:
		return try(passphrase)
	}
	again := First
	for range maxTries {
		passphrase, err := s.ask(ctx, Ask{Purpose: ToOpen, Again: again})
		if err != nil {
			return err
		}
		if err := try(passphrase); !errors.Is(err, ErrWrongPassphrase) {
			return err
		}
		again = Wrong
	}
	return fmt.Errorf("%w, %d times", ErrWrongPassphrase, maxTries)
}

// newPassphrase returns the passphrase for a new store, which may come from a file, or for a change, which
// never does: the file has the old one.
func (s *Store) newPassphrase(ctx context.Context, purpose Purpose) (secret.Secret, error) {
	if purpose == ToCreate {
		passphrase, found, err := s.fromFile(ctx)
		if err != nil {
			return secret.Secret{}, err
		}
		if again := unfit(passphrase); found && again != First {
			return secret.Secret{}, fmt.Errorf("%w: the passphrase is %s", ErrPassphraseFile, again)
		}
		if found {
			return passphrase, nil
		}
	}
	again := First
	for range maxTries {
		passphrase, err := s.ask(ctx, Ask{Purpose: purpose, Again: again})
		if err != nil {
			return secret.Secret{}, err
		}
		if again = unfit(passphrase); again != First {
			continue
		}
		confirmed, err := s.ask(ctx, Ask{Purpose: ToConfirm})
		if err != nil {
			return secret.Secret{}, err
		}
		if confirmed.Equal(passphrase) {
			return passphrase, nil
		}
		again = Different
	}
	return secret.Secret{}, fmt.Errorf("%w: none that will do, %d times", ErrDeclined, maxTries)
}

// unfit says what is wrong with a new passphrase, First where nothing is. It has to be one that can be
// typed into age, too.
func unfit(passphrase secret.Secret) Again {
	text := passphrase.Reveal()
	switch {
	case !utf8.ValidString(text), strings.ContainsFunc(text, unicode.IsControl), len(text) > maxPassphrase:
		return NotTypeable
	case utf8.RuneCountInString(text) < MinPassphrase:
		return TooShort
	default:
		return First
	}
}

// ask asks somebody.
func (s *Store) ask(ctx context.Context, question Ask) (secret.Secret, error) {
	if s.opts.Ask == nil {
		return secret.Secret{}, fmt.Errorf("%w: there is nobody to ask for the passphrase", ErrLocked)
	}
	question.Dir = s.opts.Dir
	passphrase, err := do(ctx, func() (secret.Secret, error) { return s.opts.Ask(ctx, question) })
	switch {
	case err != nil && ctx.Err() != nil:
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrLocked, ended(ctx))
	case err != nil:
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrDeclined, err)
	}
	return passphrase, nil
}

// fromFile reads the passphrase from the file or the credential that has it; found is false where there
// is neither. A file that is named and cannot be used is an error: asking instead would hide it.
func (s *Store) fromFile(ctx context.Context) (passphrase secret.Secret, found bool, err error) {
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
	passphrase, err = do(ctx, func() (secret.Secret, error) { return readPassphrase(path, forbidden) })
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %s: %w", ErrPassphraseFile, path, err)
	}
	return passphrase, true, err
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
	content, err := io.ReadAll(io.LimitReader(f, maxPassphrase+3))
	if err != nil {
		return secret.Secret{}, err
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case line == "":
		return secret.Secret{}, errors.New("it is empty")
	case len(line) > maxPassphrase:
		return secret.Secret{}, fmt.Errorf("longer than %d bytes", maxPassphrase)
	case strings.ContainsAny(line, "\r\n"):
		return secret.Secret{}, errors.New("it has more than one line")
	}
	return secret.New(line), nil
}
