package handshake_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/exchange"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"

	"botring/telegram/handshake"
)

// exchanges is how many keys are made with gotd's server.
const exchanges = 500

// TestWithGotd makes keys with gotd's server, over its transport; both ends must hold the same.
func TestWithGotd(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	times := exchanges
	if testing.Short() {
		times = 20
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for range times {
		client, theirs := serve(ctx, t, key)
		ours, err := handshake.Run(ctx, client, handshake.Params{DC: 2, Keys: []*rsa.PublicKey{&key.PublicKey}})
		if err != nil {
			t.Fatal(err)
		}
		got := <-theirs
		if got.err != nil || got.Key != ours.Key || got.ServerSalt != ours.Salt {
			t.Fatalf("keys equal: %v, salts equal: %v, %v", got.Key == ours.Key, got.ServerSalt == ours.Salt, got.err)
		}
	}
}

// made is what gotd's server holds after an exchange.
type made struct {
	exchange.ServerExchangeResult
	err error
}

// serve starts gotd's server for one exchange and returns the client's end of the connection.
func serve(ctx context.Context, t testing.TB, key *rsa.PrivateKey) (transport.Conn, <-chan made) {
	t.Helper()
	near, far := net.Pipe()
	theirs := make(chan made, 1)
	go func() {
		defer func() { _ = far.Close() }()
		var m made
		server, err := plainly().Handshake(far)
		if err == nil {
			m.ServerExchangeResult, err = exchange.NewExchanger(server, 2).Server(exchange.PrivateKey{RSA: key}).Run(ctx)
		}
		m.err = err
		theirs <- m
	}()
	client, err := plainly().Handshake(near)
	if err != nil {
		t.Fatal(err)
	}
	return client, theirs
}

// plainly is the intermediate transport without its tag, which both ends know.
func plainly() transport.Protocol {
	return transport.NewProtocol(func() transport.Codec { return codec.NoHeader{Codec: codec.Intermediate{}} })
}

// BenchmarkRun is a key and the server's work for it.
func BenchmarkRun(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		client, theirs := serve(b.Context(), b, key)
		if _, err := handshake.Run(b.Context(), client, handshake.Params{DC: 2, Keys: []*rsa.PublicKey{&key.PublicKey}}); err != nil {
			b.Fatal(err)
		}
		<-theirs
	}
}
