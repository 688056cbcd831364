package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/keyring"
	"botring/ui/internal/screentest"
)

func removeOf(t *testing.T, bots []fleet.Bot, hidden int) (*shell, remove) {
	t.Helper()
	sh := testShell(t, bots...)
	sh.body = bodySize(size{100, 30})
	return sh, newRemove(sh, bots, hidden).(remove)
}

func TestRemoveLooks(t *testing.T) {
	for name, c := range map[string]struct {
		bots   []fleet.Bot
		hidden int
		keys   []string
	}{
		"One":            {bots: someBots()[:1]},
		"NotLoggedIn":    {bots: someBots()[4:5]},
		"Several":        {bots: someBots(), hidden: 2},
		"ConfirmOne":     {bots: someBots()[:1], keys: []string{"d"}},
		"ConfirmSeveral": {bots: someBots(), keys: []string{"o"}},
		"ConfirmMany":    {bots: fineBots(12), keys: []string{"d"}},
	} {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh, r := removeOf(t, c.bots, c.hidden)
				return sh, drive(r, c.keys...)
			}, nil)
		})
	}
}

func TestRemoveFailedLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, r := removeOf(t, someBots(), 0)
		unhurried(sh)
		s := drive(r, "o", "enter")
		sh.now = noon
		id := s.(remove).run.task.id
		for i, b := range someBots() {
			out := outcome{bot: b, loggedOut: true}
			if i%3 == 2 {
				out = outcome{bot: b, err: keyring.ErrLocked}
			}
			s, _ = s.Update(removedMsg{task: id, outcome: out})
		}
		s, _ = s.Update(removedMsg{task: id, last: true})
		return sh, s
	}, nil)
}

// TestRemoveNeedsAChoice: enter alone, however often, removes nothing.
func TestRemoveNeedsAChoice(t *testing.T) {
	sh, r := removeOf(t, someBots(), 0)
	unhurried(sh)
	s := drive(r, "enter", "enter", "enter")
	if s.(remove).stage != removeChoose || len(sh.tasks) != 0 {
		t.Error("enter chose a way by itself")
	}
}

func TestRemoveIsDeafAtFirst(t *testing.T) {
	sh, r := removeOf(t, someBots()[:1], 0)
	now := noon()
	sh.now = func() time.Time { return now }
	s := drive(r, "d", "enter")
	if s.(remove).stage != removeConfirm {
		t.Fatal("an enter that was on its way confirms")
	}
	now = now.Add(guardTime)
	if s = drive(s, "enter"); s.(remove).stage != removeRun {
		t.Error("enter does not confirm")
	}
}

func TestRemoveManyNeedsTheirNumber(t *testing.T) {
	sh, r := removeOf(t, fineBots(12), 0)
	unhurried(sh)
	s := drive(r, "d", "enter", "3", "enter")
	if s.(remove).stage != removeConfirm || !strings.Contains(s.View(sh.body).status, "3 is not") {
		t.Fatalf("3 of 12 confirms, or says %q", s.View(sh.body).status)
	}
	s, _ = drive(s, "backspace").Update(tea.PasteMsg{Content: "12"})
	if s = drive(s, "enter"); s.(remove).stage != removeConfirm {
		t.Fatal("a pasted number confirms")
	}
	if s = drive(s, "1", "2", "enter"); s.(remove).stage != removeRun {
		t.Error("12 does not confirm")
	}
}

func TestRemoveBack(t *testing.T) {
	_, onCard := cardOf(t, 7000000001)
	if !is[card](drive(onCard, "d", "esc")) {
		t.Error("esc does not lead back to the card")
	}
	_, one := removeOf(t, someBots()[:1], 0)
	if !is[bots](drive(one, "esc")) {
		t.Error("esc does not lead back to the list where that asked for one bot")
	}
	_, several := removeOf(t, someBots(), 0)
	if !is[bots](drive(several, "esc")) {
		t.Error("esc does not lead back to the list")
	}
	if s := drive(several, "o", "esc"); s.(remove).stage != removeChoose {
		t.Error("esc does not lead back to the choice")
	}
}

