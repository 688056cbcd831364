package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
)

func TestBulkLooks(t *testing.T) {
	for name, open := range map[string]func(*shell) screen{
		"LogIn":       func(sh *shell) screen { return newLoginMany(sh, sh.bots, 2) },
		"LogInAnew":   func(sh *shell) screen { return drive(newLoginMany(sh, sh.bots, 0), "l") },
		"Rotate":      func(sh *shell) screen { return newRotateMany(sh, sh.bots, 2) },
		"LogOut":      func(sh *shell) screen { return newLogOut(sh, sh.bots, nil) },
		"LogOutOne":   func(sh *shell) screen { return newLogOut(sh, sh.bots[:1], nil) },
		"AnotherApp":  func(sh *shell) screen { return newPickApp(sh, sh.bots, 2, nil) },
		"App":         func(sh *shell) screen { return newAppCard(sh, 10001, "") },
		"AppHeldBack": func(sh *shell) screen { return drive(newAppCard(heldBack(sh), 10001, ""), "j", "j") },
		"Apps":        func(sh *shell) screen { return newApps(heldBack(sh)) },
		"Running": func(sh *shell) screen {
			sh.run(order{deed: loggingInMany, bots: sh.bots[:4]})
			sh.update(errandMsg{task: sh.errand.task.id, events: []event{
				{key: sh.bots[1].Key, step: fleet.Step{Stage: fleet.LoggingIn}},
				{outcome: &outcome{key: sh.bots[0].Key, bot: sh.bots[0]}},
				{held: noon().Add(30 * time.Second)},
			}})
			return newBots(sh)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onTerminals(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, open(sh)
			})
		})
	}
}

// heldBack has Telegram hold back an app as a whole, and two of its bots.
func heldBack(sh *shell) *shell {
	wait := func(id int64, app int, minutes int) fleet.Flood {
		return fleet.Flood{
			Key: fleet.Key{Environment: "production", ID: id}, APIID: app, Method: store.MethodLogin,
			Until: noon().Add(time.Duration(minutes) * time.Minute), SeenAt: noon(),
		}
	}
	sh.waits = []fleet.Flood{wait(7000000003, 10001, 31), wait(7000000006, 10001, 12), wait(0, 10001, 31), wait(7000000004, 10002, 5), wait(9, 10002, -1)}
	return sh
}

func TestAppWaits(t *testing.T) {
	sh := heldBack(testShell(t, someBots()...))
	main, legacy := sh.apps[0], sh.apps[1]
	if got := sh.appWait(main); !got.Equal(noon().Add(31 * time.Minute)) {
		t.Errorf("main waits until %v", got)
	}
	if got := sh.appWait(legacy); !got.IsZero() {
		t.Errorf("legacy waits until %v", got)
	}
	if n, last := sh.botsWait(main); n != 2 || !last.Equal(noon().Add(31*time.Minute)) {
		t.Errorf("%d bots of main wait until %v", n, last)
	}
	if n, _ := sh.botsWait(legacy); n != 1 {
		t.Errorf("%d bots of legacy wait: a wait that is over counts", n)
	}
}

// TestLoginManyCounts: who would be logged in, and who not and why.
func TestLoginManyCounts(t *testing.T) {
	sh := testShell(t, someBots()...)
	elsewhere := someBots()[3]
	elsewhere.Sessions[0].Runs = store.Elsewhere
	b := newLoginMany(sh, append(someBots(), elsewhere), 0).(bulk)
	if got := b.tally(); got != (loginTally{works: 3, wait: 1, elsewhere: 1, rest: 3}) {
		t.Errorf("%+v", got)
	}
}

// TestLoginManyIsForcedByTwoKeys: sessions that work are only replaced by a key and an enter of its own.
func TestLoginManyIsForcedByTwoKeys(t *testing.T) {
	sh := testShell(t, someBots()...)
	now := noon()
	sh.now = func() time.Time { return now }
	s := drive(newLoginMany(sh, sh.bots, 0), "enter")
	if sh.errand.running() {
		t.Fatal("an enter that was on its way logs in")
	}
	now = now.Add(guardTime)
	s = drive(s, "l", "enter")
	if sh.errand.running() {
		t.Fatal("after l, an enter that was on its way logs in")
	}
	sees(t, s, "those sessions end")
	if back := drive(s, "esc"); back.(bulk).deed != loggingInMany {
		t.Error("esc does not take the force back")
	}
	now = now.Add(guardTime)
	if s = drive(s, "enter"); !is[bots](s) || sh.errand.deed != loggingInAnew {
		t.Errorf("enter leads to %T", s)
	}

	sh = testShell(t, someBots()...)
	unhurried(sh)
	drive(newLoginMany(sh, sh.bots, 0), "enter")
	if sh.errand.deed != loggingInMany || sh.errand.total != len(someBots()) {
		t.Errorf("%s of %d", sh.errand.deed, sh.errand.total)
	}
	none := newLoginMany(sh, someBots()[3:5], 0)
	if drive(none, "l").(bulk).deed != loggingInMany {
		t.Error("l forces where no session works")
	}
}

