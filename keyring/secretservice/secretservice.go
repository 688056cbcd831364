// Package secretservice is a client of the Secret Service, the D-Bus interface behind which Linux desktops
// keep secrets: gnome-keyring, KeePassXC and KWallet all speak it.
//
// It differs from the usual clients in what it refuses to do. It starts no bus, it sends no secret over the
// bus in the clear, it does not wait for a prompt longer than its caller's context, it never takes a
// dismissed prompt for success, and it does not believe a write before it has read it back.
//
// The specification is https://specifications.freedesktop.org/secret-service-spec/latest/.
package secretservice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

// Attributes are what an item is found by. They are stored in the clear.
type Attributes map[string]string

// A Description says which Secret Service answers and where it would put a new item.
type Description struct {
	// Provider is the program's name, "Secret Service" when it is not a known one.
	Provider string
	// Collection is the label of the default collection.
	Collection string
	// Locked: reading and writing will prompt.
	Locked bool
	// Process is the program's process id, 0 where the bus does not tell.
	Process int
}

// Options say how a client behaves where the service cannot ask for a password itself.
type Options struct {
	// Ask asks somebody for the password of a collection, or for a new one, where no prompt of the service's
	// can be shown: over SSH, or on a machine without a screen. Only gnome-keyring and its kin can be given a
	// password. The zero one has nobody to ask. It is told of the service's prompts, too.
	Ask passphrase.Asker
	// AskFirst: Ask comes before a prompt, which would be on a screen that nobody looks at.
	AskFirst bool
	// NoPrompts: nobody is to be asked. What the service wants to prompt for is ErrNotAsked, at once.
	NoPrompts bool
}

// A Client talks to the user's Secret Service over one connection of its own, which it makes again when
// bus or service were restarted. Its methods may be called at the same time.
type Client struct {
	opts Options
	// connecting and unlocking are mutexes that can be waited for under a context: one makes a connection,
	// one shows a prompt, while the others wait for the outcome.
	connecting, unlocking chan struct{}

	mu     sync.Mutex
	link   *link // nil until there is a connection
	closed bool
}

// Connect connects to the session bus and to the Secret Service on it, which the bus may start. It fails
// with ErrNoBus, ErrNoService or ErrNoEncryption. It does not prompt.
func Connect(ctx context.Context, opts Options) (*Client, error) {
	c := &Client{opts: opts, connecting: make(chan struct{}, 1), unlocking: make(chan struct{}, 1)}
	if _, err := c.connect(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends the connection; calls that are under way fail with ErrGone, and so do later ones.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.link != nil {
		c.link.close()
		c.link = nil
	}
	return nil
}

// Describe says who answers, without prompting. Where there is no default collection it names the
// provider and returns ErrNoCollection.
func (c *Client) Describe(ctx context.Context) (Description, error) {
	var d Description
	err := c.do(ctx, func(l *link, _ *bool) error {
		d.Provider, d.Process = l.provider(ctx)
		collection, err := l.defaultCollection(ctx)
		if err != nil {
			return err
		}
		if err := l.property(ctx, collection, collectionInterface, "Label", &d.Collection); err != nil {
			return fmt.Errorf("read the collection's label: %w", goneAs(ErrNoCollection, err))
		}
		d.Locked, err = l.locked(ctx, collection)
		return err
	})
	return d, err
}

// Unlock unlocks the default collection, waiting for the prompt's answer under ctx: ErrDenied when it is
// dismissed, ErrLocked when ctx ends first. Where no prompt can be shown the password comes from
// Options.Ask: ErrWrongPassword when it is wrong at every try, ErrNoPrompter when there is nobody to ask.
func (c *Client) Unlock(ctx context.Context) error {
	return c.do(ctx, func(l *link, _ *bool) error {
		collection, err := l.defaultCollection(ctx)
		if err != nil {
			return err
		}
		return c.unlockCollection(ctx, l, collection)
	})
}

// Lock locks the default collection. The next call that needs it unlocks it again.
func (c *Client) Lock(ctx context.Context) error {
	return c.do(ctx, func(l *link, _ *bool) error {
		collection, err := l.defaultCollection(ctx)
		if err != nil {
			return err
		}
		return l.lock(ctx, collection)
	})
}

// CreateCollection makes a default collection where there is none, with a password that the service's
// prompt, or Options.Ask, asks for. Its errors are those of Unlock.
func (c *Client) CreateCollection(ctx context.Context, label string) error {
	return c.do(ctx, func(l *link, wrote *bool) error {
		switch _, err := l.defaultCollection(ctx); {
		case err == nil:
			return nil
		case !errors.Is(err, ErrNoCollection):
			return err
		}
		*wrote = true
		if err := c.createCollection(ctx, l, label); err != nil {
			return fmt.Errorf("create a collection: %w", err)
		}
		// A prompt that was answered is no proof.
		_, err := l.defaultCollection(ctx)
		return err
	})
}

// Get returns the secret of the item with these attributes, or ErrNotFound. Of several items it is the one
// in the default collection, and there the newest.
func (c *Client) Get(ctx context.Context, attributes Attributes) (secret.Secret, error) {
	var value secret.Secret
	err := c.do(ctx, func(l *link, _ *bool) (err error) {
		value, err = c.get(ctx, l, attributes)
		return err
	})
	return value, err
}

// Put writes an item to the default collection, in place of the one there with these attributes, and reads
// it back as Get would. When the service goes away in between it returns ErrGone, and whether the write
// arrived is unknown.
func (c *Client) Put(ctx context.Context, attributes Attributes, label string, value secret.Secret) error {
	return c.do(ctx, func(l *link, wrote *bool) error {
		if err := c.create(ctx, l, wrote, attributes, label, value); err != nil {
			return fmt.Errorf("write item: %w", err)
		}
		got, err := c.get(ctx, l, attributes)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrFault):
			return fmt.Errorf("%w: %w", ErrReadBack, err)
		case err != nil:
			return fmt.Errorf("read item back: %w", err)
		case !got.Equal(value):
			return ErrReadBack
		}
		return nil
	})
}

