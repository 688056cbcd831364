package secretservice

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

// passwordInterface takes a password from a program instead of a prompt. It is gnome-keyring's, which
// promises nothing about it, and oo7 has it too; the name is theirs (daemon/dbus/gkd-secret-service.c).
const passwordInterface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"

// prompterName is owned by whoever shows gnome-keyring's prompts: the shell of a GNOME desktop, or gcr's
// prompter, which stays for ten seconds after its last prompt. Without a display it never gets as far.
const prompterName = "org.gnome.keyring.SystemPrompter"

// openCollection unlocks a collection by its prompt, or by a password where no prompt can be shown.
func (c *Client) openCollection(ctx context.Context, l *link, collection dbus.ObjectPath) error {
	try := func(password secret.Secret) error { return l.unlockWith(ctx, collection, password) }
	if c.asksFirst(ctx, l) {
		return c.openAsking(ctx, l, collection, try)
	}
	err := l.unlock(ctx, collection)
	switch {
	case !l.unseen(ctx, err):
		return err
	case !c.opts.Ask.Somebody():
		return fmt.Errorf("%w (%w)", ErrNoPrompter, err)
	}
	return c.openAsking(ctx, l, collection, try)
}

// openItems unlocks items that are in another collection than the default one, or locked by themselves.
func (c *Client) openItems(ctx context.Context, l *link, items []dbus.ObjectPath) error {
	err := l.unlock(ctx, items...)
	if !l.unseen(ctx, err) {
		return err
	}
	opened := make(map[dbus.ObjectPath]bool)
	for _, item := range items {
		// gnome-keyring's items stand below their collection.
		collection := dbus.ObjectPath(path.Dir(string(item)))
		if opened[collection] {
			continue
		}
		if err := c.openCollection(ctx, l, collection); err != nil {
			return err
		}
		opened[collection] = true
	}
	return nil
}

// asksFirst reports whether somebody is to be asked before a prompt is shown.
func (c *Client) asksFirst(ctx context.Context, l *link) bool {
	return c.opts.AskFirst && c.opts.Ask.Somebody() && l.takesPasswords(ctx)
}

// unseen reports whether a prompt that counts as dismissed was never on any screen: nobody is there who
// shows prompts.
func (l *link) unseen(ctx context.Context, err error) bool {
	return errors.Is(err, errDismissed) && l.takesPasswords(ctx) && !l.hasPrompter(ctx)
}

// takesPasswords reports whether the service has the interface that takes them.
func (l *link) takesPasswords(ctx context.Context) bool {
	var description string
	err := l.call(ctx, servicePath, "org.freedesktop.DBus.Introspectable.Introspect").store(&description)
	return err == nil && strings.Contains(description, passwordInterface)
}

// hasPrompter reports whether somebody on the bus shows prompts. When it is not known, somebody does.
func (l *link) hasPrompter(ctx context.Context) bool {
	var owned bool
	err := l.send(ctx, l.conn.BusObject(), "org.freedesktop.DBus.NameHasOwner", prompterName).store(&owned)
	return err != nil || owned
}

// openAsking asks for the password of a collection until one is right.
func (c *Client) openAsking(ctx context.Context, l *link, collection dbus.ObjectPath, try func(secret.Secret) error) error {
	var label string
	if err := l.property(ctx, collection, collectionInterface, "Label", &label); err != nil {
		return goneAs(ErrNoCollection, err)
	}
	return ofAsking(c.opts.Ask.Open(ctx, passphrase.Keyring, label, try))
}

// unlockWith unlocks a collection with its password, which travels as secrets do.
func (l *link) unlockWith(ctx context.Context, collection dbus.ObjectPath, password secret.Secret) error {
	master, err := l.wrap(password)
	if err != nil {
		return err
	}
	err = l.call(ctx, servicePath, passwordInterface+".UnlockWithMasterPassword", collection, master).err
	if errors.Is(err, errWrongPassword) {
		return fmt.Errorf("%w: %w", passphrase.ErrWrong, err)
	}
	return goneAs(ErrNoCollection, err)
}

// createCollection makes a collection and has it the default one.
func (c *Client) createCollection(ctx context.Context, l *link, label string) error {
	properties := map[string]dbus.Variant{collectionInterface + ".Label": dbus.MakeVariant(label)}
	if c.asksFirst(ctx, l) {
		return c.createAsking(ctx, l, label, properties)
	}
	var collection, prompt dbus.ObjectPath
	err := l.call(ctx, servicePath, serviceInterface+".CreateCollection", properties, "default").store(&collection, &prompt)
	if err != nil {
		return err
	}
	err = l.await(ctx, prompt)
	switch {
	case !l.unseen(ctx, err):
		return err
	case !c.opts.Ask.Somebody():
		return fmt.Errorf("%w (%w)", ErrNoPrompter, err)
	}
	return c.createAsking(ctx, l, label, properties)
}

// createAsking makes a collection with a password that somebody thinks up. It is never an empty one:
// gnome-keyring writes such a collection in the clear.
func (c *Client) createAsking(ctx context.Context, l *link, label string, properties map[string]dbus.Variant) error {
	return ofAsking(c.opts.Ask.New(ctx, passphrase.Keyring, label, passphrase.ToCreate, func(password secret.Secret) error {
		return l.createWith(ctx, properties, password)
	}))
}

// createWith makes a collection with a password and has it the default one.
func (l *link) createWith(ctx context.Context, properties map[string]dbus.Variant, password secret.Secret) error {
	master, err := l.wrap(password)
	if err != nil {
		return err
	}
	var collection dbus.ObjectPath
	err = l.call(ctx, servicePath, passwordInterface+".CreateWithMasterPassword", properties, master).store(&collection)
	if err != nil {
		return err
	}
	return l.call(ctx, servicePath, serviceInterface+".SetAlias", "default", collection).err
}

// ofAsking makes what came of asking an error of this package's.
func ofAsking(err error) error {
	switch {
	case errors.Is(err, passphrase.ErrUnanswered):
		return fmt.Errorf("%w: %w", ErrLocked, err)
	case errors.Is(err, passphrase.ErrDeclined):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, passphrase.ErrWrong):
		return fmt.Errorf("%w: %w", ErrWrongPassword, err)
	}
	return err
}
