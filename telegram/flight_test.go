package telegram_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

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
