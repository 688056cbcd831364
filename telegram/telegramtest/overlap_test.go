package telegramtest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

func TestTwoConnectionsDestroyTheirSession(t *testing.T) {
	s := start(t, telegramtest.Options{})
	session := seeded(t, s)
	first := dialLine(t, s, session)
	users := new(tg.UserClassVector)
	if err := first.result(first.send(initialised(1, whoAmI())), users); err != nil {
		t.Fatal(err)
	}
	second := dialLine(t, s, session)
	second.session = 78
	if err := second.result(second.send(initialised(1, whoAmI())), users); err == nil || err.Error() != "406 AUTH_KEY_DUPLICATED" {
		t.Errorf("second connection: %v", err)
	}
	const gone = "401 AUTH_KEY_UNREGISTERED"
	if err := second.result(second.send(initialised(1, whoAmI())), users); err == nil || err.Error() != gone {
		t.Errorf("second connection, again: %v", err)
	}
	if err := first.result(first.send(whoAmI()), users); err == nil || err.Error() != gone {
		t.Errorf("first connection: %v", err)
	}
	if _, err := clientOf(s, 2).with(session).check(bounded(t), 1); !tgerr.Is(err, "AUTH_KEY_UNREGISTERED") {
		t.Errorf("later: %v", err)
	}
	if got := s.Stats().Sessions; got != 0 {
		t.Errorf("%d sessions alive, want none", got)
	}
	// The bot and its other sessions have nothing to do with it.
	if _, err := clientOf(s, 2).with(seeded(t, s)).check(bounded(t), 1); err != nil {
		t.Errorf("another session: %v", err)
	}
}

func TestOneConnectionAfterTheOtherIsNoDuplicate(t *testing.T) {
	s := start(t, telegramtest.Options{})
	var wg sync.WaitGroup
	for range 4 {
		session := seeded(t, s)
		wg.Go(func() {
			for i := range 100 {
				if _, err := clientOf(s, 2).with(session).check(t.Context(), 1); err != nil {
					t.Errorf("check %d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestOverlap(t *testing.T) {
	tests := map[string]struct {
		delay     time.Duration   // of every answer
		begin     []time.Duration // when checks begin
		cancel    time.Duration   // when the first is cancelled, 0 for never
		duplicate bool
	}{
		"one":                         {begin: []time.Duration{0}},
		"one after the other":         {begin: []time.Duration{0, time.Second}, delay: 900 * time.Millisecond},
		"second while first waits":    {begin: []time.Duration{0, time.Second}, delay: 1200 * time.Millisecond, duplicate: true},
		"far apart but still waiting": {begin: []time.Duration{0, time.Second}, delay: 20 * time.Second, duplicate: true},
		"first cancelled before":      {begin: []time.Duration{0, time.Second}, delay: 20 * time.Second, cancel: time.Second},
		"first cancelled after":       {begin: []time.Duration{0, time.Second}, delay: 20 * time.Second, cancel: 2 * time.Second, duplicate: true},
		"both at once":                {begin: []time.Duration{0, 0}, delay: 10 * time.Millisecond, duplicate: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, telegramtest.Options{Delay: test.delay}, func(t *testing.T, s *telegramtest.Server, session telegram.Session) {
				var wg sync.WaitGroup
				var mu sync.Mutex
				var duplicates int
				for i, begin := range test.begin {
					wg.Go(func() {
						time.Sleep(begin)
						ctx := t.Context()
						if i == 0 && test.cancel != 0 {
							var cancel context.CancelFunc
							ctx, cancel = context.WithTimeout(ctx, test.cancel)
							defer cancel()
						}
						_, err := piped(s, 2).with(session).check(ctx, 1)
						mu.Lock()
						defer mu.Unlock()
						if tgerr.Is(err, "AUTH_KEY_DUPLICATED") {
							duplicates++
						} else if err != nil && (i != 0 || test.cancel == 0) {
							t.Errorf("check %d: %v", i, err)
						}
					})
				}
				wg.Wait()
				if (duplicates > 0) != test.duplicate {
					t.Errorf("%d told of a duplicate", duplicates)
				}
			})
		})
	}
}
