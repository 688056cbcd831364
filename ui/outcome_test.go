package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// started is the progress screen of a token that was pasted and sent off.
func started(t *testing.T, sh *shell, h *hands) progress {
	t.Helper()
	p, ok := h.keys(h.paste(newAdd(sh), testToken), "enter").(progress)
	if !ok {
		t.Fatal("nothing was started")
	}
	return p
}

// end hands a progress screen the end of its task.
func end(s screen, value any, err error) screen {
	s, _ = s.Update(taskDoneMsg{task: s.(progress).task.id, value: value, err: err})
	return s
}

func savedBot() fleet.Saved {
	return fleet.Saved{
		Bot: fleet.Bot{
			Key:      fleet.Key{Environment: "production", ID: 7123456789},
			APIID:    10001,
			Profile:  fleet.Profile{FirstName: "Shop orders", Username: "shop_orders_bot", DC: 4, Inline: true, Groups: true},
			Health:   store.Health{Status: store.OK, CheckedAt: noon()},
			Sessions: []fleet.Session{{Name: store.DefaultSession, DC: 4, Runs: store.Here}},
		},
		Keyring: fleet.KeyringStatus{Kind: "system", Provider: "gnome-keyring", Collection: "Login"},
	}
}

func refusal(kind telegram.Kind, code int, typ string) *telegram.Error {
	return &telegram.Error{Kind: kind, Code: code, Type: typ, DC: 2, Sent: true}
}

func TestProgressKeepsItsLines(t *testing.T) {
	sh, h := formShell(t, mainApp())
	var s screen = started(t, sh, h)
	id := s.(progress).task.id
	height := len(s.View(size{80, 19}).body)
	at := map[string]int{}
	for _, step := range []fleet.Step{
		{Stage: fleet.OpeningKeyring},
		{Stage: fleet.OpeningKeyring, Done: true, Took: 3 * time.Millisecond},
		{Stage: fleet.Connecting, DC: 2, Addr: "149.154.167.41:443"},
		{Stage: fleet.Connecting, DC: 2, Addr: "149.154.167.41:443", Done: true, Took: 41 * time.Millisecond},
		{Stage: fleet.Securing, DC: 2},
		{Stage: fleet.Securing, DC: 2, Done: true, Took: 12 * time.Millisecond},
		{Stage: fleet.LoggingIn, DC: 2},
		{Stage: fleet.Moving, DC: 4},
		{Stage: fleet.Connecting, DC: 4, Addr: "149.154.167.91:443"},
		{Stage: fleet.Connecting, DC: 4, Addr: "149.154.167.91:443", Done: true, Took: 40 * time.Millisecond},
		{Stage: fleet.Securing, DC: 4},
		{Stage: fleet.Securing, DC: 4, Done: true, Took: 11 * time.Millisecond},
		{Stage: fleet.Moving, DC: 4, Addr: "149.154.167.91:443", Done: true, Took: 52 * time.Millisecond},
		{Stage: fleet.LoggingIn, DC: 4},
		{Stage: fleet.LoggingIn, DC: 4, Done: true, Took: 9 * time.Millisecond},
		{Stage: fleet.Saving},
	} {
		s, _ = s.Update(stepMsg{task: id, step: step})
		body := strings.Split(plainView(s, 80, 19), "\n")
		if got := len(s.View(size{80, 19}).body); got != height {
			t.Fatalf("%d lines after %v, %d before", got, step, height)
		}
		for _, name := range []string{"Connecting", "Securing", "Logging in", "Saving"} {
			for i, line := range body {
				if strings.Contains(line, name) {
					if before, seen := at[name]; seen && before != i {
						t.Errorf("%s moved from line %d to %d", name, before, i)
					}
					at[name] = i
				}
			}
		}
	}
	sees(t, s, "✓ Opening the keyring", "✓ Connecting", "41 ms   DC 2, 149.154.167.41:443", "✓ Securing", "12 ms",
		"✓ Moving to DC 4", "52 ms   DC 4, 149.154.167.91:443", "✓ Logging in", "9 ms", "⠋ Saving")
	if s.View(size{80, 19}).trail != "Adding 7123456789" {
		t.Errorf("trail %q", s.View(size{80, 19}).trail)
	}
	// What another task tells is nothing to this screen.
	before := plainView(s, 80, 19)
	for _, msg := range []tea.Msg{stepMsg{id + 1, fleet.Step{Stage: fleet.Saving, Done: true}}, spinMsg{id + 1}, taskDoneMsg{task: id + 1}} {
		s, _ = s.Update(msg)
	}
	if plainView(s, 80, 19) != before {
		t.Error("another task changed the screen")
	}
	turned, _ := s.Update(spinMsg{id})
	sees(t, turned, "⠙ Saving")
}

