package fault

import (
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
)

func TestState(t *testing.T) {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	in := now.Add
	elsewhere := []store.Session{{Name: "vps", Runs: store.Elsewhere}}
	both := append([]store.Session{{Name: store.DefaultSession, Runs: store.Here}}, elsewhere...)
	for _, c := range []struct {
		name string
		bot  store.Bot
		mark Mark
		want string
	}{
		{"ok", store.Bot{Health: store.Health{Status: store.OK, CheckedAt: ago(2 * time.Minute)}}, OK, "ok, checked 2 min ago"},
		{"ok just now", store.Bot{Health: store.Health{Status: store.OK, CheckedAt: ago(3 * time.Second)}}, OK, "ok, checked just now"},
		{"ok, clock went back", store.Bot{Health: store.Health{Status: store.OK, CheckedAt: in(time.Hour)}}, OK, "ok, checked just now"},
		{"ok, never checked", store.Bot{Health: store.Health{Status: store.OK}}, OK, "ok"},
		{"ok beside a flood", store.Bot{Health: store.Health{Status: store.OK, CheckedAt: ago(49 * time.Hour)}, FloodUntil: in(time.Hour)}, OK, "ok, checked 2 days ago"},
		{"flooded", store.Bot{Health: store.Health{Status: store.Flooded}, FloodUntil: in(31*time.Minute + 13*time.Second)}, Waiting, "wait 31 min"},
		{"flooded, last minute", store.Bot{Health: store.Health{Status: store.Flooded}, FloodUntil: in(58 * time.Second)}, Waiting, "wait 0:58"},
		{"flood over", store.Bot{Health: store.Health{Status: store.Flooded}, FloodUntil: now}, Unknown, "the wait is over, not logged in"},
		{"not logged in", store.Bot{Health: store.Health{Status: store.NotLoggedIn}}, Unknown, "saved, not logged in"},
		{"not logged in, flooded", store.Bot{Health: store.Health{Status: store.NotLoggedIn}, FloodUntil: in(2 * time.Hour)}, Waiting, "wait 2 h"},
		{"token revoked", store.Bot{Health: store.Health{Status: store.TokenRevoked}}, NeedsYou, "token revoked"},
		{"session dead", store.Bot{Health: store.Health{Status: store.SessionDead}}, NeedsYou, "logged out"},
		{"session revoked", store.Bot{Health: store.Health{Status: store.SessionRevoked}}, NeedsYou, "logged out by Telegram"},
		{"duplicated", store.Bot{Health: store.Health{Status: store.SessionDuplicated}}, NeedsYou, "used in two places"},
		{"deactivated", store.Bot{Health: store.Health{Status: store.Deactivated}}, NeedsYou, "deactivated"},
		{"secret missing", store.Bot{Health: store.Health{Status: store.SecretMissing}}, NeedsYou, "secret missing"},
		{"unreachable", store.Bot{Health: store.Health{Status: store.Unreachable}}, Unknown, "no connection"},
		{"unchecked", store.Bot{Health: store.Health{Status: store.Unchecked}, Sessions: both}, Unknown, "not checked"},
		{"elsewhere", store.Bot{Health: store.Health{Status: store.Unchecked}, Sessions: elsewhere}, Unknown, "runs elsewhere, not checked"},
		{"at a place", store.Bot{Health: store.Health{Status: store.Unchecked}, Sessions: []store.Session{{Runs: store.Elsewhere, At: "vps-1"}}}, Unknown, "runs at vps-1, not checked"},
		{"a row of no status", store.Bot{}, Unknown, "not checked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark, text := State(c.bot, now)
			if mark != c.mark || text != c.want {
				t.Errorf("%v %q, want %v %q", mark, text, c.mark, c.want)
			}
		})
	}
}

