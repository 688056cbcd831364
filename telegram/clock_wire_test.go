package telegram_test

import (
	"testing"
	"time"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// TestWrongClock: a clock that is off is told of and does no harm.
func TestWrongClock(t *testing.T) {
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute, 400 * 24 * time.Hour, -40 * time.Second} {
		t.Run(skew.String(), func(t *testing.T) {
			s := serve(t, telegramtest.Options{Skew: skew}, theBot())
			c := telegram.New(s.Network(), telegram.Options{})
			var seen []telegram.Step
			if _, err := c.Check(t.Context(), theApp(), sessionOf(t, s), steps(&seen)); err != nil {
				t.Fatalf("check: %v", err)
			}
			wantSkew(t, seen, -skew)
			if got := s.Stats().Connections; got != 1 {
				t.Errorf("%d connections", got)
			}
			if err := c.LogOut(t.Context(), theApp(), sessionOf(t, s), nil); err != nil {
				t.Errorf("log-out: %v", err)
			}
		})
	}
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run("login "+skew.String(), func(t *testing.T) {
			s := serve(t, telegramtest.Options{Skew: skew}, theBot())
			var seen []telegram.Step
			c := telegram.New(s.Network(), telegram.Options{})
			if _, err := c.Login(t.Context(), theApp(), theToken(), steps(&seen)); err != nil {
				t.Fatal(err)
			}
			wantSkew(t, seen, -skew)
			if got := s.Stats().Logins; got != 1 {
				t.Errorf("%d logins", got)
			}
			// Where the key exchange does not tell the time, the refused message does.
			keyed := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(sessionOf(t, s))
			if _, err := keyed.Login(t.Context(), theApp(), theToken(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// wantSkew wants the last step to say how far the clock is ahead.
func wantSkew(t *testing.T, seen []telegram.Step, want time.Duration) {
	t.Helper()
	got := seen[len(seen)-1].Skew
	if (got - want).Abs() > 5*time.Second {
		t.Errorf("skew %v, want about %v", got, want)
	}
}
