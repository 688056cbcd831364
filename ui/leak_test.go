package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/internal/screentest"
)

// leakOf is the screen of the first bot's token that got out, while it looks who can revoke it.
func leakOf(sh *shell) screen { return leakOfAll(sh, sh.bots[:1], 0) }

func leakOfAll(sh *shell, bots []fleet.Bot, hidden int) screen {
	s, _ := newLeak(sh, bots, hidden, newCard(sh, sh.bots[0].Key))
	return s
}

// leakAnswered is how it goes on from the end of what it does.
func leakAnswered(s screen, value any, err error) screen {
	s, _ = s.Update(taskDoneMsg{task: s.(leak).task.id, value: value, err: err})
	return s
}

// unmanagedPlan is a plan of the first bot's, which none manages.
func unmanagedPlan(sh *shell) fleet.RotationPlan {
	plan := managedPlan(sh)
	plan.Manager = fleet.Bot{}
	return plan
}

// unasked is why a bot that may manage another could not be asked.
func unasked(sh *shell) error {
	return &fleet.ManagerError{Manager: sh.bots[1], Err: fleet.ErrNoSession}
}

// leakManyLooked is the question about all bots: the first is managed, of the second it is not known, the rest nobody
// manages.
func leakManyLooked(sh *shell) screen {
	s := leakOfAll(sh, sh.bots, 2)
	for i, bot := range sh.bots {
		plan, err := fleet.RotationPlan{Bot: bot}, error(nil)
		switch i {
		case 0:
			plan.Manager = sh.bots[1]
		case 1:
			err = unasked(sh)
		}
		s = leakAnswered(s, plan, err)
	}
	return s
}

// revokedBot is what was done about the first bot where its manager revoked the token.
func revokedBot(sh *shell) fleet.Panicked {
	bot := sh.bots[0]
	bot.Sessions, bot.Health.Status = nil, store.NotLoggedIn
	return fleet.Panicked{Bot: bot, Revoked: true, Manager: sh.bots[1], Places: somePlaces(), Sessions: []fleet.EndedSession{
		{LostSession: store.LostSession{Name: store.DefaultSession, Runs: store.Here}},
		{LostSession: store.LostSession{Name: "vps-1", Runs: store.Elsewhere, At: "vps-1"}},
	}}
}

// unrevokedBot is what was done where nobody here could revoke, and one session did not end.
func unrevokedBot(sh *shell) fleet.Panicked {
	p := revokedBot(sh)
	p.Revoked, p.Manager, p.Err = false, fleet.Bot{}, fleet.ErrNotManaged
	p.Bot.Tags = append(p.Bot.Tags, fleet.TagLeaked)
	p.Sessions[1].Err = &telegram.Error{Kind: telegram.Unreachable}
	return p
}

// leaked are outcomes of every sort.
func leaked(sh *shell) []outcome {
	none := unrevokedBot(sh)
	none.Bot, none.Sessions = sh.bots[1], none.Sessions[:1]
	cut := fleet.Panicked{Bot: sh.bots[2], Revoked: true, Err: &fleet.UnfinishedError{Bot: sh.bots[2], Step: store.RotationRevoking, Revoked: true, Err: keyring.ErrDenied}}
	return []outcome{
		panicOutcome(fleet.PanicOutcome{Key: sh.bots[0].Key, Panicked: revokedBot(sh)}),
		panicOutcome(fleet.PanicOutcome{Key: sh.bots[1].Key, Panicked: none}),
		panicOutcome(fleet.PanicOutcome{Key: sh.bots[2].Key, Panicked: cut}),
		panicOutcome(fleet.PanicOutcome{Key: sh.bots[3].Key, Panicked: fleet.Panicked{Bot: sh.bots[3]}, Err: fleet.ErrItemDamaged}),
	}
}

