package keyring

import (
	"context"

	gokeyring "github.com/zalando/go-keyring"
)

func openSystem(_ context.Context, opts Options) (Store, error) {
	return newKeychainStore(keychain{
		get: gokeyring.Get, set: gokeyring.Set, delete: gokeyring.Delete,
		notFound: gokeyring.ErrNotFound, tooLarge: gokeyring.ErrSetDataTooBig,
	}, opts.Ring), nil
}
