package telegram

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/transport"
)

// errExchangeFailed is Telegram's own word for a key exchange that came to nothing: it may be tried again.
var errExchangeFailed = errors.New("key exchange failed at the server")

// A handshake makes an authorization key over a fresh connection to a data centre, whose id is given as
// it travels. It teaches the clock Telegram's time. Errors that are neither the network's nor
// errExchangeFailed mean that the other end is not Telegram.
type handshake func(ctx context.Context, conn transport.Conn, dc int, keys []*rsa.PublicKey, clock *serverClock) (authorization, error)

// An authorization is what a key exchange yields.
type authorization struct {
	key  crypto.AuthKey
	salt int64
}

// wipe forgets the key.
func (a *authorization) wipe() { clear(a.key.Value[:]) }

// exchangeKeys is gotd's key exchange.
func exchangeKeys(ctx context.Context, conn transport.Conn, dc int, keys []*rsa.PublicKey, clock *serverClock) (authorization, error) {
	trusted := make([]exchange.PublicKey, 0, len(keys))
	for _, key := range keys {
		trusted = append(trusted, exchange.PublicKey{RSA: key})
	}
	guard := &exchangeGuard{Conn: conn, clock: clock}
	result, err := exchange.NewExchanger(guard, dc).WithClock(clock).WithTimeout(never).Client(trusted).Run(ctx)
	if guard.refused != nil {
		err = guard.refused
	}
	if err != nil {
		return authorization{}, err
	}
	return authorization{result.AuthKey, result.ServerSalt}, nil
}

// An exchangeGuard looks at a server's messages before gotd's exchange does, which neither tells the
// server's time nor survives every pq: one it cannot factor keeps it busy for ever, and 0 and 1 make it
// panic. Nothing here is authenticated yet; a lie about the time costs no more than the connection.
type exchangeGuard struct {
	transport.Conn
	clock   *serverClock
	refused error
}

// Recv reads a message and looks at it.
func (g *exchangeGuard) Recv(ctx context.Context, b *bin.Buffer) error {
	if err := g.Conn.Recv(ctx, b); err != nil {
		return err
	}
	if err := g.inspect(b.Buf); err != nil {
		g.refused = err
		return err
	}
	return nil
}

func (g *exchangeGuard) inspect(message []byte) error {
	var plain proto.UnencryptedMessage
	if err := plain.Decode(&bin.Buffer{Buf: message}); err != nil {
		return fmt.Errorf("%w: %w", errGarbled, err)
	}
	g.clock.learn(plain.MessageID)

	body := &bin.Buffer{Buf: plain.MessageData}
	id, err := body.PeekID()
	if err != nil {
		return fmt.Errorf("%w: %w", errGarbled, err)
	}
	switch id {
	case mt.ResPQTypeID:
		var res mt.ResPQ
		if err := res.Decode(body); err != nil {
			return fmt.Errorf("%w: %w", errGarbled, err)
		}
		return checkPQ(res.Pq)
	case mt.ServerDHParamsFailTypeID, mt.DhGenRetryTypeID, mt.DhGenFailTypeID:
		return errExchangeFailed
	}
	return nil
}

// minPQBits keeps out numbers too small for the factoring; Telegram's have about 60 bits.
const minPQBits = 16

// checkPQ wants a product of different odd primes below 2^63: the factors of such are found in milliseconds.
func checkPQ(pq []byte) error {
	n := new(big.Int).SetBytes(pq)
	if n.BitLen() < minPQBits || n.BitLen() > 63 || n.Bit(0) == 0 || n.ProbablyPrime(0) {
		return errors.New("the server's pq is not a product of odd primes")
	}
	if root := new(big.Int).Sqrt(n); root.Mul(root, root).Cmp(n) == 0 {
		return errors.New("the server's pq is a square")
	}
	return nil
}