// leakScreens opens the screen in every state that has keys of its own.
func leakScreens() map[string]func(*shell) screen {
	managed := func(sh *shell) screen { return leakAnswered(leakOf(sh), managedPlan(sh), nil) }
	unmanaged := func(sh *shell) screen { return leakAnswered(leakOf(sh), unmanagedPlan(sh), nil) }
	running := func(sh *shell) screen { return drive(unmanaged(sh), "enter") }
	ended := func(done func(*shell) fleet.Panicked, err error) func(*shell) screen {
		return func(sh *shell) screen {
			sh.fleet = new(fleet.Fleet)
			return leakAnswered(running(sh), done(sh), err)
		}
	}
	return map[string]func(*shell) screen{
		"looking":    leakOf,
		"cancelling": func(sh *shell) screen { return drive(leakOf(sh), "esc") },
		"managed":    managed,
		"unmanaged":  unmanaged,
		"not known": func(sh *shell) screen {
			return leakAnswered(leakOf(sh), fleet.RotationPlan{Bot: sh.bots[0]}, unasked(sh))
		},
		"cut off": func(sh *shell) screen {
			return leakAnswered(leakOf(sh), fleet.RotationPlan{Bot: sh.bots[0], CutOff: store.RotationPasted}, nil)
		},
		"many":      leakManyLooked,
		"running":   running,
		"stopping":  func(sh *shell) screen { return drive(running(sh), "esc") },
		"revoked":   ended(revokedBot, nil),
		"unrevoked": ended(unrevokedBot, nil),
		"not saved": ended(func(sh *shell) fleet.Panicked { return *leaked(sh)[2].panicked }, nil),
		"failed":    func(sh *shell) screen { return leakAnswered(leakOf(sh), nil, keyring.ErrDenied) },
		"low": func(sh *shell) screen {
			sh.body = bodySize(size{40, 12})
			return ended(unrevokedBot, keyring.ErrDenied)(sh)
		},
	}
}

// TestLeakRevokes: one question, behind the guard, and what is left: the places and the login.
func TestLeakRevokes(t *testing.T) {
	sh := testShell(t, someBots()...)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	s := drive(newCard(sh, sh.bots[0].Key), "B")
	sees(t, s, "The token of Shop orders got out", "Asking who can revoke it")
	s = leakAnswered(s, managedPlan(sh), nil)
	sees(t, s, "天気 Weather", "session vps-1, runs at vps-1", "Revoke the token? Its 2 sessions end.")
	seesNot(t, s, "cannot be revoked")
	if held := h.keys(s, "enter"); held.(leak).stage != leakConfirm {
		t.Error("the guard does not hold")
	}
	h.wait(guardTime)
	s = h.keys(s, "enter")
	sees(t, s, "Revoking the token")
	done := revokedBot(sh)
	s = leakAnswered(s, done, nil)
	sees(t, s, "The token that got out is dead", "revoked by @tenki_bot", "vps-1, which ran at vps-1, ended.", "3 places hold the older token.",
		"docker-compose.override.yml", "l does that")
	if row, _ := sh.bot(done.Bot.Key); len(row.Sessions) != 0 {
		t.Error("the list does not know what was done")
	}
	sh.fleet = new(fleet.Fleet)
	if next := h.keys(s, "l"); !is[loginQuestion](next) || !is[leak](h.keys(next, "esc")) {
		t.Errorf("l leads to %T", next)
	}
	listed := h.keys(s, "D")
	listed, _ = listed.Update(taskDoneMsg{task: listed.(places).task.id, value: somePlaces()[1:2]})
	sees(t, h.keys(listed, "esc"), "No place that is known holds the older token.")
	if offered := offersKeys(s); strings.Contains(offered, "N ") || strings.Contains(offered, "B ") {
		t.Errorf("keys %s", offered)
	}
	h.wait(guardTime)
	if next := h.keys(s, "enter"); !is[card](next) {
		t.Errorf("enter leads to %T", next)
	}
}

