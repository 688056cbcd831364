package telegramtest_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/tg"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// bubble runs a test in virtual time against a server of pipes.
func bubble(t *testing.T, opts telegramtest.Options, f func(t *testing.T, s *telegramtest.Server, session telegram.Session)) {
	t.Helper()
	opts.Pipe = true
	synctest.Test(t, func(t *testing.T) {
		s, err := telegramtest.Start(opts)
		if err != nil {
			t.Fatal(err)
		}
		s.AddBot(theBot())
		f(t, s, seeded(t, s))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func piped(s *telegramtest.Server, dc int) aClient {
	c := clientOf(s, dc)
	c.dial = s.Dial()
	return c
}

func TestPipesInVirtualTime(t *testing.T) {
	bubble(t, telegramtest.Options{Handshake: time.Minute, Delay: time.Hour, Test: true}, func(t *testing.T, s *telegramtest.Server, _ telegram.Session) {
		begin := time.Now()
		c := piped(s, 2)
		c.patience = 2 * time.Hour
		if _, err := c.login(t.Context(), anApp(), theBot().Token); err != nil {
			t.Fatal(err)
		}
		// Three answers of the exchange and one to the call.
		if took, want := time.Since(begin), time.Hour+3*time.Minute; took != want {
			t.Errorf("took %v, want %v", took, want)
		}
		synctest.Wait()
		if got := s.Stats(); got.Open != 0 || got.Sessions != 2 {
			t.Errorf("%d connections open, %d sessions", got.Open, got.Sessions)
		}
	})
}

func TestSaltsExpire(t *testing.T) {
	bubble(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, session telegram.Session) {
		err := piped(s, 2).with(session).run(t.Context(), func(ctx context.Context, conn *mtproto.Conn) error {
			for range 5 {
				if err := conn.Invoke(ctx, initialised(1, whoAmI()), new(tg.UserClassVector)); err != nil {
					return err
				}
				time.Sleep(50 * time.Minute)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		later, err := s.Session(123)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		// A session that lay about is opened with a stale salt.
		if _, err := piped(s, 2).with(later).check(t.Context(), 1); err != nil {
			t.Error(err)
		}
	})
}

func TestDial(t *testing.T) {
	bubble(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, _ telegram.Session) {
		dial, addr := s.Dial(), s.Network().DCs[0].Addrs[0]
		if _, err := dial(t.Context(), "tcp", "192.0.2.99:443"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("an address there is none of: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := dial(ctx, "tcp", addr); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := dial(t.Context(), "tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after Close: %v", err)
		}
	})
}
