package telegram

import (
	"context"
	"crypto/rsa"
	"errors"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/transport"

	"botring/telegram/handshake"
)

// A keyMaker makes an authorization key over a fresh connection to a data centre, whose id is given as it
// travels. It teaches the clock Telegram's time. Errors that are neither the network's nor the server's own
// word for a failure mean that the other end is not Telegram.
type keyMaker func(ctx context.Context, conn transport.Conn, dc int, keys []*rsa.PublicKey, clock *serverClock) (authorization, error)

// An authorization is what a key exchange yields.
type authorization struct {
	key  crypto.AuthKey
	salt int64
}

// wipe forgets the key.
func (a *authorization) wipe() { clear(a.key.Value[:]) }

// makeKeys is the key exchange. The primes it proves are remembered from one call to the next.
func makeKeys() keyMaker {
	primes := new(handshake.Primes)
	return func(ctx context.Context, conn transport.Conn, dc int, keys []*rsa.PublicKey, clock *serverClock) (authorization, error) {
		made, err := handshake.Run(ctx, conn, handshake.Params{DC: dc, Keys: keys, Primes: primes, Now: clock.now})
		defer clear(made.Key.Value[:])
		if err != nil {
			return authorization{}, err
		}
		clock.correct(made.Ahead)
		return authorization{made.Key, made.Salt}, nil
	}
}

// isExchangeFailure reports whether a key exchange came to nothing by Telegram's own word, proved to be
// Telegram's: it may be tried again.
func isExchangeFailure(err error) bool {
	return errors.Is(err, handshake.ErrFailed) || errors.Is(err, handshake.ErrRetries)
}
