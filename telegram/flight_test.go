package telegram_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// roundTrip is how long a word and its answer travel in the tests of this file, where everything else takes
// no time at all: what a call took, divided by it, is the number of its round trips.
const roundTrip = 100 * time.Millisecond

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// faraway puts a server at a distance. Dialling takes a round trip, as TCP's handshake does.
func faraway(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		time.Sleep(roundTrip)
		server, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		client, line := net.Pipe()
		go carry(server, line)
		go carry(line, server)
		return client, nil
	}
}

// carry takes bytes from one connection to another, each on the way for half a round trip, however many are
// on the way already.
func carry(to, from net.Conn) {
	type parcel struct {
		bytes   []byte
		arrives time.Time
	}
	parcels := make(chan parcel, 100)
	go func() {
		defer func() { _ = to.Close() }()
		for p := range parcels {
			time.Sleep(time.Until(p.arrives))
			if _, err := to.Write(p.bytes); err != nil {
				_ = from.Close()
			}
		}
	}()
	defer close(parcels)
	for {
		buf := make([]byte, 4096)
		n, err := from.Read(buf)
		if n > 0 {
			parcels <- parcel{buf[:n], time.Now().Add(roundTrip / 2)}
		}
		if err != nil {
			return
		}
	}
}

// leads is a proxy over net.Pipe that gives the answers, each to one request, and then leads to a server.
func leads(s *telegramtest.Server, answers ...string) dialer {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		server, err := s.Dial()(ctx, network, s.Network().DCs[1].Addrs[0])
		if err != nil {
			return nil, err
		}
		near, far := net.Pipe()
		go func() {
			for _, answer := range answers {
				_, _ = far.Read(make([]byte, 4096))
				_, _ = io.WriteString(far, answer)
			}
			pipe(far, far, server)
		}()
		return near, nil
	}
}

// TestRoundTripsOfProxies: a login takes five round trips; what a proxy adds is what docs/PROXIES.md says.
func TestRoundTripsOfProxies(t *testing.T) {
	const led = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	socks := telegram.Proxy{Kind: telegram.SOCKS5, Addr: "192.0.2.100:1080"}
	withUser := socks
	withUser.User, withUser.Secret = "me", secret.New(proxyPassword)
	through := func(answers ...string) func(*testing.T, *telegramtest.Server) (telegram.Proxy, dialer) {
		return func(_ *testing.T, s *telegramtest.Server) (telegram.Proxy, dialer) {
			return telegram.Proxy{}, leads(s, answers...)
		}
	}
	mt := func(opts telegramtest.MTProxyOptions) func(*testing.T, *telegramtest.Server) (telegram.Proxy, dialer) {
		return func(t *testing.T, s *telegramtest.Server) (telegram.Proxy, dialer) {
			running, proxy := mtproxy(t, s, opts)
			return proxy, running.Dial()
		}
	}
	for _, test := range []struct {
		name  string
		proxy telegram.Proxy
		start func(*testing.T, *telegramtest.Server) (telegram.Proxy, dialer)
		adds  int
	}{
		{"socks5", socks, through("\x05\x00", led), 2},
		{"socks5 with user", withUser, through("\x05\x02", "\x01\x00", led), 3},
		{"http", telegram.Proxy{Kind: telegram.HTTPProxy, Addr: "192.0.2.100:80"}, through("HTTP/1.1 200 OK\r\n\r\n"), 1},
		{"mtproxy", telegram.Proxy{}, mt(telegramtest.MTProxyOptions{}), 0},
		{"mtproxy dd", telegram.Proxy{}, mt(telegramtest.MTProxyOptions{Padded: true}), 0},
		{"mtproxy ee", telegram.Proxy{}, mt(telegramtest.MTProxyOptions{Cloak: cloak}), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, _ func(telegram.Options) *telegram.Client) {
				proxy, dial := test.start(t, s)
				if test.proxy.Kind != telegram.NoProxy {
					proxy = test.proxy
				}
				c := telegram.New(s.Network(), telegram.Options{Proxy: proxy, Dial: faraway(dial)})
				start := time.Now()
				if _, err := c.Login(t.Context(), theApp(), theToken(), nil); err != nil {
					t.Fatal(err)
				}
				if took, want := time.Since(start), time.Duration(5+test.adds)*roundTrip; took != want {
					t.Errorf("took %v, not %v", took, want)
				}
				time.Sleep(2 * roundTrip) // until what is on its way has arrived
			})
		})
	}
}

// TestCancelThroughProxy: wherever a call hangs behind a proxy, the caller's cancel ends it in the same instant.
func TestCancelThroughProxy(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, _ func(telegram.Options) *telegram.Client) {
				running, proxy := mtproxy(t, s, telegramtest.MTProxyOptions{Cloak: cloak})
				session := sessionOf(t, s)
				p.hang(s)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start := time.Now()
				err := p.do(ctx, telegram.New(s.Network(), telegram.Options{Proxy: proxy, Dial: running.Dial()}), session)
				if took := time.Since(start); took != time.Second {
					t.Errorf("ended %v after the cancel", took-time.Second)
				}
				if e := failed(t, err, telegram.Cancelled); e.Sent != p.sent {
					t.Errorf("error %+v", e)
				}
				wantNothingLeft(t)
			})
		})
	}
}

// TestRoundTrips: a login takes five round trips, one to connect, three for the key and one for the call, and
// as many more where it begins in the wrong data centre; a check takes two.
func TestRoundTrips(t *testing.T) {
	away := theBot()
	away.DC = 4
	home := theBot()
	check := func(ctx context.Context, c *telegram.Client, session telegram.Session) error {
		_, err := c.Check(ctx, theApp(), session, nil)
		return err
	}
	loginAt := func(dc int) func(context.Context, *telegram.Client, telegram.Session) error {
		return func(ctx context.Context, c *telegram.Client, _ telegram.Session) error {
			login, err := c.LoginAt(ctx, dc, theApp(), theToken(), nil)
			if err == nil && login.Session.DC == 0 {
				err = errors.New("nowhere at home")
			}
			return err
		}
	}
	for _, test := range []struct {
		name        string
		bot         telegramtest.Bot
		do          func(context.Context, *telegram.Client, telegram.Session) error
		trips       int
		connections int
	}{
		{"login", home, loginWithExchange, 5, 1},
		{"login elsewhere", away, loginWithExchange, 10, 2},
		{"login where it lives", away, loginAt(4), 5, 1},
		{"login where it lived", home, loginAt(4), 10, 2},
		{"login at home", home, loginAt(2), 5, 1},
		{"login at no data centre", home, loginAt(99), 5, 1},
		{"check", home, check, 2, 1},
		{"check elsewhere", away, check, 2, 1},
		{"log-out", away, logOut, 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, client func(telegram.Options) *telegram.Client) {
				s.AddBot(test.bot)
				session := sessionOf(t, s)
				c := telegram.New(s.Network(), telegram.Options{Dial: faraway(s.Dial())})
				start := time.Now()
				if err := test.do(t.Context(), c, session); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took != time.Duration(test.trips)*roundTrip {
					t.Errorf("%.2f round trips, want %d", float64(took)/float64(roundTrip), test.trips)
				}
				if got := s.Stats().Connections; got != test.connections {
					t.Errorf("%d connections, want %d", got, test.connections)
				}
				// What is still on the way arrives.
				time.Sleep(2 * roundTrip)
			})
		})
	}
}
