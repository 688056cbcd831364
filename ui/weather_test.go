package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// TestKeysInBadWeather: while half of the bots stall, and then while the network is gone, the screen answers every
// key at once; what stalls can be stopped, and is found well again afterwards.
func TestKeysInBadWeather(t *testing.T) {
	w := newWhole(t, 10)
	script := func(i int, s telegramtest.Script) {
		w.telegram.AddBot(telegramtest.Bot{Token: wholeToken(i), Call: s, Profile: telegram.Profile{
			ID: wholeID(i), Username: fmt.Sprintf("whole_%d_bot", i), FirstName: fmt.Sprintf("Whole %d", i),
		}})
	}
	for i := 1; i <= 10; i += 2 {
		script(i, telegramtest.Script{Stall: true})
	}
	w.See("10 bots")
	w.Type("C")
	w.See("Check 10 bots?")
	w.confirm()
	w.See("5 of 10")
	answered := func() {
		t.Helper()
		for range 5 {
			for _, each := range []struct{ key, shows string }{{"2", "10001"}, {"1", "Whole 7"}} {
				start := time.Now()
				w.Type(each.key)
				w.See(each.shows)
				// A key is drawn in a few milliseconds; what is allowed is for a machine that does ten other things.
				if took := time.Since(start); took > time.Second {
					t.Errorf("%q was answered after %v", each.key, took)
				}
			}
		}
	}
	answered()
	w.See("5 of 10")
	w.Press(uv.KeyEscape)
	w.See("Stopped: ")
	if stats := w.telegram.Stats(); stats.Logins != 10 {
		t.Errorf("%d logins, want the ten that added the bots", stats.Logins)
	}

	w.telegram.Script(telegramtest.AtConnect, telegramtest.Script{Drop: true})
	for i := 1; i <= 10; i++ {
		script(i, telegramtest.Script{})
	}
	w.Type("C")
	w.See("Check 10 bots?")
	w.confirm()
	answered()
	allGone := func(screen string) bool {
		return strings.Count(screen, "no connection") == 10 && !strings.Contains(screen, "esc stops")
	}
	// What failed comes by itself, unless the check ended while another screen was on.
	w.Comes("the end of the check", func(screen string) bool { return strings.Contains(screen, "10 failed") || allGone(screen) })
	w.Type("1")
	w.Comes("all are without a connection, and nothing runs", allGone)

	w.telegram.Script(telegramtest.AtConnect, telegramtest.Script{})
	w.Type("C")
	w.See("Check 10 bots?")
	w.confirm()
	w.Comes("all are well", func(screen string) bool { return strings.Count(screen, "ok, checked") == 10 })
	if stats := w.telegram.Stats(); stats.Logins != 10 || stats.Sessions != 10 {
		t.Errorf("%d logins, %d sessions", stats.Logins, stats.Sessions)
	}
}
