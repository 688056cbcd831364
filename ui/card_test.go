package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/ui/internal/screentest"
)

// cardOf is a card of one of someBots, on a body that holds it.
func cardOf(t *testing.T, id int64) (*shell, screen) {
	t.Helper()
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{100, 30})
	return sh, newCard(sh, fleet.Key{Environment: "production", ID: id})
}

func TestCardLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) { return cardOf(t, 7000000004) }, nil)
}

func TestCardOfABotWithEverything(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		bots := someBots()
		b := &bots[5]
		b.Label, b.Tags = "the shop's", []string{"prod", "eu", "日本"}
		b.FloodUntil = noon().Add(31 * time.Minute)
		b.Profile.Inline, b.Profile.ManagesBots = true, true
		b.Sessions = append(b.Sessions, fleet.Session{Name: "vps-1", DC: 4, Runs: store.Elsewhere, MadeAt: noon().Add(-time.Hour)})
		sh := testShell(t, bots...)
		return sh, newCard(sh, b.Key)
	}, nil)
}

func TestCardOfANewBot(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) { return cardOf(t, 7123456789) }, nil)
}

func TestCardScrolls(t *testing.T) {
	sh, s := cardOf(t, 7000000004)
	on := screentest.Run(t, still{root{sh: sh, screen: s}}, 40, 10, screentest.Dark)
	on.See("more below")
	on.Type("G")
	on.See("Secrets")
	on.Golden()
}

func TestCardGoesPlaces(t *testing.T) {
	for _, c := range []struct {
		key  string
		want func(screen) bool
	}{
		{"enter", is[label]},
		{"d", is[remove]},
		{"esc", is[bots]},
		{"q", is[bots]},
	} {
		_, s := cardOf(t, 7000000001)
		if next := drive(s, c.key); !c.want(next) {
			t.Errorf("%s leads to %T", c.key, next)
		}
	}
}

func is[T screen](s screen) bool {
	_, ok := s.(T)
	return ok
}

// unhurried makes the clock go on by a second whenever it is looked at, as between the keys of a person.
func unhurried(sh *shell) {
	now := noon()
	sh.now = func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func TestCardLeavesWithItsBot(t *testing.T) {
	sh, s := cardOf(t, 7000000001)
	sh.forget([]fleet.Bot{{Key: fleet.Key{Environment: "production", ID: 7000000001}}})
	next, _ := s.Update(catalogueMsg{})
	if !is[bots](next) || sh.list.notice == "" {
		t.Errorf("on %T, saying %q", next, sh.list.notice)
	}
}

func TestCardNextProblem(t *testing.T) {
	_, s := cardOf(t, 7000000001)
	s = drive(s, "!")
	at, ok := s.(card)
	if !ok || at.key.ID != 7000000004 && at.key.ID != 7000000007 {
		t.Fatalf("! leads to %T %v", s, at.key)
	}
	if next := drive(s, "!").(card); next.key == at.key {
		t.Error("! stays on a bot while another one needs the user")
	}
}

func TestCardWithoutAnotherProblem(t *testing.T) {
	sh := testShell(t, fineBots(3)...)
	s := drive(newCard(sh, sh.bots[0].Key), "!")
	if at, ok := s.(card); !ok || at.key != sh.bots[0].Key || at.notice == "" {
		t.Errorf("! leads to %T", s)
	}
}

// TestCardCheck walks through a check by its messages: steps, the end, and messages of other tasks.
func TestCardCheck(t *testing.T) {
	sh, s := cardOf(t, 7000000001)
	s = drive(s, "r")
	c, ok := s.(card)
	if !ok || !c.checking() {
		t.Fatalf("r leads to %T", s)
	}
	if got := c.View(sh.body).status; !strings.Contains(got, "Connecting") || !strings.Contains(got, "esc cancels") {
		t.Errorf("status while it starts: %q", got)
	}
	s, _ = s.Update(stepMsg{task: c.check.id + 1, step: fleet.Step{Stage: fleet.Saving}})
	s, cmd := s.Update(stepMsg{task: c.check.id, step: fleet.Step{Stage: fleet.Moving, DC: 4}})
	if got := s.View(sh.body).status; !strings.Contains(got, "Moving to DC 4") || cmd == nil {
		t.Errorf("status at a step: %q", got)
	}
	s, _ = s.Update(taskDoneMsg{task: c.check.id + 1})
	if !s.(card).checking() {
		t.Error("the end of another task ended the check")
	}
	bot, _ := sh.bot(c.key)
	bot.Health.Status = store.Deactivated
	s, cmd = s.Update(taskDoneMsg{task: c.check.id, value: bot})
	if c = s.(card); c.checking() || cmd == nil || !strings.Contains(c.notice, "deactivated") {
		t.Errorf("after the check: %q", c.notice)
	}
	if now, _ := sh.bot(c.key); now.Health.Status != store.Deactivated {
		t.Error("the row was not replaced")
	}
}

func TestCardCheckFails(t *testing.T) {
	sh, s := cardOf(t, 7000000001)
	s = drive(s, "c")
	bot, _ := sh.bot(s.(card).key)
	s, _ = s.Update(taskDoneMsg{task: s.(card).check.id, value: bot, err: fleet.ErrRunsElsewhere})
	if c := s.(card); c.checking() || !strings.Contains(c.notice, "another place") {
		t.Errorf("after the check: %q", c.notice)
	}
}

func TestCardCheckCancelled(t *testing.T) {
	sh, s := cardOf(t, 7000000001)
	s = drive(s, "r")
	id := s.(card).check.id
	s = drive(s, "l", "d", "esc")
	if c, ok := s.(card); !ok || !c.cancelling || !strings.Contains(c.View(sh.body).status, "Cancelling") {
		t.Fatalf("esc leads to %T", s)
	}
	after, _ := s.Update(taskDoneMsg{task: id, err: errors.New("cancelled")})
	if c := after.(card); c.checking() || !strings.Contains(c.notice, "cancelled") {
		t.Errorf("after the end: %q", c.notice)
	}
	if !is[bots](drive(s, "esc")) {
		t.Error("esc while cancelling does not go back")
	}
}

func TestLabelLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, newLabel(sh, sh.current(someBots()[4:5])[0])
	}, nil)
}

