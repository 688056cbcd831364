package keyring

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"

	"botring/internal/secret"
)

// Limits of the Windows Credential Manager, from wincred.h.
const (
	credentialBlobSize      = 5 * 512 // CRED_MAX_CREDENTIAL_BLOB_SIZE, bytes
	credentialCommentLength = 256     // CRED_MAX_STRING_LENGTH, UTF-16 units
)

// System error codes of Windows, as the Credential Manager uses them.
const (
	errorAccessDenied       = syscall.Errno(5)
	errorNotReady           = syscall.Errno(21)
	errorNotFound           = syscall.Errno(1168)
	errorCancelled          = syscall.Errno(1223)
	errorNoSuchLogonSession = syscall.Errno(1312)
	errorBadStub            = syscall.Errno(1783) // RPC_X_BAD_STUB_DATA: the blob is too large
)

// A credential is a generic credential of the Credential Manager.
type credential struct {
	target  string // the key, without regard to case
	user    string
	comment string
	blob    []byte
}

// A credentialManager is what a credentialStore needs of Windows; errors are its system error codes.
type credentialManager interface {
	read(target string) (credential, error)
	write(credential) error
	delete(target string) error
	// list returns all credentials whose target begins with prefix.
	list(prefix string) ([]credential, error)
}

// A credentialStore keeps items in the Windows Credential Manager, under the names that
// zalando/go-keyring gives them: target "service:username", user name "username".
type credentialStore struct {
	manager credentialManager
	ring    string
	calls   background
}

func newCredentialStore(manager credentialManager, ring string) *credentialStore {
	return &credentialStore{manager: manager, ring: ring, calls: newBackground()}
}

// target is the key of an item. Windows takes keys that differ in case alone for one, so capitals are
// marked; names without any, the usual ones, stay as they are.
func (s *credentialStore) target(name string) string {
	return markCapitals(s.ring) + ":" + markCapitals(name)
}

func markCapitals(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c == '^':
			b.WriteString("^^")
		case 'A' <= c && c <= 'Z':
			b.WriteByte('^')
			b.WriteByte(c - 'A' + 'a')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (s *credentialStore) Get(ctx context.Context, name string) (secret.Secret, error) {
	c, err := inBackground(ctx, s.calls, func() (credential, error) { return s.manager.read(s.target(name)) })
	return secret.New(string(c.blob)), credentialError(err)
}

func (s *credentialStore) Put(ctx context.Context, item Item) error {
	if item.Value.Len() > credentialBlobSize {
		return ErrTooLarge
	}
	_, err := inBackground(ctx, s.calls, func() (struct{}, error) {
		return struct{}{}, s.manager.write(credential{
			target:  s.target(item.Name),
			user:    item.Name,
			comment: cutUTF16(item.Label, credentialCommentLength-1), // one for the final NUL
			blob:    []byte(item.Value.Reveal()),
		})
	})
	return credentialError(err)
}

func (s *credentialStore) Delete(ctx context.Context, name string) error {
	_, err := inBackground(ctx, s.calls, func() (struct{}, error) {
		return struct{}{}, s.manager.delete(s.target(name))
	})
	return credentialError(err)
}

func (s *credentialStore) List(ctx context.Context) ([]string, error) {
	prefix := s.target("")
	found, err := inBackground(ctx, s.calls, func() ([]credential, error) { return s.manager.list(prefix) })
	if errors.Is(err, errorNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, credentialError(err)
	}
	names := make([]string, 0, len(found))
	for _, c := range found {
		// The user name is the item's name as it was written; a credential it does not fit is not ours.
		if c.target == s.target(c.user) {
			names = append(names, c.user)
		}
	}
	slices.Sort(names)
	return names, nil
}

// MaxSize is the same for every name.
func (s *credentialStore) MaxSize(string) int { return credentialBlobSize }

func (s *credentialStore) Status(context.Context) (Status, error) {
	return Status{
		Kind: KindSystem, Provider: "Windows Credential Manager", CanList: true, MaxSize: credentialBlobSize,
	}, nil
}

// credentialError maps a system error code of Windows.
func credentialError(err error) error {
	var code syscall.Errno
	if err == nil || !errors.As(err, &code) {
		return backgroundError(err)
	}
	switch code {
	case errorNotFound:
		return ErrNotFound
	case errorAccessDenied, errorCancelled:
		return as(ErrDenied)(err)
	case errorNoSuchLogonSession:
		return unavailable(NoLogonSession, err)
	case errorNotReady:
		return &LockedError{Err: err}
	case errorBadStub:
		return as(ErrTooLarge)(err)
	default:
		return unavailable(KeyringFault, err)
	}
}

// cutUTF16 cuts a text to as many UTF-16 units, between characters.
func cutUTF16(text string, units int) string {
	for i, r := range text {
		width := 1
		if r > 0xFFFF {
			width = 2
		}
		if units < width {
			return text[:i]
		}
		units -= width
	}
	return text
}