// TestLeakWithoutAManager: that the token cannot be revoked from here comes first; each session is shown; the rest is
// done by hand.
func TestLeakWithoutAManager(t *testing.T) {
	sh := testShell(t, someBots()...)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	s := leakAnswered(leakOf(sh), unmanagedPlan(sh), nil)
	text := strings.Join(strings.Fields(plainView(s, 100, 25)), " ")
	first, then := strings.Index(text, "cannot be revoked from here: no bot on this ring manages it"), strings.Index(text, "Every session is logged out")
	if first < 0 || then < first || !strings.Contains(text, "can log in again until it is revoked") {
		t.Errorf("it says\n%s", text)
	}
	sees(t, s, "End its 2 sessions?")
	h.wait(guardTime)
	s = h.keys(s, "enter")
	step := func(session string, stage fleet.Stage, done bool) {
		s, _ = s.Update(stepMsg{task: s.(leak).task.id, step: fleet.Step{Stage: stage, Done: done, Session: session}})
	}
	step(store.DefaultSession, fleet.Connecting, false)
	sees(t, s, "⠋ Ending session default, runs here", "Connecting")
	step(store.DefaultSession, fleet.Saving, true)
	step("vps-1", fleet.LoggingOut, false)
	sees(t, s, "✓ Ending session default", "⠋ Ending session vps-1, runs at vps-1", "Logging out")
	done := unrevokedBot(sh)
	s = leakAnswered(s, done, nil)
	sees(t, s, "The token may still work. Sessions: 1 of 2 ended.", "vps-1, which runs at vps-1, did not end", "Revoke it by hand", "5 places have what went out.")
	if offered := offersKeys(s); !strings.HasPrefix(offered, "N rotate by hand | D") || !strings.Contains(offered, "B once more") || strings.Contains(offered, "l ") {
		t.Errorf("keys %s", offered)
	}
	if next := h.keys(s, "N"); !is[rotation](next) {
		t.Errorf("N leads to %T", next)
	}
	if next := h.keys(s, "B"); next.(leak).stage != leakLooking {
		t.Error("B does not look once more")
	}
	// Once the token was replaced the rest is no news any more.
	now := done.Bot
	now.Tags = nil
	sh.replace(now)
	sees(t, s, "It is not tagged #leaked any more")
	seesNot(t, s, "Revoke it by hand")
	if offered := offersKeys(s); strings.Contains(offered, "N ") || strings.Contains(offered, "B ") {
		t.Errorf("keys %s", offered)
	}
}

// TestLeakStopped: esc loses nothing of what was done.
func TestLeakStopped(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	running := func() screen { return drive(leakAnswered(leakOf(sh), unmanagedPlan(sh), nil), "enter", "esc") }
	s := running()
	sees(t, s, "Cancelling")
	done := unrevokedBot(sh)
	done.Err, done.Sessions[1].Err = context.Canceled, context.Canceled
	s = leakAnswered(s, done, nil)
	sees(t, s, "Stopped. This is how far it came.", "default, which ran here, ended.", "vps-1, which runs at vps-1, did not end")
	if offered := offersKeys(s); !strings.Contains(offered, "B once more") {
		t.Errorf("keys %s", offered)
	}
	// What had been revoked by then is revoked.
	s = leakAnswered(running(), revokedBot(sh), nil)
	sees(t, s, "The token that got out is dead")
	seesNot(t, s, "Stopped")
	s = leakAnswered(running(), fleet.Panicked{}, context.Canceled)
	if c, ok := s.(card); !ok || c.notice != "Cancelled. Nothing was changed." {
		t.Errorf("with nothing done it leads to %T", s)
	}
	s = leakAnswered(drive(leakOf(sh), "esc"), managedPlan(sh), nil)
	if c, ok := s.(card); !ok || c.notice != "Cancelled. Nothing was changed." {
		t.Errorf("while it looks esc leads to %T", s)
	}
	// What went wrong at the end hides nothing of what was done.
	s = leakAnswered(drive(leakAnswered(leakOf(sh), unmanagedPlan(sh), nil), "enter"), unrevokedBot(sh), keyring.ErrDenied)
	sees(t, s, "default, which ran here, ended.", "The keyring refused access.")
}

