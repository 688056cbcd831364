package telegramtest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/gotd/td/clock"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/proto"

	"botring/telegram"
)

// keyBits is the one size RSA_PAD is defined for.
const keyBits = 2048

// A Server is the running thing. Its methods may be called at the same time.
type Server struct {
	opts   Options
	key    exchange.PrivateKey
	clock  skewedClock
	ids    *proto.MessageIDGen
	cipher crypto.Cipher
	dcs    []*dc
	wg     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	conns   map[*conn]struct{}
	keys    map[keyID]*authKey
	bots    map[int64]*bot
	revoked map[string]bool // tokens
	scripts [points]running
	stats   Stats
	web     []*http.Server // of its Bot API
}

// dc is a data centre: an id, and the listener behind its address unless the server is one of pipes.
type dc struct {
	id       int
	addr     string
	listener net.Listener
}

// skewedClock is the server's clock, which may be wrong.
type skewedClock struct {
	clock.Clock
	skew time.Duration
}

func (c skewedClock) Now() time.Time { return c.Clock.Now().Add(c.skew) }

// Start listens on loopback, one port a data centre, or on nothing with Options.Pipe. Call Close when done.
func Start(opts Options) (*Server, error) {
	if opts.Environment == "" {
		opts.Environment = DefaultEnvironment
	}
	if opts.DCs == 0 {
		opts.DCs = 5
	}
	if opts.Key == nil {
		key, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return nil, fmt.Errorf("make server key: %w", err)
		}
		opts.Key = key
	}
	if bits := opts.Key.N.BitLen(); bits != keyBits {
		return nil, fmt.Errorf("server key has %d bits, want %d", bits, keyBits)
	}

	s := &Server{
		opts:    opts,
		key:     exchange.PrivateKey{RSA: opts.Key},
		clock:   skewedClock{clock.System, opts.Skew},
		cipher:  crypto.NewServerCipher(rand.Reader),
		conns:   make(map[*conn]struct{}),
		keys:    make(map[keyID]*authKey),
		bots:    make(map[int64]*bot),
		revoked: make(map[string]bool),
	}
	s.ids = proto.NewMessageIDGen(s.clock.Now)
	s.stats.LoginsOf = make(map[int64]int)
	s.stats.Methods = make(map[string]int)
	if err := s.listen(); err != nil {
		_ = s.Close()
		return nil, err
	}
	for _, d := range s.dcs {
		if d.listener != nil {
			s.wg.Go(func() { s.accept(d) })
		}
	}
	return s, nil
}

// listen makes the data centres. Those of a server of pipes have addresses that are reserved for
// documentation (RFC 5737), so that a client that dials them past Dial reaches nobody.
func (s *Server) listen() error {
	var config net.ListenConfig
	for id := 1; id <= s.opts.DCs; id++ {
		if s.opts.Pipe {
			s.dcs = append(s.dcs, &dc{id: id, addr: fmt.Sprintf("192.0.2.%d:443", id)})
			continue
		}
		l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listen for DC %d: %w", id, err)
		}
		s.dcs = append(s.dcs, &dc{id: id, addr: l.Addr().String(), listener: l})
	}
	return nil
}

// accept takes connections until the listener is closed. It reads nothing from them.
func (s *Server) accept(d *dc) {
	for {
		raw, err := d.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, or a client that left the queue: neither ends the server.
			time.Sleep(5 * time.Millisecond)
			continue
		}
		s.open(d, raw)
	}
}

// open serves a connection in a goroutine of its own and reports whether the server still does that.
func (s *Server) open(d *dc, raw net.Conn) bool {
	ctx, cancel := context.WithCancel(context.Background())
	c := newConn(s, d, raw, cancel)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		cancel()
		_ = raw.Close()
		return false
	}
	s.conns[c] = struct{}{}
	s.stats.Connections++
	s.wg.Go(func() { c.serve(ctx) })
	return true
}

// Close stops the server, closes all connections and waits for its goroutines.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.close()
	}
	web := s.web
	s.mu.Unlock()

	var errs []error
	for _, served := range web {
		errs = append(errs, served.Close())
	}
	for _, d := range s.dcs {
		if d.listener == nil {
			continue
		}
		if err := d.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close DC %d: %w", d.id, err))
		}
	}
	s.wg.Wait()
	return errors.Join(errs...)
}

// Network is what a telegram.Client needs to reach this server.
func (s *Server) Network() telegram.Network {
	return s.network(&s.opts.Key.PublicKey)
}

// Impostor is Network with a key this server cannot prove: to a client that was given it, the server is
// not Telegram.
func (s *Server) Impostor() (telegram.Network, error) {
	other, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return telegram.Network{}, fmt.Errorf("make another key: %w", err)
	}
	return s.network(&other.PublicKey), nil
}

func (s *Server) network(key *rsa.PublicKey) telegram.Network {
	n := telegram.Network{Name: s.opts.Environment, Test: s.opts.Test, Keys: []*rsa.PublicKey{key}}
	for _, d := range s.dcs {
		n.DCs = append(n.DCs, telegram.DC{ID: d.id, Addrs: []string{d.addr}})
	}
	return n
}

// Dial is a telegram.Options.Dial that reaches this server's addresses over net.Pipe instead of sockets,
// for tests in virtual time. Every other address refuses the connection, as do all once the server is closed.
func (s *Server) Dial() func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		for _, d := range s.dcs {
			if d.addr != addr {
				continue
			}
			near, far := net.Pipe()
			if s.open(d, far) {
				return near, nil
			}
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%s: %w", addr, syscall.ECONNREFUSED)}
	}
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Open = len(s.conns)
	for _, k := range s.keys {
		if k.user != 0 && !k.revoked {
			stats.Sessions++
		}
	}
	stats.LoginsOf = maps.Clone(stats.LoginsOf)
	stats.Methods = maps.Clone(stats.Methods)
	return stats
}
