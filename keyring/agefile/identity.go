package agefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

const (
	// maxIdentities is the largest file of identities in bytes. One takes 300.
	maxIdentities = 64 << 10
	// maxWorkFactor bounds what a file can have us compute: 4 times the usual, and 1 GiB.
	maxWorkFactor = DefaultWorkFactor + 2
)

// keys are the identities of an open store.
type keys struct {
	identities []age.Identity
	// recipients are those identities' own, as text.
	recipients []string
	// text is the file of identities in the clear.
	text secret.Secret
}

// parseKeys reads a decrypted file of identities. What is wrong with it is not said: it is a secret.
func parseKeys(text secret.Secret) (*keys, error) {
	identities, err := age.ParseIdentities(bytes.NewReader([]byte(text.Reveal())))
	if err != nil {
		return nil, fmt.Errorf("%w: it holds no identities that age knows", ErrDamagedIdentity)
	}
	k := &keys{identities: identities, text: text}
	for _, identity := range identities {
		switch identity := identity.(type) {
		case *age.X25519Identity:
			k.recipients = append(k.recipients, identity.Recipient().String())
		case *age.HybridIdentity:
			k.recipients = append(k.recipients, identity.Recipient().String())
		}
	}
	return k, nil
}

// newIdentity makes the text of a new file of identities, as age-keygen writes it, and its recipient.
func newIdentity(now time.Time) (text secret.Secret, recipient string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return secret.Secret{}, "", fmt.Errorf("%w: %w", ErrFault, err)
	}
	recipient = identity.Recipient().String()
	return secret.New(fmt.Sprintf("# created: %s\n# public key: %s\n%s\n",
		now.UTC().Format(time.RFC3339), recipient, identity)), recipient, nil
}

// seal encrypts a file of identities with a passphrase.
func seal(text, passphrase secret.Secret, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFault, err)
	}
	recipient.SetWorkFactor(workFactor)
	return encrypt(text, recipient)
}

// unseal decrypts a file of identities. It takes as long as seal took.
func unseal(sealed []byte, passphrase secret.Secret) (secret.Secret, error) {
	identity, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil { // it is empty
		return secret.Secret{}, ErrWrongPassphrase
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	var source io.Reader = bytes.NewReader(sealed)
	if bytes.HasPrefix(sealed, []byte(armor.Header)) {
		source = armor.NewReader(source)
	}
	plain, err := age.Decrypt(source, identity)
	if err != nil {
		var mismatch *age.NoIdentityMatchError
		if errors.As(err, &mismatch) && slices.Equal(mismatch.StanzaTypes, []string{"scrypt"}) {
			return secret.Secret{}, ErrWrongPassphrase
		}
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrDamagedIdentity, err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrDamagedIdentity, err)
	}
	return secret.New(string(text)), nil
}

// encrypt encrypts a value to recipients.
func encrypt(value secret.Secret, recipients ...age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipients...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecipients, err)
	}
	if _, err := io.WriteString(w, value.Reveal()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFault, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFault, err)
	}
	return sealed.Bytes(), nil
}

// decrypt decrypts an item.
func (k *keys) decrypt(sealed []byte) (secret.Secret, error) {
	plain, err := age.Decrypt(bytes.NewReader(sealed), k.identities...)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrDamagedItem, err)
	}
	value, err := io.ReadAll(io.LimitReader(plain, MaxSize+1))
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrDamagedItem, err)
	}
	return secret.New(string(value)), nil
}

// same returns a check that a file decrypts to this value, by whatever decrypts it.
func same(value secret.Secret, decrypt func([]byte) (secret.Secret, error)) func([]byte) error {
	return func(sealed []byte) error {
		got, err := decrypt(sealed)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrReadBack, err)
		case !got.Equal(value):
			return ErrReadBack
		}
		return nil
	}
}

// readIdentities reads the encrypted identities. Where the store was not made yet the error is an
// fs.ErrNotExist, and ErrNoIdentity where it was.
func (s *Store) readIdentities() ([]byte, error) {
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	defer closeRead(root)
	sealed, err := readFile(root, identitiesFile, maxIdentities)
	if !errors.Is(err, fs.ErrNotExist) {
		return sealed, err
	}
	names, listErr := list(context.Background(), root)
	switch {
	case listErr != nil:
		return nil, listErr
	case len(names) > 0:
		return nil, fmt.Errorf("%w: %d items are there", ErrNoIdentity, len(names))
	}
	return nil, err
}

// create makes a store: its directory before the passphrase is asked for, so that nobody thinks one up
// in vain, and its identities last. The error is an fs.ErrExist when another process was faster.
func (s *Store) create(ctx context.Context) (*keys, error) {
	if _, err := do(ctx, func() (struct{}, error) { return struct{}{}, makeAll(s.opts.Dir) }); err != nil {
		return nil, err
	}
	var k *keys
	err := s.withNewPassphrase(ctx, passphrase.ToCreate, func(given secret.Secret) (err error) {
		k, err = s.createWith(ctx, given)
		return err
	})
	return k, err
}

// createWith makes a store's identities and opens it.
func (s *Store) createWith(ctx context.Context, given secret.Secret) (*keys, error) {
	text, recipient, err := newIdentity(time.Now())
	if err != nil {
		return nil, err
	}
	k, err := parseKeys(text)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, true, func(root *os.Root) error {
		if exists(root, identitiesFile) {
			return fs.ErrExist
		}
		sealed, err := seal(text, given, s.opts.WorkFactor)
		if err != nil {
			return err
		}
		line := []byte(recipient + "\n")
		if err := s.replace(root, recipientsFile, line, equal(line)); err != nil {
			return err
		}
		return s.replace(root, identitiesFile, sealed, same(text, unsealWith(given)))
	})
	if err != nil {
		return nil, err
	}
	s.hold(k)
	return k, nil
}

func unsealWith(passphrase secret.Secret) func([]byte) (secret.Secret, error) {
	return func(sealed []byte) (secret.Secret, error) { return unseal(sealed, passphrase) }
}

// equal returns a check that a file holds just this.
func equal(content []byte) func([]byte) error {
	return func(got []byte) error {
		if !bytes.Equal(got, content) {
			return ErrReadBack
		}
		return nil
	}
}

// makeAll makes a directory and those above it, each one on the disk before the next.
func makeAll(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeAll(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return ofWrite(err)
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		// A directory that may be passed and not read cannot be synced either.
		return nil //nolint:nilerr // the directory is there
	}
	defer closeRead(root)
	return ofWrite(syncDir(root, "."))
}