// TestLeakOfMany: who cannot be revoked is named first; the summary opens what was done about each, and asks anew.
func TestLeakOfMany(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	// A bot that is gone meanwhile is left out.
	gone := leakAnswered(leakOfAll(sh, sh.bots[:2], 0), nil, fmt.Errorf("find: %w", store.ErrNotFound))
	gone = leakAnswered(gone, fleet.RotationPlan{Bot: sh.bots[1]}, nil)
	if l := gone.(leak); l.stage != leakConfirm || len(l.bots) != 1 || l.bots[0].Key != sh.bots[1].Key {
		t.Errorf("%+v", l.bots)
	}
	// Where the keyring opens for nobody, nobody else is asked.
	shut := leakAnswered(leakOfAll(sh, sh.bots, 0), fleet.RotationPlan{Bot: sh.bots[0]}, keyring.ErrDenied)
	if l := shut.(leak); l.stage != leakFailed || drive(shut, "enter").(leak).stage != leakLooking {
		t.Error("a closed keyring is asked for each")
	}

	s := leakManyLooked(sh)
	sees(t, s, "The tokens of 7 bots got out", "5 of their 7 tokens cannot be revoked from here", "Of 1 more", "1 token will be revoked",
		"6 sessions will end", "6 bots will be tagged #leaked", "The filter hides 2 of the 7.", "Revoke 1 token, end 6 sessions?")
	if next := drive(s, "enter"); !is[card](next) || sh.errand.deed != makingSafe || sh.errand.total != 7 || sh.errand.hidden != 2 {
		t.Fatalf("enter leads to %T, %v", next, sh.errand.deed)
	}
	sees(t, drive(leakManyLooked(sh), "enter"), "Something else still runs")
	for i := range sh.bots {
		sh.bots[i].Sessions = nil
	}
	sees(t, leakManyLooked(sh), "No session is left to end; 6 bots will be tagged #leaked.", "Revoke 1 token?")
	ended(sh, leaked(sh)...)
	if f := sh.finished; f.ending[wentWell] != 1 || f.ending[failed] != 3 || f.ending[untried] != 3 {
		t.Errorf("%+v", f.ending)
	}
	sum := newSummary(sh)
	sees(t, sum, "Made safe 1 of 7 bots", "The token may still work. Sessions: ended.", "could not be saved")
	opened := map[string]bool{}
	for i, row := range sum.(summary).rows {
		at := sum.(summary)
		at.at = i
		next := drive(at, "enter")
		opened[fmt.Sprintf("%T", next)] = true
		if is[leak](next) != (row.panicked != nil) || !is[summary](drive(next, "esc")) {
			t.Errorf("%s opens %T", row.name, next)
		}
	}
	if !opened["ui.leak"] || !opened["ui.card"] {
		t.Errorf("opened %v", opened)
	}
	again := drive(sum, "r")
	if l, ok := again.(leak); !ok || len(l.bots) != 3 || sh.errand.running() {
		t.Errorf("r leads to %T", again)
	}
	if line := sh.finished.says(sh, 0, noon()); !strings.Contains(line, "Made safe Shop orders · 3 failed · R lists them") && !strings.HasPrefix(line, "Stopped: 1 of 7 made safe") {
		t.Errorf("it says %q", line)
	}
}

// TestLeakFromTheList is for what is marked, and else for what is selected.
func TestLeakFromTheList(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.list.find(sh.bots[0].Key)
	if l := drive(newBots(sh), "B").(leak); len(l.bots) != 1 || l.hidden != 0 {
		t.Errorf("for %d", len(l.bots))
	}
	s := drive(newBots(sh), "*", "/", "s", "h", "o", "p", "enter", "B")
	if l := s.(leak); len(l.bots) != 7 || l.hidden == 0 {
		t.Errorf("for %d, %d hidden", len(l.bots), l.hidden)
	}
	sees(t, s, "Asking who can revoke them: 0 of 7")
}

