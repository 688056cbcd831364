package telegram

import (
	"context"
	"crypto/rsa"

	"github.com/gotd/td/transport"

	"botring/internal/secret"
)

// Exchange makes a key at a data centre and does nothing with it, to be measured beside Login.
func (c *Client) Exchange(ctx context.Context, dc int) error {
	where, _ := c.network.dc(dc)
	l, ctx, end := c.begin(ctx, "exchange", nil)
	defer end()
	line, err := l.open(ctx, where)
	if err != nil {
		return err
	}
	line.close()
	return nil
}

// UseKeyOf makes a client take a session's key for every key exchange, which is what takes long in tests.
func (c *Client) UseKeyOf(session Session) *Client {
	c.handshake = func(context.Context, transport.Conn, int, []*rsa.PublicKey, *serverClock) (authorization, error) {
		auth := authorization{salt: session.Salt}
		copy(auth.key.Value[:], session.Key.Reveal())
		auth.key.ID = auth.key.Value.ID()
		return auth, nil
	}
	return c
}

// TokenOf is tokenOf.
func TokenOf(text string, bot int64) (secret.Secret, error) { return tokenOf(text, bot) }