// TestLoginAnewLeavesElsewhereAlone: of a bot that runs elsewhere the login would take the saved session's place.
func TestLoginAnewLeavesElsewhereAlone(t *testing.T) {
	all := someBots()
	all[1].Sessions[0].Runs = store.Elsewhere
	// Another one of its sessions runs here, and worked.
	all[5].Sessions = append(all[5].Sessions, fleet.Session{Name: "ci", Runs: store.Here})
	all[5].Sessions[0].Runs = store.Elsewhere
	sh := testShell(t, all...)
	sh.body = size{100, 28}
	unhurried(sh)
	asks := drive(newLoginMany(sh, sh.bots, 0), "l")
	sees(t, asks, "Log in 5 bots", "This logs in 4 bots, also the 1 whose session works", "2 that run elsewhere")
	if drive(asks, "enter"); sh.errand.total != 5 {
		t.Errorf("for %d bots", sh.errand.total)
	}
	for _, b := range sh.errand.bots {
		if b.Key == all[1].Key || b.Key == all[5].Key {
			t.Errorf("%s is logged in anew", b.Key)
		}
	}
	if again := drive(asks, "esc").(bulk); len(again.meant()) != len(all) {
		t.Errorf("esc asks for %d bots", len(again.meant()))
	}
	elsewhere := newLoginAnew(sh, []fleet.Bot{all[1]}).(bulk)
	if elsewhere.deed != loggingInMany {
		t.Error("none of those that are left can be logged in anew")
	}
}

// TestKeysActOnMarks: what is marked if anything is, hidden or not, and else what is selected.
func TestKeysActOnMarks(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.list.find(sh.bots[0].Key)
	if s := drive(newBots(sh), "l"); !is[loginQuestion](s) || !is[bots](drive(s, "esc")) {
		t.Errorf("l leads to %T", s)
	}
	if s := drive(newBots(sh), "o"); len(s.(bulk).bots) != 1 {
		t.Errorf("o is for %d", len(s.(bulk).bots))
	}
	s := drive(newBots(sh), "*", "/", "s", "h", "o", "p", "enter")
	for k, want := range map[string]int{"l": 7, "o": 6} {
		b := drive(s, k).(bulk)
		if len(b.bots) != want || b.hidden == 0 {
			t.Errorf("%s is for %d, %d hidden", k, len(b.bots), b.hidden)
		}
		sees(t, b, "The filter hides")
	}
	if p := drive(s, "A").(pickApp); len(p.bots) != 7 || p.hidden == 0 {
		t.Errorf("A is for %d, %d hidden", len(p.bots), p.hidden)
	}
}

// TestLogOutNeedsASession: where there is none it says so and asks nothing.
func TestLogOutNeedsASession(t *testing.T) {
	sh := testShell(t, someBots()...)
	without, with := someBots()[4].Key, someBots()[0].Key
	sh.list.find(without)
	if s := drive(newBots(sh), "o"); !is[bots](s) || !strings.Contains(sh.list.notice, "No session runs here") {
		t.Errorf("o leads to %T, saying %q", s, sh.list.notice)
	}
	if s := drive(newCard(sh, without), "o"); !is[card](s) || !strings.Contains(s.(card).notice, "No session runs here") {
		t.Errorf("on the card o leads to %T", s)
	}
	unhurried(sh)
	if s := drive(newCard(sh, with), "o", "enter"); !is[card](s) || sh.errand.deed != loggingOut {
		t.Errorf("on the card o and enter lead to %T", s)
	}
}

func TestPickApp(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := newPickApp(sh, sh.bots[:2], 0, nil)
	if same := drive(s, "enter"); same.(pickApp).task.id != 0 || !strings.Contains(same.(pickApp).says, "main already") {
		t.Errorf("to the same app: %q", same.(pickApp).says)
	}
	s = drive(s, "j", "enter")
	id := s.(pickApp).task.id
	if id == 0 {
		t.Fatal("enter does not move them")
	}
	refused, _ := s.Update(taskDoneMsg{task: id, err: fleet.ErrNoApp})
	sees(t, refused, "not known")
	moved := someBots()[:2]
	moved[0].APIID, moved[1].APIID = 10002, 10002
	s, cmd := s.Update(taskDoneMsg{task: id, value: moved})
	if !is[bots](s) || cmd == nil || sh.current(moved)[0].APIID != 10002 || !strings.Contains(sh.list.notice, "2 bots use legacy") {
		t.Errorf("on %T, saying %q", s, sh.list.notice)
	}
}

