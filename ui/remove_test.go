package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
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
	if s = drive(s, "enter"); !is[bots](s) || sh.errand.deed != removing {
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
	if s = drive(s, "1", "2", "enter"); !is[bots](s) || sh.errand.total != 12 {
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
		if b.Help().Key == sh.keys.logOut.Help().Key {
			t.Error("o is shown")
		}
	}
	if s := drive(r, "o"); s.(remove).stage != removeChoose {
		t.Error("o is taken")
	}
}

func TestRemoveScrolls(t *testing.T) {
	sh, r := removeOf(t, someBots(), 1)
	on := screentest.Run(t, still{root{sh: sh, screen: r}}, 40, 10, screentest.Dark)
	on.See("Shop")
	on.Type("G")
	on.See("log out, then remove")
}