func TestLeakLooks(t *testing.T) {
	for _, name := range []string{"managed", "unmanaged", "many", "running", "revoked", "unrevoked"} {
		open := leakScreens()[name]
		t.Run(name, func(t *testing.T) {
			for _, at := range []size{{80, 24}, {60, 12}, {40, 12}} {
				t.Run(fmt.Sprintf("%dx%d", at.width, at.height), func(t *testing.T) {
					sh := testShell(t, someBots()...)
					unhurried(sh)
					sh.body = bodySize(at)
					s := open(sh)
					sh.now = noon
					if name == "running" {
						s, _ = s.Update(stepMsg{task: s.(leak).task.id, step: fleet.Step{Stage: fleet.Connecting, DC: 2, Session: store.DefaultSession}})
					}
					screentest.Run(t, still{root{sh: sh, screen: s}}, at.width, at.height, screentest.Dark).Golden()
				})
			}
		})
	}
}

// TestLeakLife: at a Telegram on loopback, a token is revoked by its bot's manager and the bot logged in again; one that
// nobody manages loses its session, and is rotated by hand; then both at once.
func TestLeakLife(t *testing.T) {
	t.Parallel()
	w := newWhole(t, 2)
	manager := secret.New(fmt.Sprintf("%d:AAH%s", wholeID(9), strings.Repeat("m", 32)))
	w.telegram.AddBot(telegramtest.Bot{Token: manager, Manages: []int64{wholeID(1)}, Profile: telegram.Profile{
		ID: wholeID(9), Username: "whole_9_bot", FirstName: "Whole 9", ManagesBots: true,
	}})
	if _, err := w.fleet.Add(t.Context(), fleet.NewBot{Token: manager, APIID: 10001}, nil); err != nil {
		t.Fatal(err)
	}
	key := func(i int) fleet.Key { return fleet.Key{Environment: "test", ID: wholeID(i)} }
	w.fleet.TokenWentOut(t.Context(), key(1), wholeToken(1), fleet.Outlet{Way: store.ToFile, Place: "/srv/shop/.env", How: "token show"})
	w.See("Whole 9")
	w.Press(uv.KeyEnter)
	w.See("Health")
	w.Type("B")
	w.See("Manager")
	w.See("Revoke the token? Its session ends.")
	w.confirm()
	w.See("The token that got out is dead.")
	w.See("1 place holds the older token.")
	token, err := w.fleet.Token(t.Context(), key(1))
	if err != nil || token.Equal(wholeToken(1)) {
		t.Errorf("the token is the one that got out: %v", err)
	}
	w.Type("D")
	w.See("space seen to")
	w.Type(" ")
	w.See("done")
	w.Press(uv.KeyEscape)
	w.See("No place that is known holds the older token.")
	w.Type("l")
	w.See("Log in Whole 1")
	w.confirm()
	w.See("Logged in")
	w.Press(uv.KeyEnter)

	// The second is managed by nobody.
	w.See("Whole 2")
	w.Type("G")
	w.Type("k")
	w.Type("B")
	w.See("The token of Whole 2 got out")
	w.See("cannot be revoked from here")
	w.See("End its session?")
	w.confirm()
	w.See("The token may still work. Sessions: ended.")
	w.See("default, which ran here, ended.")
	if stats := w.telegram.Stats(); stats.Sessions != 2 {
		t.Errorf("%d sessions at Telegram", stats.Sessions)
	}
	row, err := w.fleet.Bot(t.Context(), key(2))
	if err != nil || !slices.Contains(row.Tags, fleet.TagLeaked) {
		t.Errorf("tags %q, %v", row.Tags, err)
	}
	w.Type("N")
	w.See("this takes @BotFather")
	w.Press(uv.KeyEscape)
	w.See("The token may still work.")
	w.Press(uv.KeyEscape)

	// Both: the first once more revoked, the second with nothing left to end.
	w.See("● Whole 9")
	w.Type("*")
	w.See("3 marked")
	w.Type("G ")
	w.See("2 marked")
	w.Type("B")
	w.See("1 of their 2 tokens cannot be revoked from here")
	w.confirm()
	w.See("Made safe 1 of 2 bots")
	w.See("The token may still work. Sessions: none.")
	w.Press(uv.KeyEnter)
	w.See("Revoke it by hand")
	if again, err := w.fleet.Token(t.Context(), key(1)); err != nil || again.Equal(token) {
		t.Errorf("the first was not revoked once more: %v", err)
	}
}