func TestCancelling(t *testing.T) {
	sh, h := formShell(t, mainApp())
	p := started(t, sh, h)
	s := h.keys(p, "esc")
	sees(t, s, "Cancelling…")
	if offersKeys(s) != "" {
		t.Errorf("keys %s", offersKeys(s))
	}
	s = h.keys(s, "esc") // once is enough
	s = end(s, nil, fmt.Errorf("log in: %w", context.Canceled))
	if tokenOf(s) != testToken {
		t.Error("what was typed is gone")
	}
	sees(t, s, "Cancelled. Nothing was saved.", "7123456789:••••••••")
}

func TestCancellingReachesTheTask(t *testing.T) {
	sh, _ := formShell(t)
	seen := make(chan error, 1)
	task, cmd := sh.start("login", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		<-ctx.Done()
		seen <- context.Cause(ctx)
		return nil, ctx.Err()
	})
	go func() { _ = run(t.Context(), cmd().(tea.BatchMsg)[0]) }()
	newProgress(sh, attempt{}, task).Update(press("esc"))
	select {
	case err := <-seen:
		if !errors.Is(err, errStopped) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the task was not cancelled")
	}
}

// What was saved before the cancelling arrived is not denied.
func TestCancelledTooLate(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(h.keys(started(t, sh, h), "esc"), savedBot(), nil)
	if _, ok := s.(result); !ok {
		t.Errorf("%T", s)
	}
}

// A login that was granted while it was being cancelled is logged out again.
func TestCancelledAfterTheLogin(t *testing.T) {
	sh, h := formShell(t, mainApp())
	unsaved := &fleet.UnsavedError{Bot: savedBot().Bot, Err: context.Canceled}
	s := end(h.keys(started(t, sh, h), "esc"), nil, unsaved)
	a, ok := s.(abandoning)
	if !ok || sh.unsaved != unsaved {
		t.Fatalf("%T, unsaved %v", s, sh.unsaved)
	}
	sees(t, s, "Logging out again", "Cancelling…")
	s, _ = a.Update(taskDoneMsg{task: a.task.id})
	sees(t, s, "Cancelled. Nothing was saved.")
	if sh.unsaved != nil || tokenOf(s) != testToken {
		t.Error("something was left behind")
	}
}

func TestResult(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(started(t, sh, h), savedBot(), nil)
	sees(t, s, "Added", "● Shop orders   @shop_orders_bot", "id 7123456789 · DC 4 · production",
		"inline yes · groups yes · reads all messages no · manages bots no",
		`Saved       system keyring (gnome-keyring, collection "Login"), read back`,
		"Session     default, runs here. If the bot also runs elsewhere it may miss updates")
	if got := offersKeys(s); got != "enter list | yy copy token | a add another | o log this session out" {
		t.Errorf("keys %s", got)
	}
	if sh.draft.kept {
		t.Error("a draft is left of what was saved")
	}
	if a, ok := h.keys(s, "a").(add); !ok || tokenOf(a) != "" {
		t.Error("a does not open an empty form")
	}
	if _, ok := h.paste(s, otherToken).(add); !ok {
		t.Error("a paste does not open the form")
	}
	if got := h.keys(s, "y"); got.(result).yank.pending != true {
		t.Error("y is not the copying")
	}
	if _, still := h.keys(s, "enter").(result); still {
		t.Error("enter does not leave")
	}
}

