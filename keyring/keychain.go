package keyring

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"

	"botring/internal/secret"
)

// A keychain is what a keychainStore needs of zalando/go-keyring on macOS, which runs
// /usr/bin/security and knows no context.
type keychain struct {
	get    func(service, name string) (string, error)
	set    func(service, name, value string) error
	delete func(service, name string) error
	// notFound and tooLarge are go-keyring's errors of that meaning.
	notFound, tooLarge error
}

// A keychainStore keeps items in the macOS keychain. It cannot list them, and it cannot label them.
type keychainStore struct {
	keychain keychain
	ring     string
	calls    background
}

func newKeychainStore(keychain keychain, ring string) *keychainStore {
	return &keychainStore{keychain: keychain, ring: ring, calls: newBackground()}
}

func (s *keychainStore) Get(ctx context.Context, name string) (secret.Secret, error) {
	value, err := inBackground(ctx, s.calls, func() (string, error) { return s.keychain.get(s.ring, name) })
	if err != nil {
		return secret.Secret{}, s.error(err)
	}
	return secret.New(value), nil
}

func (s *keychainStore) Put(ctx context.Context, item Item) error {
	_, err := inBackground(ctx, s.calls, func() (struct{}, error) {
		return struct{}{}, s.keychain.set(s.ring, item.Name, item.Value.Reveal())
	})
	return s.error(err)
}

func (s *keychainStore) Delete(ctx context.Context, name string) error {
	_, err := inBackground(ctx, s.calls, func() (struct{}, error) {
		return struct{}{}, s.keychain.delete(s.ring, name)
	})
	return s.error(err)
}

// List is what security(1) offers no way to do without reading every item of every program.
func (s *keychainStore) List(context.Context) ([]string, error) { return nil, ErrCannotList }

func (s *keychainStore) Status(context.Context) (Status, error) {
	return Status{
		Kind: KindSystem, Provider: "macOS Keychain", CanList: false,
		MaxSize: s.MaxSize(strings.Repeat("n", MaxName)),
	}, nil
}

// go-keyring writes an item by handing security(1) one line, of at most 4,096 bytes, on its standard input:
//
//	add-generic-password -U -s SERVICE -a NAME -w go-keyring-base64:VALUE
const (
	keychainLine  = 4096
	keychainWords = len("add-generic-password -U -s  -a  -w \n") + len("go-keyring-base64:")
)

// MaxSize is what that line leaves for a value, of which base64 makes four bytes from three.
func (s *keychainStore) MaxSize(name string) int {
	room := keychainLine - keychainWords - shellLen(s.ring) - shellLen(name)
	return max(room/4*3, 0)
}

// shellLen is the length of a text once go-keyring has quoted it for that line.
func shellLen(text string) int {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_@%+=:,./-", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !safe(r) }) < 0 {
		return len(text)
	}
	// In quotes, where each quote of its own becomes '"'"'.
	return len(text) + 2 + 4*strings.Count(text, "'")
}

// error maps what security(1) says by its exit status, which is the lowest byte of an OSStatus.
func (s *keychainStore) error(err error) error {
	var exit interface{ ExitCode() int }
	switch {
	case err == nil:
		return nil
	case errors.Is(err, s.keychain.notFound):
		return ErrNotFound
	case errors.Is(err, s.keychain.tooLarge):
		return as(ErrTooLarge)(err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return unavailable(NoSecretService, err)
	case !errors.As(err, &exit):
		return backgroundError(err)
	}
	switch exit.ExitCode() {
	case 36: // errSecInteractionNotAllowed, -25308: locked, and nobody at the screen to ask
		return &LockedError{Err: err}
	case 51, 128: // errSecAuthFailed, -25293; userCanceledErr, -128
		return as(ErrDenied)(err)
	case 37, 50: // errSecNoDefaultKeychain, -25307; errSecNoSuchKeychain, -25294
		return unavailable(NoCollection, err)
	case 44: // errSecItemNotFound, -25300
		return ErrNotFound
	default:
		return unavailable(KeyringFault, err)
	}
}
