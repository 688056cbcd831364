package telegram

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Contact is what a key exchange with one address found.
type Contact struct {
	// Connecting is how long the connection took, Securing the key.
	Connecting, Securing time.Duration
	// Ahead is how far this computer's clock was ahead of Telegram's (negative: behind), however little. It is
	// cut to whole seconds by the server.
	Ahead time.Duration
}

// Contact makes an authorization key with one address of a data centre and forgets it: whoever can do that
// has Telegram's private key, so the other end is Telegram. It logs nobody in and sends nothing of a bot's.
// Nothing is tried again. Errors are *Error.
func (c *Client) Contact(ctx context.Context, dc int, addr string) (Contact, error) {
	var contact Contact
	call, ctx, end := c.begin(ctx, "contact", func(step Step) {
		switch {
		case !step.Done:
		case step.Stage == Connecting:
			contact.Connecting = step.Took
		case step.Stage == Securing:
			contact.Securing = step.Took
		}
	})
	defer end()
	known, ok := c.network.dc(dc)
	switch {
	case ctx.Err() != nil:
		return Contact{}, call.failure(ctx, call.op, dc, addr, ctx.Err())
	case c.invalid != nil:
		return Contact{}, &Error{Kind: Unexpected, Op: call.op, Err: c.invalid}
	case !ok || !slices.Contains(known.Addrs, addr):
		return Contact{}, &Error{Kind: WrongDC, Op: call.op, DC: dc, Err: fmt.Errorf("%.80q is no address of data centre %d of %s", addr, dc, c.network.Name)}
	}
	l, err := call.connect(ctx, dc, addr, nil, 1)
	if err != nil {
		return Contact{}, err
	}
	defer l.close()
	contact.Ahead = l.clock.lastMeasured()
	return contact, nil
}