func TestResultNamesWhatHappened(t *testing.T) {
	sh, _ := formShell(t, mainApp())
	for _, c := range []struct {
		attempt attempt
		existed bool
		want    string
	}{
		{attempt{aim: adding}, false, "Added"},
		{attempt{aim: adding}, true, "Updated"},
		{attempt{aim: adding, bot: fleet.NewBot{NoLogin: true}}, false, "Saved"},
		{attempt{aim: savingAgain}, false, "Added"},
		{attempt{aim: loggingIn}, true, "Logged in"},
		{attempt{aim: replacing}, true, "Token replaced"},
	} {
		saved := savedBot()
		saved.Existed = c.existed
		if got := newResult(sh, c.attempt, saved).View(size{80, 19}).trail; got != c.want {
			t.Errorf("%v: %q, want %q", c.attempt.aim, got, c.want)
		}
	}
	saved := savedBot()
	saved.Bot.Sessions, saved.Bot.Profile, saved.Bot.Health.Status = nil, fleet.Profile{}, store.NotLoggedIn
	s := newResult(sh, attempt{bot: fleet.NewBot{NoLogin: true}}, saved)
	sees(t, s, "○ 7123456789", "none: saved, not logged in")
	seesNot(t, s, "inline")
	if strings.Contains(offersKeys(s), "o ") {
		t.Error("offers to log out what is not logged in")
	}
}

func TestResultLogsOut(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.keys(newResult(sh, attempt{}, savedBot()), "o")
	sees(t, s, "Log this session out?")
	held, _ := s.Update(press("enter")) // at once: on its way already
	if held.(result).task.id != 0 {
		t.Error("the guard does not hold")
	}
	if h.keys(s, "esc").(result).asking {
		t.Error("esc does not keep it")
	}
	h.wait(guardTime)
	s = h.keys(s, "enter")
	sees(t, s, "Logging out…")
	bot := savedBot().Bot
	bot.Sessions = nil
	s, _ = s.Update(taskDoneMsg{task: s.(result).task.id, value: bot})
	sees(t, s, "Logged out. The token stays saved.", "none: saved, not logged in")
	s = h.keys(newResult(sh, attempt{}, savedBot()), "o")
	h.wait(guardTime)
	s = h.keys(s, "enter")
	s, _ = s.Update(taskDoneMsg{task: s.(result).task.id, err: refusal(telegram.Timeout, 0, "")})
	sees(t, s, "Telegram did not answer in time", "default, runs here")
}