func TestLabelRefused(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(newLabel(sh, sh.bots[0]), "7", "enter")
	l, ok := s.(label)
	if !ok || l.saving.id == 0 {
		t.Fatalf("enter leads to %T", s)
	}
	s, _ = s.Update(taskDoneMsg{task: l.saving.id, err: &fleet.InputError{Field: fleet.FieldLabel, Problem: fleet.ProblemReserved, Got: "7"}})
	if l = s.(label); l.saving.id != 0 || l.form.focused().refused == nil {
		t.Error("the problem does not stand under the field")
	}
	if !is[card](drive(s, "esc")) {
		t.Error("esc does not lead back to the card")
	}
}

func TestLabelSaved(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	bot := sh.bots[0]
	s := drive(newLabel(sh, bot), "x", "enter")
	bot.Label = "x"
	s, cmd := s.Update(taskDoneMsg{task: s.(label).saving.id, value: bot})
	if c, ok := s.(card); !ok || c.key != bot.Key || c.notice == "" || cmd == nil {
		t.Errorf("after saving: %T", s)
	}
	if now, _ := sh.bot(bot.Key); now.Label != "x" {
		t.Errorf("label is %q", now.Label)
	}
}

func TestLabelKeepsItsQuotes(t *testing.T) {
	f := newLabelField().set(` The "old" shop's "x" `)
	if got := f.value(); got != `The "old" shop's "x"` {
		t.Errorf("the label is %q", got)
	}
}

// A wait is told with what is left of it, never as one of no length, and not once it is over.
func TestCardOfAFlood(t *testing.T) {
	for _, test := range []struct {
		until  time.Duration
		says   []string
		hushes string
	}{
		{31 * time.Minute, []string{"Telegram asked to wait.", "in 31 min"}, "0 s"},
		{-time.Minute, []string{"the wait is over, not logged in"}, "asked to wait"},
	} {
		bot := someBots()[0]
		bot.Health = store.Health{Status: store.Flooded, Kind: "flood_wait", Code: 420, Type: "FLOOD_WAIT_1860", Since: noon().Add(-time.Minute)}
		bot.FloodUntil = noon().Add(test.until)
		sh := testShell(t, bot)
		sh.body = bodySize(size{100, 30})
		drawn := strings.Join(newCard(sh, bot.Key).View(sh.body).body, "\n")
		for _, want := range test.says {
			if !strings.Contains(drawn, want) {
				t.Errorf("%v: no %q in\n%s", test.until, want, drawn)
			}
		}
		if strings.Contains(drawn, test.hushes) {
			t.Errorf("%v: %q in\n%s", test.until, test.hushes, drawn)
		}
	}
}

// TestCardKeepsTheWayBack: what is done from a card that was opened on a summary leads back to it, and then to the summary.
func TestCardKeepsTheWayBack(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	shown := sumUp(sh, loggingInMany, mixed()...)
	open := drive(shown, "enter")
	bot, _ := sh.bot(open.(card).key)
	done := func(s screen) screen {
		next, _ := s.Update(taskDoneMsg{task: sh.lastTask, value: bot})
		return next
	}
	saved := func(s screen) screen {
		next, _ := s.Update(taskDoneMsg{task: sh.lastTask, value: []fleet.Bot{bot}})
		return next
	}
	works := attempt{aim: loggingIn, key: bot.Key, back: drive(open, "l")}
	for name, s := range map[string]screen{
		"label": drive(open, "enter", "esc"), "label saved": done(drive(open, "enter", "x", "enter")),
		"tags": drive(open, "t", "esc"), "tags saved": saved(drive(open, "t", "x", "enter")),
		"token": drive(open, "p", "esc"), "login": drive(open, "l", "esc"), "login not needed": drive(works.works(sh), "esc"),
	} {
		if !is[card](s) {
			t.Errorf("%s: on %T", name, s)
		} else if back := drive(s, "esc"); !is[summary](back) {
			t.Errorf("%s: esc on the card leads to %T", name, back)
		}
	}
}
