package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

func TestEndings(t *testing.T) {
	flood := &fleet.FloodError{Until: noon().Add(time.Hour)}
	for name, c := range map[string]struct {
		deed   deed
		status fleet.Status
		err    error
		want   ending
	}{
		"ok":                       {checking, store.OK, nil, wentWell},
		"not logged in":            {checking, store.NotLoggedIn, nil, leftAlone},
		"revoked, and known to be": {checking, store.TokenRevoked, nil, failed},
		"logged out by Telegram":   {checking, store.SessionRevoked, refusal(telegram.SessionRevoked, 401, "SESSION_REVOKED"), failed},
		"runs elsewhere":           {checking, store.Unchecked, fleet.ErrRunsElsewhere, leftAlone},
		"logged in":                {loggingInMany, store.OK, nil, wentWell},
		"works already":            {loggingInMany, store.OK, fleet.ErrSessionWorks, leftAlone},
		"has to wait":              {loggingInMany, store.Flooded, flood, waits},
		"wait, among others":       {loggingInMany, store.Flooded, errors.Join(flood, errors.New("disk full")), waits},
		"stopped":                  {loggingOut, store.OK, context.Canceled, untried},
		"stopped in the midst":     {checking, store.OK, refusal(telegram.Cancelled, 0, ""), untried},
		"keyring":                  {removing, store.OK, keyring.ErrDenied, failed},
		"logged out":               {loggingOut, store.NotLoggedIn, nil, wentWell},
	} {
		out := outcome{bot: fleet.Bot{Health: store.Health{Status: c.status}}, err: c.err}
		if got := out.ending(c.deed); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestPace(t *testing.T) {
	at := func(second, done int) sighting {
		return sighting{noon().Add(time.Duration(second) * time.Second), done}
	}
	for name, c := range map[string]struct {
		seen        []sighting
		done, total int
		rate, left  string
	}{
		"just begun":       {nil, 0, 248, "", ""},
		"fast":             {[]sighting{at(1, 310)}, 310, 620, " 310/s", "1 s left"},
		"slow":             {[]sighting{at(2, 5), at(4, 10)}, 10, 60, " 2.5/s", "20 s left"},
		"slower":           {[]sighting{at(4, 2), at(8, 4)}, 4, 40, " 30/min", "1 min 12 s left"},
		"held for a while": {[]sighting{at(1, 100), at(2, 100), at(8, 100), at(31, 100), at(32, 200)}, 200, 300, " 100/s", "1 s left"},
		"nothing comes":    {[]sighting{at(1, 100), at(20, 100), at(25, 100)}, 100, 300, "", ""},
	} {
		p := newPace(noon(), 0)
		for _, s := range c.seen {
			p = p.at(s.at, s.done)
		}
		if rate, left := p.words(c.done, c.total); rate != c.rate || left != c.left {
			t.Errorf("%s: %q and %q, want %q and %q", name, rate, left, c.rate, c.left)
		}
	}
}

func TestErrandLine(t *testing.T) {
	after := func(d time.Duration) time.Time { return noon().Add(d) }
	queueing := fleet.Step{Stage: fleet.Queueing, Until: after(2 * time.Second)}
	for name, c := range map[string]struct {
		width int
		edit  func(*errand)
		want  string
	}{
		"wide":         {80, nil, "checking 112 of 248 ▕███████         ▏ 11/s · 13 s left · esc stops"},
		"without pace": {70, nil, "checking 112 of 248 ▕███████         ▏ 11/s · 13 s left · esc stops"},
		"no bar":       {50, nil, "checking 112 of 248 · 13 s left · esc stops"},
		"narrow":       {40, nil, "checking 112 of 248 · esc stops"},
		"marks":        {90, func(e *errand) { e.hidden = 9 }, "checking 112 of 248, 9 hidden ▕███████         ▏ 11/s · 13 s left · esc stops"},
		"marks, low":   {60, func(e *errand) { e.hidden = 9 }, "checking 112 of 248, 9 hidden · 13 s left · esc stops"},
		"stopping":     {80, func(e *errand) { e.stopping = true }, "Cancelling…"},
		"one":          {80, func(e *errand) { e.total, e.results = 1, nil }, "checking… · esc stops"},
		"held":         {80, func(e *errand) { e.held = after(30 * time.Second) }, "checking 112 of 248 · Telegram asks this address to wait 30 s · esc stops"},
		"held, narrow": {60, func(e *errand) { e.held = after(30 * time.Second) }, "Telegram asks this address to wait 30 s · esc stops"},
		"held, low":    {40, func(e *errand) { e.held = after(9 * time.Second) }, "Telegram asks this address to wait 9 s"},
		"held no more": {50, func(e *errand) { e.held = noon() }, "checking 112 of 248 · 13 s left · esc stops"},
		"queue": {80, func(e *errand) {
			e.steps = map[fleet.Key]fleet.Step{{ID: 1}: queueing, {ID: 2}: {Stage: fleet.Queueing, Until: after(4 * time.Second)}}
		}, "checking 112 of 248 · next login in 2 s · 13 s left · esc stops"},
		"one at work": {50, func(e *errand) {
			e.steps = map[fleet.Key]fleet.Step{{ID: 1}: queueing, {ID: 2}: {Stage: fleet.LoggingIn}}
		}, "checking 112 of 248 · 13 s left · esc stops"},
	} {
		sh := testShell(t)
		sh.body = size{c.width, 19}
		e := errand{order: order{deed: checking}, total: 248, results: make([]outcome, 112), pace: newPace(after(-10*time.Second), 0).at(noon(), 112)}
		if c.edit != nil {
			c.edit(&e)
		}
		got := ansi.Strip(e.status(sh, true))
		if got != c.want || ansi.StringWidth(got) > c.width-1 {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestErrandRows: each bot tells what it is at, and a removed one keeps its place until all is done.
func TestErrandRows(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.run(order{deed: loggingInMany, bots: sh.bots[:3]})
	keys := keysOf(sh.bots)
	id := sh.errand.task.id
	says := func(key fleet.Key) string { _, state, _ := sh.errand.says(sh, key); return state }
	sh.update(errandMsg{task: id, events: []event{
		{key: keys[0], step: fleet.Step{Stage: fleet.Moving, DC: 4}},
		{key: keys[1], step: fleet.Step{Stage: fleet.Queueing, Until: noon().Add(2 * time.Second)}},
	}})
	for i, want := range []string{"moving to DC 4…", "its turn in 2 s", "waits", ""} {
		if got := says(keys[i]); got != want {
			t.Errorf("row %d says %q, want %q", i, got, want)
		}
	}
	sh.update(errandMsg{task: id + 1, events: []event{{outcome: &outcome{key: keys[2], bot: sh.bots[2]}}}})
	if len(sh.errand.results) != 0 {
		t.Error("it takes what another task tells")
	}
	ended(sh, outcome{key: keys[0], bot: sh.bots[0]})
	if sh.errand.running() || sh.finished.ending[untried] != 2 || !strings.HasPrefix(sh.list.notice, "Stopped: 1 of 3 logged in") {
		t.Errorf("it ends with %q", sh.list.notice)
	}

	sh.run(order{deed: removing, bots: sh.bots[:2]})
	sh.update(errandMsg{task: sh.errand.task.id, events: []event{{outcome: &outcome{key: keys[0], bot: sh.bots[0]}}}})
	if got := says(keys[0]); got != "removed" || len(sh.bots) != len(someBots()) {
		t.Errorf("a removed bot says %q, and %d are there", got, len(sh.bots))
	}
	ended(sh, outcome{key: keys[1], bot: sh.bots[1]})
	if len(sh.bots) != len(someBots())-2 {
		t.Errorf("%d are there at the end", len(sh.bots))
	}
}

func TestOneErrandAtATime(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	sh.run(order{deed: checking, bots: sh.bots})
	first := sh.errand.task.id
	for name, s := range map[string]screen{
		"remove": drive(newRemove(sh, sh.bots, 0), "d", "enter"), "log out": drive(newLogOut(sh, sh.bots, nil), "enter"),
		"log in": drive(newLoginMany(sh, sh.bots, 0), "enter"),
	} {
		if sh.errand.task.id != first || !strings.Contains(s.View(size{80, 19}).status, "still runs") {
			t.Errorf("%s: says %q", name, s.View(size{80, 19}).status)
		}
	}
	s := drive(newBots(sh), "esc")
	if !is[bots](s) || !sh.errand.stopping {
		t.Error("esc does not stop it")
	}
}

// TestErrandIsToldEverywhere: it goes on, and says so, where one has gone meanwhile.
func TestErrandIsToldEverywhere(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.run(order{deed: checking, bots: sh.bots})
	model := root{sh: sh, screen: newCard(sh, sh.bots[0].Key), term: size{80, 24}}
	if text := ansi.Strip(model.View().Content); !strings.Contains(text, "checking 0 of 7") || strings.Contains(text, "esc stops") {
		t.Errorf("the card does not tell of it:\n%s", text)
	}
	sh.update(errandMsg{task: sh.errand.task.id, last: true})
	s, _ := model.screen.Update(errandMsg{task: 1, last: true})
	if got := s.View(size{80, 19}).status; !strings.Contains(got, "Stopped: 0 of 7 checked") {
		t.Errorf("at the end the card says %q", got)
	}
}

func TestFinishedSays(t *testing.T) {
	bots := someBots()
	out := func(i int, err error) outcome { return outcome{key: bots[i].Key, bot: bots[i], err: err} }
	for name, c := range map[string]struct {
		deed deed
		outs []outcome
		want string
	}{
		"clean check":    {checking, []outcome{out(0, nil), out(1, nil)}, "Checked 2 bots in 0 s"},
		"a bad one":      {checking, []outcome{out(0, nil), out(3, fleet.ErrSecretMissing)}, "Checked 2 bots in 0 s · 1 failed · R lists them"},
		"one login":      {loggingInMany, []outcome{out(0, nil)}, "Logged in Shop orders"},
		"logins":         {loggingInMany, mixed(), "Logged in Shop orders · 1 left alone · 1 waiting · 4 failed · R lists them"},
		"no login":       {loggingInMany, []outcome{out(0, fleet.ErrSessionWorks)}, "No bot was logged in · 1 left alone"},
		"logout":         {loggingOut, []outcome{out(0, nil), out(1, nil)}, "Logged out 2 bots at Telegram; the keyring keeps the tokens"},
		"no undo":        {loggingOutAway, []outcome{out(0, nil)}, "Logged out and removed Shop orders; with the sessions ended, nothing can be undone"},
		"shut":           {checking, []outcome{out(0, keyring.ErrDenied), out(1, keyring.ErrDenied)}, "The keyring refused access. R lists them"},
		"shut, and more": {checking, []outcome{out(0, keyring.ErrDenied), out(3, fleet.ErrItemDamaged)}, "Checked 2 bots in 0 s · 2 failed · R lists them"},
		"back":           {restoring, []outcome{out(0, nil), out(1, nil)}, "Brought back 2 bots"},
	} {
		sh := testShell(t, bots...)
		o := order{deed: c.deed}
		for _, each := range c.outs {
			o.bots = append(o.bots, each.bot)
			o.removed = append(o.removed, fleet.Removed{Bot: each.bot})
		}
		sh.run(o)
		ended(sh, c.outs...)
		if sh.list.notice != c.want {
			t.Errorf("%s: %q, want %q", name, sh.list.notice, c.want)
		}
	}
}

// TestOutcomeWithoutItsRow: a bot whose turn was refused comes without its row; it is called what it was called, and
// is tried again as what it was.
func TestOutcomeWithoutItsRow(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	busy := sh.bots[0]
	sh.run(order{deed: loggingOut, bots: sh.bots[:2]})
	ended(sh, outcome{key: busy.Key, err: fleet.ErrSessionBusy}, outcome{key: sh.bots[1].Key, bot: sh.bots[1]})
	s := newSummary(sh)
	if name := s.(summary).rows[0].name; name != displayName(busy) {
		t.Errorf("it is called %q", name)
	}
	if records := sh.finished.records(sh); records[0].Name != displayName(busy) || records[0].Username != busy.Profile.Username {
		t.Errorf("in a file it is %+v", records[0])
	}
	if row, _ := sh.bot(busy.Key); len(row.Sessions) != len(busy.Sessions) {
		t.Errorf("its row is %+v", row)
	}
	again, asks := drive(s, "r").(bulk)
	if !asks || len(again.bots) != 1 || again.bots[0].Key != busy.Key {
		t.Errorf("r leads to %T, saying %q", again, sh.list.notice)
	}

	sh = testShell(t)
	sh.run(order{deed: restoring, removed: []fleet.Removed{{Bot: busy}}})
	ended(sh, outcome{key: busy.Key, err: keyring.ErrReadBack})
	if name := newSummary(sh).(summary).rows[0].name; name != displayName(busy) {
		t.Errorf("not brought back, it is called %q", name)
	}
}

// TestOrderKeepsItsBots: what comes in the midst of an errand changes the list, and not what is being read beside it.
func TestOrderKeepsItsBots(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.check(sh.bots, 0)
	changed := sh.bots[0]
	changed.Label = "changed"
	sh.replace(changed)
	if got := sh.errand.bots[0]; got.Label == "changed" || sh.bots[0].Label != "changed" {
		t.Errorf("the order has %q, the list %q", got.Label, sh.bots[0].Label)
	}
}

// TestKeysAreAnsweredWhileAnErrandRuns: what a key did is told for a while, and then again how it gets on.
func TestKeysAreAnsweredWhileAnErrandRuns(t *testing.T) {
	sh := testShell(t, someBots()[:1]...)
	now := noon()
	sh.now = func() time.Time { return now }
	sh.check(sh.bots, 0)
	status := func(s screen) string { return ansi.Strip(s.View(size{80, 19}).status) }
	seconds := func(n int) {
		for range n {
			now = now.Add(time.Second)
			sh.update(tickMsg{})
		}
	}
	s := drive(newBots(sh), "!")
	if got := status(s); got != "No bot needs you." {
		t.Errorf("! says %q", got)
	}
	seconds(2)
	if got := status(s); got != "No bot needs you." {
		t.Errorf("two seconds later it says %q", got)
	}
	seconds(noticeShows)
	if got := status(s); !strings.Contains(got, "checking") {
		t.Errorf("later it says %q", got)
	}
	sh.clipboard, _ = sh.clipboard.took(copied{what: "token", secret: true, via: "xclip"}, now)
	if got := status(s); !strings.Contains(got, "Copied with xclip") {
		t.Errorf("a copy says %q", got)
	}
	seconds(int(copiedShows / time.Second))
	if got := status(s); !strings.Contains(got, "checking") {
		t.Errorf("after the copy it says %q", got)
	}
}