func TestRejectedToken(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(started(t, sh, h), nil, refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID"))
	sees(t, s, "Adding 7123456789", "✕ Telegram rejected this token.", "400 ACCESS_TOKEN_INVALID",
		"It may be mistyped, or belong to the test environment.", "@BotFather, /mybots", "Nothing was saved. What you typed is kept.")
	want := "enter edit | w try the test environment | ctrl+s save without logging in | esc back"
	if got := offersKeys(s); got != want {
		t.Errorf("keys %s", got)
	}
	held, _ := s.Update(press("enter"))
	if _, still := held.(failure); !still {
		t.Error("an enter that was on its way is taken")
	}
	h.wait(guardTime)
	for _, key := range []string{"enter", "esc", "q"} {
		if got := tokenOf(h.keys(s, key)); got != testToken {
			t.Errorf("%s: token %q", key, got)
		}
	}
	if got := tokenOf(h.paste(s, otherToken)); got != otherToken {
		t.Errorf("a paste leads to token %q", got)
	}
	p := h.keys(s, "ctrl+s").(progress)
	if !p.attempt.bot.NoLogin || p.attempt.bot.Token.Reveal() != testToken {
		t.Error("ctrl+s does not save only")
	}
	sees(t, p, "Saving")
	seesNot(t, p, "Logging in")
}

func TestTheOtherEnvironment(t *testing.T) {
	sh, h := formShell(t, mainApp())
	invalid := refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID")
	s := h.paste(newAdd(sh), testToken)
	s = h.types(h.keys(s, "tab", "tab", "enter", "tab"), "shop")
	p := h.keys(end(h.keys(s, "enter"), nil, invalid), "w").(progress)
	if b := p.attempt.bot; b.Environment != "test" || b.Label != "shop" || b.Token.Reveal() != testToken || b.APIID != 10001 {
		t.Errorf("adding %+v", b)
	}
	s = end(p, nil, invalid)
	if !strings.Contains(offersKeys(s), "w try production") {
		t.Errorf("keys %s", offersKeys(s))
	}
	h.wait(guardTime)
	back := h.keys(s, "enter").(add)
	if back.environment() != "test" {
		t.Error("the form forgot the environment")
	}
	sh.environments, sh.environment = []string{"lab", "production", "test"}, "lab"
	s = end(h.keys(h.paste(newAdd(sh), testToken), "enter"), nil, invalid)
	if strings.Contains(offersKeys(s), "w ") {
		t.Errorf("a custom environment has another one: %s", offersKeys(s))
	}
}

func TestRetryIsOnEnterToo(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(started(t, sh, h), nil, refusal(telegram.Timeout, 0, ""))
	if got := offersKeys(s); got != "enter try again | ctrl+s save without logging in | esc back" {
		t.Errorf("keys %s", got)
	}
	h.wait(guardTime)
	for _, key := range []string{"enter", "r", "c"} {
		p, ok := h.keys(s, key).(progress)
		if !ok || p.attempt.bot.Token.Reveal() != testToken {
			t.Errorf("%s does not try again", key)
		}
	}
}

func TestInputRefusedLater(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(started(t, sh, h), nil, &fleet.InputError{Field: fleet.FieldLabel, Problem: fleet.ProblemTaken, Got: "shop"})
	a, ok := s.(add)
	if !ok || a.form.focused().id != fleet.FieldLabel {
		t.Fatalf("%T", s)
	}
	sees(t, s, "The label “shop” is taken.")
	seesNot(t, h.types(s, "x"), "is taken")
}

func TestUnsavedLogin(t *testing.T) {
	sh, h := formShell(t, mainApp())
	unsaved := &fleet.UnsavedError{Bot: savedBot().Bot, Err: fmt.Errorf("write item: %w", keyring.ErrGone)}
	s := end(started(t, sh, h), nil, unsaved)
	if sh.unsaved != unsaved {
		t.Fatal("the login is not remembered")
	}
	sees(t, s, "is logged in, and the login could not be saved", "The login is kept in memory until then.")
	if got := offersKeys(s); got != "enter save again | o log out, save nothing | esc back" {
		t.Errorf("keys %s", got)
	}
	h.wait(guardTime)
	for _, key := range []string{"esc", "q", "o"} {
		asked := h.keys(s, key)
		sees(t, asked, "Log it out again and save nothing?")
		if sh.unsaved == nil {
			t.Fatalf("%s forgets the login", key)
		}
		if _, still := h.keys(asked, "esc").(failure); !still {
			t.Errorf("%s, esc does not stay", key)
		}
		held, _ := asked.Update(press("enter"))
		if _, still := held.(failure); !still {
			t.Error("the guard does not hold")
		}
		h.wait(guardTime)
		a, ok := h.keys(asked, "enter").(abandoning)
		if !ok {
			t.Fatalf("%s, enter does not log out", key)
		}
		back, _ := a.Update(taskDoneMsg{task: a.task.id})
		sees(t, back, "Logged out again. Nothing was saved.")
		if sh.unsaved != nil || tokenOf(back) != testToken {
			t.Error("something was left behind")
		}
		sh.unsaved = unsaved
	}
	again := h.keys(s, "enter").(progress)
	if again.attempt.aim != savingAgain || len(again.lines) != 1 {
		t.Errorf("enter makes another login: %+v", again.attempt)
	}
	// The same again: another cause, the same login.
	s = end(again, nil, keyring.ErrLocked)
	sees(t, s, "is logged in, and the login could not be saved", "The keyring is locked")
	if sh.unsaved != unsaved {
		t.Error("the login is forgotten")
	}
	h.wait(guardTime)
	s = end(h.keys(s, "enter"), savedBot(), nil)
	if _, ok := s.(result); !ok || sh.unsaved != nil {
		t.Errorf("%T, unsaved %v", s, sh.unsaved)
	}
}

func TestAbandoningFails(t *testing.T) {
	sh, h := formShell(t, mainApp())
	sh.unsaved = &fleet.UnsavedError{Bot: savedBot().Bot, Err: keyring.ErrGone}
	s, _ := newAbandoning(sh, attempt{back: newAdd(sh)}, "")
	s, _ = s.Update(taskDoneMsg{task: s.(abandoning).task.id, err: refusal(telegram.Unreachable, 0, "")})
	sees(t, s, "Nothing was saved. Telegram could not be told to end the session")
	_ = h
}

func TestKnownBots(t *testing.T) {
	sh, h := formShell(t, mainApp())
	known := savedBot().Bot
	sh.bots = []fleet.Bot{known}
	s := end(started(t, sh, h), nil, fmt.Errorf("add: %w", fleet.ErrSessionWorks))
	sees(t, s, "This bot is here already and its session works", "Shop orders was not logged in again")
	if _, ok := h.keys(s, "enter").(card); !ok {
		t.Error("enter does not open its card")
	}
	if _, ok := h.keys(s, "esc").(add); !ok {
		t.Error("esc does not go back")
	}
	differs := &fleet.TokenDiffersError{Bot: known, Token: newTokenField().set(testToken).secret()}
	s = end(started(t, sh, h), nil, differs)
	sees(t, s, "is saved with another token")
	if got := offersKeys(s); got != "p replace the saved token | esc back" {
		t.Errorf("keys %s", got)
	}
	p := h.keys(s, "p").(progress)
	if p.attempt.aim != replacing || p.attempt.key != known.Key || p.attempt.bot.Token.Reveal() != testToken {
		t.Errorf("p does %+v", p.attempt)
	}
	if p.View(size{80, 19}).trail != "Replacing the token of Shop orders" {
		t.Errorf("trail %q", p.View(size{80, 19}).trail)
	}
}

func TestRevokedTokenAsksForAnother(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.keys(end(started(t, sh, h), nil, refusal(telegram.TokenRevoked, 400, "ACCESS_TOKEN_EXPIRED")), "p")
	if tokenOf(s) != "" || s.(add).form.focused().id != fleet.FieldToken {
		t.Errorf("token %q", tokenOf(s))
	}
	sees(t, s, "Paste the new token.")
}

func TestAppIsEdited(t *testing.T) {
	sh, h := formShell(t)
	invalid := refusal(telegram.APIIDInvalid, 400, "API_ID_INVALID")
	s := h.paste(newAdd(sh), "API_ID=10001\nAPI_HASH="+testHash+"\nBOT_TOKEN="+testToken)
	s = end(h.keys(s, "enter"), nil, invalid)
	h.wait(guardTime)
	if a, ok := h.keys(s, "enter").(add); !ok || a.form.focused().id != fleet.FieldAPIID {
		t.Error("enter does not lead to the api_id")
	}
	sh.apps = []fleet.App{mainApp()}
	s = end(started(t, sh, h), nil, invalid)
	h.wait(guardTime)
	if next := h.keys(s, "enter"); fmt.Sprintf("%T", next) != fmt.Sprintf("%T", newApps(sh)) {
		t.Errorf("enter leads to %T", next)
	}
}

func TestKeyringFaultsAreNotTheTokens(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(started(t, sh, h), nil, fmt.Errorf("open: %w", keyring.ErrLocked))
	sees(t, s, "The keyring is locked.")
	if got := offersKeys(s); got != "enter unlock | r try again | esc back" {
		t.Errorf("keys %s", got)
	}
	h.wait(guardTime)
	if p := h.keys(s, "enter").(progress); p.attempt.first == nil {
		t.Error("enter does not unlock first")
	}
	s = end(started(t, sh, h), nil, keyring.ErrUnavailable)
	if got := offersKeys(s); got != "enter try again | m go on, forget everything at quit | esc back" {
		t.Errorf("keys %s", got)
	}
	if p := h.keys(s, "m").(progress); p.attempt.first == nil || p.attempt.bot.Token.Reveal() != testToken {
		t.Error("m does not go on in memory")
	}
}

func TestFlood(t *testing.T) {
	sh, h := formShell(t, mainApp())
	until := h.now.Add(31*time.Minute + 13*time.Second)
	wait := &fleet.FloodError{Key: savedBot().Bot.Key, Until: until, Err: refusal(telegram.FloodWait, 420, "FLOOD_WAIT_1873")}
	s := end(started(t, sh, h), nil, wait)
	if _, ok := s.(flood); !ok {
		t.Fatalf("%T", s)
	}
	sees(t, s, "▲ Telegram asks to wait 31 min 13 s before this bot logs in.", "420 FLOOD_WAIT_1873",
		"trying sooner may make it longer", "▕                              ▏ until "+until.Format("15:04"))
	if got := offersKeys(s); got != "ctrl+s save without logging in | esc back" {
		t.Errorf("keys %s", got)
	}
	h.wait(until.Sub(h.now) / 2)
	s, _ = s.Update(tickMsg{})
	sees(t, s, "▕███████████████               ▏", "Telegram asks to wait 15 min")
	if _, ok := h.keys(s, "enter", "r").(flood); !ok {
		t.Error("a key logs in before the time")
	}
	if p := h.keys(s, "ctrl+s").(progress); !p.attempt.bot.NoLogin {
		t.Error("ctrl+s does not save only")
	}
	if tokenOf(h.keys(s, "esc")) != testToken {
		t.Error("what was typed is gone")
	}
	h.wait(until.Sub(h.now))
	s, _ = s.Update(tickMsg{})
	sees(t, s, "The wait is over.")
	if p, ok := h.keys(s, "enter").(progress); !ok || p.attempt.bot.NoLogin {
		t.Error("enter does not log in now")
	}
}

func TestReplace(t *testing.T) {
	sh, h := formShell(t, mainApp())
	bot := savedBot().Bot
	s := newReplace(sh, bot)
	sees(t, s, "New token of Shop orders", "@BotFather, /mybots")
	s = h.paste(s, otherToken)
	sees(t, s, "This is the token of bot 7000000042, not of bot 7123456789.")
	if _, ok := h.keys(s, "enter").(replace); !ok || len(sh.tasks) > 0 {
		t.Error("another bot's token is sent")
	}
	s = h.paste(s, "two: "+otherToken+" and "+testToken)
	seesNot(t, s, "This is the token of bot")
	for key, noLogin := range map[string]bool{"enter": false, "ctrl+s": true} {
		p := h.keys(s, key).(progress)
		if p.attempt.aim != replacing || p.attempt.bot.Token.Reveal() != testToken || p.attempt.bot.NoLogin != noLogin || p.attempt.key != bot.Key {
			t.Errorf("%s does %+v", key, p.attempt)
		}
		back := end(p, nil, &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemSameToken})
		sees(t, back, "This is the token it has already.")
		back = end(h.keys(h.keys(s, key), "esc"), nil, context.Canceled)
		sees(t, back, "Cancelled. Nothing was saved.", "7123456789:••••••••")
	}
	if _, ok := h.keys(s, "esc").(card); !ok {
		t.Error("esc does not lead to the card")
	}
}