func TestEveryStatusHasAState(t *testing.T) {
	all := map[string]store.Status{
		"OK": store.OK, "NotLoggedIn": store.NotLoggedIn, "TokenRevoked": store.TokenRevoked, "SessionDead": store.SessionDead,
		"SessionRevoked": store.SessionRevoked, "SessionDuplicated": store.SessionDuplicated, "Deactivated": store.Deactivated,
		"Flooded": store.Flooded, "SecretMissing": store.SecretMissing, "Unreachable": store.Unreachable, "Unchecked": store.Unchecked,
	}
	seen := map[string]string{}
	for _, name := range constants(t, "../store", "Status") {
		status, ok := all[name]
		if !ok {
			t.Errorf("store.%s has no words", name)
			continue
		}
		_, text := State(store.Bot{Health: store.Health{Status: status}}, now)
		if other := seen[text]; other != "" {
			t.Errorf("%s reads as %s: %q", name, other, text)
		}
		seen[text] = name
	}
}

func TestEveryMark(t *testing.T) {
	seen := map[string]bool{}
	for i := range constants(t, ".", "Mark") {
		m := Mark(i)
		if seen[m.String()] || seen[m.ASCII()] || len(m.ASCII()) != 1 {
			t.Errorf("mark %d: %s %s", i, m, m.ASCII())
		}
		seen[m.String()], seen[m.ASCII()] = true, true
	}
}

func TestEveryStage(t *testing.T) {
	seen := map[string]bool{}
	for i, name := range constants(t, "..", "Stage") {
		text := Stage(fleet.Step{Stage: fleet.Stage(i), DC: 4})
		if text == "Working" || seen[text] || strings.HasSuffix(text, ".") {
			t.Errorf("%s: %q", name, text)
		}
		seen[text] = true
	}
	for step, want := range map[fleet.Step]string{
		{Stage: fleet.Moving, DC: 4}: "Moving to DC 4",
		{Stage: fleet.Moving}:        "Moving to another DC",
	} {
		if got := Stage(step); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhere(t *testing.T) {
	for _, c := range []struct {
		step fleet.Step
		want string
	}{
		{fleet.Step{DC: 2, Addr: "149.154.167.41"}, "DC 2, 149.154.167.41"},
		{fleet.Step{DC: 2}, "DC 2"},
		{fleet.Step{DC: 2, Addr: "149.154.167.41", Proxy: "office"}, "DC 2, 149.154.167.41, through office"},
		{fleet.Step{DC: 2, Proxy: "socks5://h:1\x1b[2J"}, "DC 2, through socks5://h:1"},
		{fleet.Step{Proxy: "office"}, ""},
		{fleet.Step{Addr: "x\x1b[2J"}, "x"},
		{fleet.Step{}, ""},
	} {
		if got := Where(c.step); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestDurations(t *testing.T) {
	for _, c := range []struct {
		d                        time.Duration
		duration, countdown, ago string
	}{
		{-time.Second, "0 s", "0:00", "just now"},
		{0, "0 s", "0:00", "just now"},
		{200 * time.Millisecond, "1 s", "0:01", "just now"},
		{58 * time.Second, "58 s", "0:58", "just now"},
		{time.Minute, "1 min", "1 min", "1 min ago"},
		{1873 * time.Second, "31 min 13 s", "31 min", "31 min ago"},
		{time.Hour, "1 h", "1 h", "1 h ago"},
		{125 * time.Minute, "2 h 5 min", "2 h", "2 h ago"},
		{24 * time.Hour, "1 day", "1 day", "1 day ago"},
		{76 * time.Hour, "3 days 4 h", "3 days", "3 days ago"},
	} {
		if got := Duration(c.d); got != c.duration {
			t.Errorf("Duration(%v) = %q, want %q", c.d, got, c.duration)
		}
		if got := Countdown(c.d); got != c.countdown {
			t.Errorf("Countdown(%v) = %q, want %q", c.d, got, c.countdown)
		}
		if got := Ago(c.d); got != c.ago {
			t.Errorf("Ago(%v) = %q, want %q", c.d, got, c.ago)
		}
	}
}
