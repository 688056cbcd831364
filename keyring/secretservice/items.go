package secretservice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
)

// search returns the items with these attributes in all collections, and those of them that are locked.
func (l *link) search(ctx context.Context, attributes Attributes) (items, locked []dbus.ObjectPath, err error) {
	err = l.call(ctx, servicePath, serviceInterface+".SearchItems", map[string]string(attributes)).store(&items, &locked)
	if err != nil {
		return nil, nil, fmt.Errorf("search: %w", err)
	}
	return items, locked, nil
}

// find searches, and unlocks what has to be unlocked for the answer to be the whole truth: a locked
// KeePassXC finds nothing, and one that is unlocked may want to be asked about single items.
func (c *Client) find(ctx context.Context, l *link, attributes Attributes) ([]dbus.ObjectPath, error) {
	items, locked, err := l.search(ctx, attributes)
	if err != nil || len(items) > 0 && len(locked) == 0 {
		return items, err
	}
	collection, err := l.defaultCollection(ctx)
	switch {
	case errors.Is(err, ErrNoCollection) && len(locked) > 0:
		// The items are elsewhere.
	case err != nil:
		return nil, err
	default:
		shut, err := l.locked(ctx, collection)
		if err != nil {
			return nil, err
		}
		if shut {
			if err := c.unlockCollection(ctx, l, collection); err != nil {
				return nil, err
			}
		}
		// Nothing is no answer yet where the collection is open: another call may have unlocked it since.
		if shut || len(items)+len(locked) == 0 {
			if items, locked, err = l.search(ctx, attributes); err != nil {
				return nil, err
			}
		}
	}
	if len(locked) > 0 {
		if err := c.openItems(ctx, l, locked); err != nil {
			return nil, fmt.Errorf("unlock items: %w", err)
		}
	}
	return append(items, locked...), nil
}

// get is Get on a connection.
func (c *Client) get(ctx context.Context, l *link, attributes Attributes) (secret.Secret, error) {
	items, err := c.find(ctx, l, attributes)
	if err != nil {
		return secret.Secret{}, err
	}
	if len(items) == 0 {
		return secret.Secret{}, ErrNotFound
	}
	if items, err = l.ranked(ctx, items); err != nil {
		return secret.Secret{}, err
	}
	return l.secret(ctx, items[len(items)-1])
}

// secret reads an item's secret. An item that is locked though its collection is not, as KeePassXC's are
// until the user has let us at them, is unlocked first.
func (l *link) secret(ctx context.Context, item dbus.ObjectPath) (secret.Secret, error) {
	var sealed wireSecret
	read := func() error {
		return goneAs(ErrNotFound, l.call(ctx, item, itemInterface+".GetSecret", l.session).store(&sealed))
	}
	err := read()
	if errors.Is(err, ErrLocked) {
		if err := l.unlock(ctx, item); err != nil {
			return secret.Secret{}, fmt.Errorf("unlock item: %w", err)
		}
		err = read()
	}
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read secret: %w", err)
	}
	return l.unwrap(sealed)
}

// ranked sorts items so that the one to be preferred comes last: in the default collection, where writes
// go, and there the one written last. One item, the usual case, costs no call.
func (l *link) ranked(ctx context.Context, items []dbus.ObjectPath) ([]dbus.ObjectPath, error) {
	if len(items) < 2 {
		return items, nil
	}
	collection, err := l.defaultCollection(ctx)
	if err != nil && !errors.Is(err, ErrNoCollection) {
		return nil, err
	}
	modified, err := properties[uint64](ctx, l, items, "Modified")
	if err != nil {
		return nil, err
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	away := func(i int) int {
		if collection != "" && strings.HasPrefix(string(items[i]), string(collection)+"/") {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(order, func(a, b int) int {
		// Where the service does not tell times, they are all zero.
		return cmp.Or(cmp.Compare(away(b), away(a)), cmp.Compare(modified[a].value, modified[b].value))
	})
	sorted := make([]dbus.ObjectPath, len(order))
	for i, original := range order {
		sorted[i] = items[original]
	}
	return sorted, nil
}

// create writes an item to the default collection. wrote is true from the moment the service may have it.
func (c *Client) create(ctx context.Context, l *link, wrote *bool, attributes Attributes, label string, value secret.Secret) error {
	collection, err := l.defaultCollection(ctx)
	if err != nil {
		return err
	}
	sealed, err := l.wrap(value)
	if err != nil {
		return err
	}
	properties := map[string]dbus.Variant{
		itemInterface + ".Label":      dbus.MakeVariant(label),
		itemInterface + ".Attributes": dbus.MakeVariant(map[string]string(attributes)),
	}
	replaces := false
	if l.quiet(ctx) {
		// KeePassXC asks before it replaces what another process wrote, and before no other write.
		items, locked, err := l.search(ctx, attributes)
		if err != nil {
			return err
		}
		replaces = len(items)+len(locked) > 0
	}
	// Twice, because somebody may lock the collection between the look and the write.
	for attempt := 0; ; attempt++ {
		if err := c.unlockCollection(ctx, l, collection); err != nil {
			return err
		}
		var item, prompt dbus.ObjectPath
		*wrote = true
		err := l.call(ctx, collection, collectionInterface+".CreateItem", properties, sealed, true).store(&item, &prompt)
		if errors.Is(err, ErrLocked) && attempt == 0 {
			*wrote = false
			continue
		}
		if err != nil {
			return writeError(wrote, goneAs(ErrNoCollection, err))
		}
		return l.allow(ctx, prompt, replaces)
	}
}

// remove deletes one item; one that is gone already is as good.
func (l *link) remove(ctx context.Context, wrote *bool, item dbus.ObjectPath) error {
	var prompt dbus.ObjectPath
	*wrote = true
	err := l.call(ctx, item, itemInterface+".Delete").store(&prompt)
	if errors.Is(err, errNoObject) {
		return nil
	}
	if err != nil {
		return writeError(wrote, err)
	}
	return l.allow(ctx, prompt, false)
}

// writeError takes wrote back where the write certainly did not arrive, and makes silence what it means
// for a write: it may have arrived.
func writeError(wrote *bool, err error) error {
	if errors.Is(err, errUndelivered) {
		*wrote = false
	}
	if errors.Is(err, ErrNoAnswer) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}