func TestLogin(t *testing.T) {
	sh, h := formShell(t, mainApp())
	bot := savedBot().Bot
	sh.bots = []fleet.Bot{bot}
	s := newLogin(sh, bot)
	sees(t, s, "counts towards Telegram's limit")
	held, _ := s.Update(press("enter"))
	if _, still := held.(loginQuestion); !still {
		t.Error("the guard does not hold")
	}
	h.wait(guardTime)
	p := h.keys(s, "enter").(progress)
	if p.attempt.aim != loggingIn || p.attempt.force {
		t.Errorf("enter does %+v", p.attempt)
	}
	sees(t, p, "Logging in Shop orders", "Checking")
	s = end(p, nil, fleet.ErrSessionWorks)
	sees(t, s, "This session still works.", "Logging in again counts towards Telegram's limit.")
	if got := offersKeys(s); got != "enter keep it | l log in anyway | esc back" {
		t.Errorf("keys %s", got)
	}
	if _, ok := h.keys(s, "enter").(card); !ok {
		t.Error("enter does not keep it")
	}
	p = h.keys(s, "l").(progress)
	if !p.attempt.force {
		t.Error("l does not force")
	}
	if _, ok := end(p, savedBot(), nil).(result); !ok {
		t.Error("no result")
	}
	sees(t, end(h.keys(h.keys(s, "l"), "esc"), nil, context.Canceled), "Cancelled. Nothing was saved.")
}

