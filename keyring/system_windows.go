package keyring

import (
	"context"

	"github.com/danieljoos/wincred"
)

func openSystem(_ context.Context, opts Options) (Store, error) {
	return newCredentialStore(windowsCredentials{}, opts.Ring), nil
}

// windowsCredentials is the Credential Manager of this computer.
type windowsCredentials struct{}

func (windowsCredentials) read(target string) (credential, error) {
	c, err := wincred.GetGenericCredential(target)
	if err != nil {
		return credential{}, err
	}
	return fromWindows(&c.Credential), nil
}

func (windowsCredentials) write(c credential) error {
	g := wincred.NewGenericCredential(c.target)
	g.UserName, g.Comment, g.CredentialBlob = c.user, c.comment, c.blob
	return g.Write()
}

func (windowsCredentials) delete(target string) error {
	return wincred.NewGenericCredential(target).Delete()
}

func (windowsCredentials) list(prefix string) ([]credential, error) {
	found, err := wincred.FilteredList(prefix + "*")
	if err != nil {
		return nil, err
	}
	list := make([]credential, len(found))
	for i, c := range found {
		list[i] = fromWindows(c)
	}
	return list, nil
}

func fromWindows(c *wincred.Credential) credential {
	return credential{target: c.TargetName, user: c.UserName, comment: c.Comment, blob: c.CredentialBlob}
}