// TestRemoveOffersNoLogoutWithoutSession: o is neither shown nor taken.
func TestRemoveOffersNoLogoutWithoutSession(t *testing.T) {
	sh, r := removeOf(t, someBots()[4:5], 0)
	for _, b := range r.Keys() {
		if b.Help().Key == sh.keys.logOutRemove.Help().Key {
			t.Error("o is shown")
		}
	}
	if s := drive(r, "o"); s.(remove).stage != removeChoose {
		t.Error("o is taken")
	}
}

func TestRemoved(t *testing.T) {
	sh, r := removeOf(t, someBots(), 0)
	unhurried(sh)
	sh.list.marked = map[fleet.Key]bool{r.bots[0].Key: true}
	r.bots = r.bots[:2]
	s := drive(r, "d", "enter")
	id := s.(remove).run.task.id
	s, _ = s.Update(removedMsg{task: id + 1, outcome: outcome{bot: r.bots[1]}})
	s, _ = s.Update(taskDoneMsg{task: id})
	s, _ = s.Update(removedMsg{task: id, outcome: outcome{bot: r.bots[0]}})
	if got := s.View(sh.body).status; !strings.Contains(got, "removing 2 of 2") {
		t.Errorf("progress: %q", got)
	}
	s, _ = s.Update(removedMsg{task: id, outcome: outcome{bot: r.bots[1]}})
	s, cmd := s.Update(removedMsg{task: id, last: true})
	if !is[bots](s) || cmd == nil || sh.list.notice != "Removed 2 bots." {
		t.Errorf("on %T, saying %q", s, sh.list.notice)
	}
	if _, still := sh.bot(r.bots[0].Key); still || len(sh.bots) != len(someBots())-2 || len(sh.list.marked) != 0 {
		t.Error("what was removed is still listed or marked")
	}
}

func TestRemoveFailedStays(t *testing.T) {
	sh, r := removeOf(t, someBots()[:2], 0)
	unhurried(sh)
	s := drive(r, "o", "enter")
	id := s.(remove).run.task.id
	s, _ = s.Update(removedMsg{task: id, outcome: outcome{bot: r.bots[0], err: errors.New("odd")}})
	s, _ = s.Update(removedMsg{task: id, outcome: outcome{bot: r.bots[1], loggedOut: true}})
	s, _ = s.Update(removedMsg{task: id, last: true})
	failed := s.(remove)
	if failed.stage != removeFailed || len(failed.bots) != 1 || failed.bots[0].Key != r.bots[0].Key {
		t.Fatalf("stage %d with %d bots", failed.stage, len(failed.bots))
	}
	if got := failed.View(sh.body).status; !strings.Contains(got, "Logged out and removed") || !strings.Contains(got, "1 still here") {
		t.Errorf("says %q", got)
	}
	seesNot(t, s, "The log")
	sh.logPath = func() string { return "/home/u/botring.log" }
	sees(t, s, "no words for", "The log has more: /home/u/botring.log.")
	// Only when asked for again is it removed without the logout.
	if next := drive(s, "d"); next.(remove).stage != removeConfirm || next.(remove).way != removeHere {
		t.Error("d does not ask again")
	}
	if !is[bots](drive(s, "esc")) {
		t.Error("esc does not lead to the list")
	}
}

func TestRemoveStops(t *testing.T) {
	sh, r := removeOf(t, someBots()[:3], 0)
	unhurried(sh)
	s := drive(r, "d", "enter")
	id := s.(remove).run.task.id
	s, _ = s.Update(removedMsg{task: id, outcome: outcome{bot: r.bots[0]}})
	s = drive(s, "esc")
	if got := s.View(sh.body).status; !strings.Contains(got, "Cancelling") {
		t.Errorf("says %q", got)
	}
	s, _ = s.Update(removedMsg{task: id, outcome: outcome{bot: r.bots[1], err: context.Canceled}})
	s, _ = s.Update(removedMsg{task: id, last: true})
	if !is[bots](s) || sh.list.notice != "Stopped: 1 of 3 removed." {
		t.Errorf("on %T, saying %q", s, sh.list.notice)
	}
}

func TestRemoveScrolls(t *testing.T) {
	sh, r := removeOf(t, someBots(), 1)
	on := screentest.Run(t, still{root{sh: sh, screen: r}}, 40, 10, screentest.Dark)
	on.See("Shop")
	on.Type("G")
	on.See("log out, then remove")
}