func TestSeveralTokens(t *testing.T) {
	sh, h := formShell(t, mainApp())
	third := "7000000043:AAHathirdOneThatIsNoRealToken_00043"
	s := h.paste(newAdd(sh), strings.Join([]string{testToken, otherToken, third}, "\n"))
	sees(t, s, "3 tokens found. enter add the first · ctrl+a add all, one after another")
	p := h.keys(s, "enter").(progress)
	r := end(p, savedBot(), nil)
	if !strings.Contains(offersKeys(r), "a add the next of 2") {
		t.Errorf("keys %s", offersKeys(r))
	}
	next := h.keys(r, "a")
	if tokenOf(next) != otherToken || len(next.(add).found) != 2 {
		t.Error("a does not go on with the second")
	}
	if touched := h.keys(s, "backspace").(add); len(touched.found) > 0 {
		t.Error("an edited token still counts as one of several")
	}

	all := h.keys(s, "ctrl+a")
	done := func(value any, err error) {
		all, _ = all.Update(taskDoneMsg{task: all.(series).task.id, value: value, err: err})
	}
	sees(t, all, "Adding 1 of 3 bots")
	done(savedBot(), nil)
	done(nil, refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID"))
	sees(t, all, "Adding 3 of 3 bots", "✓ 7123456789     Shop orders", "✕ 7000000042     Telegram rejected this token.")
	done(nil, fleet.ErrSessionWorks)
	sees(t, all, "Added 1 of 3", "1 added · 1 here already · 1 failed")
	if got := h.keys(all, "a"); tokenOf(got) != otherToken {
		t.Error("a does not go on with what failed")
	}
	if _, still := h.keys(all, "enter").(series); still {
		t.Error("enter does not leave")
	}
}

func TestSeriesEndsEarly(t *testing.T) {
	sh, h := formShell(t, mainApp())
	begin := func() series {
		return h.keys(h.paste(newAdd(sh), testToken+"\n"+otherToken), "ctrl+a").(series)
	}
	finish := func(s screen, err error) screen {
		s, _ = s.Update(taskDoneMsg{task: s.(series).task.id, err: err})
		return s
	}
	s := finish(begin(), keyring.ErrLocked)
	sees(t, s, "The keyring is locked.", "not tried", "0 added · 1 failed · 1 not tried")
	s = h.keys(begin(), "esc")
	sees(t, s, "Cancelling…")
	s = finish(s, context.Canceled)
	sees(t, s, "0 added · 2 not tried")
	if len(sh.draft.found) != 2 || !sh.draft.kept {
		t.Error("what was not tried is not kept as a draft")
	}
	sh.draft = draft{}
	unsaved := &fleet.UnsavedError{Bot: savedBot().Bot, Err: keyring.ErrGone}
	s = finish(begin(), unsaved)
	if f, ok := s.(failure); !ok || !f.pending() || len(f.attempt.rest) != 1 {
		t.Errorf("%T", s)
	}
	s = finish(h.keys(begin(), "esc"), unsaved)
	if _, ok := s.(abandoning); !ok {
		t.Errorf("%T", s)
	}
}

// errorsOfAllKinds is every error that can end an attempt.
func errorsOfAllKinds() []error {
	out := []error{
		errors.New("something"), context.Canceled, context.DeadlineExceeded, fleet.ErrSessionWorks, fleet.ErrRunsElsewhere,
		fleet.ErrSecretMissing, fleet.ErrSessionBusy, fleet.ErrNoApp, store.ErrNotFound, store.ErrNotWritable,
		keyring.ErrUnavailable, keyring.ErrLocked, keyring.ErrDenied, keyring.ErrTooLarge, keyring.ErrNotFound, keyring.ErrGone,
		keyring.ErrReadBack, keyring.ErrCannotList,
		&fleet.FloodError{Until: noon().Add(time.Hour)},
		&fleet.TokenDiffersError{Bot: savedBot().Bot},
		&fleet.UnsavedError{Bot: savedBot().Bot, Err: keyring.ErrGone},
	}
	for kind := telegram.Unexpected; kind <= telegram.NotABot; kind++ {
		out = append(out, refusal(kind, 400, "SOMETHING"))
	}
	for problem := fleet.ProblemEmpty; problem <= fleet.ProblemSyntax; problem++ {
		out = append(out, &fleet.InputError{Field: fleet.FieldDC, Problem: problem})
	}
	return out
}

// Every action has a key, and no failure shows two actions on the same key or one that does nothing.
func TestActionsHaveKeys(t *testing.T) {
	for _, action := range []fault.Action{fault.Edit, fault.EditApp, fault.Retry, fault.SaveOnly, fault.OtherEnvironment, fault.LogIn,
		fault.ReplaceToken, fault.SaveAgain, fault.Abandon, fault.Unlock, fault.Remove, fault.UseMemory, fault.Keep} {
		if b := newKeymap().action(action); len(b.Keys()) == 0 || b.Help().Desc == "" {
			t.Errorf("%s has no key", action)
		}
	}
	if len(newKeymap().action("of another version").Keys()) > 0 {
		t.Error("an unknown action has a key")
	}
	for _, err := range errorsOfAllKinds() {
		for aim := adding; aim <= savingAgain; aim++ {
			sh, h := formShell(t, mainApp())
			sh.bots = []fleet.Bot{savedBot().Bot}
			a := attempt{aim: aim, key: savedBot().Bot.Key, name: "7123456789", back: newAdd(sh)}
			if aim == loggingIn {
				a.back = newLogin(sh, savedBot().Bot)
			}
			if aim == savingAgain {
				sh.unsaved = &fleet.UnsavedError{Bot: savedBot().Bot, Err: err}
			}
			s, _ := a.ended(sh, nil, err)
			h.wait(guardTime)
			seen := map[string]bool{}
			for _, b := range s.Keys() {
				for _, k := range b.Keys() {
					if seen[k] {
						t.Errorf("%v, %v: %s twice in %s", err, aim, k, offersKeys(s))
					}
					seen[k] = true
				}
			}
			f, ok := s.(failure)
			if !ok {
				continue
			}
			for _, o := range a.offers(sh, f.fault()) {
				next, cmd := f.attempt.take(sh, o.action, err)
				if same, stays := next.(failure); next == nil || stays && same.attempt.aim == aim && cmd == nil {
					t.Errorf("%v, %v: %s does nothing", err, aim, o.action)
				}
			}
			for _, at := range []size{{80, 19}, {40, 9}, {40, 7}, {60, 9}} {
				if v := s.View(at); len(v.body) == 0 || len(v.body) > at.height {
					t.Errorf("%v at %v: %d lines", err, at, len(v.body))
				}
			}
		}
	}
}

// The secret part of a token is on no screen of the way.
func TestNoScreenShowsTheSecret(t *testing.T) {
	sh, h := formShell(t, mainApp())
	sh.samples = demoSamples()
	check := func(s screen) {
		t.Helper()
		for _, at := range []size{{100, 25}, {60, 9}, {40, 7}} {
			text := plainView(s, at.width, at.height)
			if strings.Contains(text, tokenSecret[:8]) || strings.Contains(text, testHash[:8]) {
				t.Errorf("%T shows a secret:\n%s", s, text)
			}
		}
	}
	for _, err := range errorsOfAllKinds() {
		p := started(t, sh, h)
		check(p)
		check(p.attempt.back)
		check(end(p, nil, err))
		check(end(h.keys(started(t, sh, h), "esc"), nil, err))
		sh.unsaved = nil
	}
	check(end(started(t, sh, h), savedBot(), nil))
	check(h.paste(newReplace(sh, savedBot().Bot), testToken))
	check(h.keys(h.paste(newAdd(sh), testToken+"\n"+otherToken), "ctrl+a"))
}
