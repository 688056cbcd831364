package telegramtest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/telegram/telegramtest"
)

// say connects and says so much and no more.
func say(t *testing.T, s *telegramtest.Server, what ...byte) net.Conn {
	t.Helper()
	var d net.Dialer
	raw, err := d.DialContext(t.Context(), "tcp", s.Network().DCs[1].Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	if _, err := raw.Write(what); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSilentClientsHoldUpNobody(t *testing.T) {
	s := start(t, telegramtest.Options{})
	for _, said := range [][]byte{nil, {0xee}, {0xee, 0xee, 0xee, 0xee}, {0xef}, {0xef, 10}, {12, 0, 0, 0, 0, 0}, {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		say(t, s, said...)
	}
	if _, err := clientOf(s, 2).login(bounded(t), anApp(), theBot().Token); err != nil {
		t.Error(err)
	}
	eventually(t, "seven silent clients", func() bool { return s.Stats().Open == 7 })
}

func TestParallelClients(t *testing.T) {
	const clients, exchanges, checks = 50, 5, 4
	s := start(t, telegramtest.Options{})
	var wg sync.WaitGroup
	for i := range clients {
		id := int64(1000 + i)
		token := secret.New(fmt.Sprintf("%d:T", id))
		dc := 1 + i%5
		s.AddBot(telegramtest.Bot{Token: token, DC: dc})
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if i%2 == 0 {
				c := clientOf(s, dc)
				if i/2 >= exchanges {
					c = c.keyed(s)
				}
				if user, err := c.login(ctx, anApp(), token); err != nil || user.ID != id {
					t.Errorf("login of %d: %v, %v", id, user, err)
				}
				return
			}
			session, err := s.Session(id)
			if err != nil {
				t.Error(err)
				return
			}
			for range checks {
				if user, err := clientOf(s, dc).with(session).check(ctx, 1); err != nil || user.ID != id {
					t.Errorf("check of %d: %v, %v", id, user, err)
				}
			}
		})
	}
	wg.Wait()
	got := s.Stats()
	if got.Sessions != clients || got.Logins != clients/2 || got.Calls != clients/2+clients/2*checks {
		t.Errorf("%d sessions, %d logins, %d calls", got.Sessions, got.Logins, got.Calls)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := telegramtest.Start(telegramtest.Options{Delay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.AddBot(theBot())
	s.AddBot(telegramtest.Bot{Token: secret.New("9:X"), Call: telegramtest.Script{Stall: true}})
	say(t, s)
	say(t, s, 0xef)
	for _, id := range []int64{123, 9} {
		session, err := s.Session(id)
		if err != nil {
			t.Fatal(err)
		}
		dialLine(t, s, session).send(initialised(1, whoAmI()))
	}
	s.Script(telegramtest.AtExchange, telegramtest.Script{Stall: true})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = clientOf(s, 2).run(ctx, nothing)
	s.Script(telegramtest.AtConnect, telegramtest.Script{Delay: time.Hour})
	say(t, s, 0xef)
	eventually(t, "two calls and five connections", func() bool {
		got := s.Stats()
		return got.Methods["users.getUsers"] == 2 && got.Open == 5
	})

	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := s.Stats().Open; got != 0 {
		t.Errorf("%d connections open", got)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	eventually(t, "as few goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	var d net.Dialer
	if _, err := d.DialContext(t.Context(), "tcp", s.Network().DCs[0].Addrs[0]); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialling a closed server: %v", err)
	}
}