func TestAppCardGoesPlaces(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := newAppCard(sh, 10001, "")
	for k, want := range map[string]func(screen) bool{
		"enter": is[card], "E": is[appForm], "A": is[pickApp], "esc": is[apps], "q": is[apps], "1": is[bots], "j": is[appCard],
	} {
		if next := drive(s, k); !want(next) {
			t.Errorf("%s leads to %T", k, next)
		}
	}
	if back := drive(s, "j", "enter", "esc"); !is[appCard](back) {
		t.Errorf("esc on the bot leads to %T", back)
	}
	sh.apps = nil
	if next, _ := s.Update(catalogueMsg{}); !is[apps](next) {
		t.Errorf("with the app gone on %T", next)
	}
}

// TestPickAppHoldsTheApp: the bar stays on its app whatever comes and goes around it, and never does an enter that was
// meant for one move them to another.
func TestPickAppHoldsTheApp(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(newPickApp(sh, sh.bots[:2], 0, nil), "j")
	sh.apps = append([]fleet.App{{Name: "aaa", APIID: 9}}, sh.apps...)
	s, _ = s.Update(catalogueMsg{})
	if moving := drive(s, "enter").(pickApp); moving.to.APIID != 10002 {
		t.Errorf("they are moved to %s", moving.to.Name)
	}
	now := noon()
	sh.now = func() time.Time { return now }
	sh.apps = sh.apps[:2]
	s, _ = s.Update(catalogueMsg{})
	if moving := drive(s, "enter").(pickApp); moving.task.id != 0 {
		t.Errorf("with the app gone they are moved to %s", moving.to.Name)
	}
	if back := drive(s, "a", "esc"); !is[pickApp](back) {
		t.Errorf("esc on the form leads to %T", back)
	}
}

// TestUndoableRemoval: encrypted files that are locked are not opened only to keep what is removed.
func TestUndoableRemoval(t *testing.T) {
	sh := testShell(t, someBots()...)
	r := remove{sh: sh, bots: sh.bots[:1]}
	if r.undoable() != 1 {
		t.Error("not from a system keyring")
	}
	if r.way = removeLogOut; r.undoable() != 0 {
		t.Error("after a logout")
	}
	r.way = removeHere
	sh.keyring.status = fleet.KeyringStatus{Kind: kindAge, Locked: true}
	if r.undoable() != 0 || strings.Contains(r.question(), "brings") {
		t.Error("from files that are locked")
	}
	sh.keyring.status.Locked = false
	if r.undoable() != 1 {
		t.Error("not from files that are open")
	}
	// Of a bot without a secret nothing is left that could be kept.
	missing := sh.bots[0]
	missing.Health.Status = store.SecretMissing
	r.bots = []fleet.Bot{missing}
	if got := r.question(); !strings.Contains(got, "cannot be undone") {
		t.Errorf("without a secret: %s", got)
	}
	r.bots = append(r.bots, sh.bots[1:3]...)
	if got := r.question(); !strings.Contains(got, "U on the list brings 2 of them back") {
		t.Errorf("one of three without a secret: %s", got)
	}
}

// TestRotateMany: the question, its order, and what came of it. What was cut off is no bot that was not tried.
func TestRotateMany(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := newRotateMany(sh, sh.bots, 0)
	sees(t, s, "Rotate the tokens of 7 bots", "revoked by the bots on this ring that manage them", "6 sessions will end")
	if next := drive(s, "enter"); !is[bots](next) || sh.errand.deed != rotatingMany || sh.errand.total != 7 {
		t.Fatalf("enter leads to %T, %+v", next, sh.errand.deed)
	}
	all := someBots()
	cut := &fleet.UnfinishedError{Bot: all[1], Step: store.RotationRevoking, Err: context.Canceled}
	ended(sh, outcome{key: all[0].Key, bot: all[0]}, outcome{key: all[1].Key, bot: all[1], err: cut}, outcome{key: all[2].Key, bot: all[2], err: fleet.ErrNotManaged})
	if f := sh.finished; f.ending[wentWell] != 1 || f.ending[failed] != 2 || f.ending[untried] != 4 {
		t.Errorf("%+v", f.ending)
	}
	sees(t, newSummary(sh), "Rotated 1 of 7 bots", "No bot on this ring manages this one.")
	if drive(newBots(sh), "N"); sh.errand.running() {
		t.Error("N revokes without a question")
	}
}