// Delete removes every item with these attributes, in whatever collection. It returns ErrNotFound where
// there is none.
func (c *Client) Delete(ctx context.Context, attributes Attributes) error {
	return c.do(ctx, func(l *link, wrote *bool) error {
		items, err := c.find(ctx, l, attributes)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return ErrNotFound
		}
		for _, item := range items {
			if err := l.remove(ctx, wrote, item); err != nil {
				return fmt.Errorf("delete item: %w", err)
			}
		}
		return nil
	})
}

// Find returns the attributes of every item that has these, in no order.
func (c *Client) Find(ctx context.Context, attributes Attributes) ([]Attributes, error) {
	var found []Attributes
	err := c.do(ctx, func(l *link, _ *bool) error {
		items, err := c.find(ctx, l, attributes)
		if err != nil {
			return err
		}
		all, err := l.attributes(ctx, items)
		found = slices.DeleteFunc(all, func(a Attributes) bool { return a == nil })
		return err
	})
	return found, err
}

// An Entry is one item as GetAll returns it.
type Entry struct {
	Attributes Attributes
	Secret     secret.Secret
}

// GetAll returns every item that has these attributes with its secret, in no order, many secrets in one
// call.
func (c *Client) GetAll(ctx context.Context, attributes Attributes) ([]Entry, error) {
	var entries []Entry
	err := c.do(ctx, func(l *link, _ *bool) error {
		items, err := c.find(ctx, l, attributes)
		if err != nil {
			return err
		}
		entries, err = l.entries(ctx, items)
		return err
	})
	return entries, err
}

// do runs op on a live connection. An op that failed because the service went away is run once more on a
// new one, unless it had begun to write or to prompt.
func (c *Client) do(ctx context.Context, op func(l *link, wrote *bool) error) error {
	for attempt := 0; ; attempt++ {
		l, err := c.connect(ctx)
		if err != nil {
			return err
		}
		var wrote bool
		err = op(l, &wrote)
		if !errors.Is(err, ErrGone) {
			return err
		}
		c.drop(l)
		if wrote || attempt > 0 || errors.Is(err, errGonePrompting) {
			return err
		}
	}
}

// connect returns the connection there is, or makes one.
func (c *Client) connect(ctx context.Context) (*link, error) {
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	select {
	case c.connecting <- struct{}{}:
		defer func() { <-c.connecting }()
	case <-ctx.Done():
		return nil, contextError(ctx)
	}
	if l, err := c.current(); l != nil || err != nil {
		return l, err
	}
	l, err := dial(ctx, c.opts)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		l.close()
		return nil, errClosed
	}
	c.link = l
	return l, nil
}

// current returns the connection there is, nil when one has to be made.
func (c *Client) current() (*link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, errClosed
	case c.link != nil && c.link.conn.Connected():
		return c.link, nil
	default:
		return nil, nil
	}
}

// drop gives a connection up, so that the next call makes a new one.
func (c *Client) drop(l *link) {
	l.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == l {
		c.link = nil
	}
}

// nothing is the object path that stands for no object, and for a prompt that is not needed.
const nothing = dbus.ObjectPath("/")
