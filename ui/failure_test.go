package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/keyring"
	"botring/telegram"
)

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
	if !sh.draft.kept || tokenOf(newAdd(sh)) != testToken {
		t.Error("what was typed is lost on the way to the apps")
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
	if got := offersKeys(s); got != "enter try again | f use an encrypted file | m go on, forget everything at quit | esc back" {
		t.Errorf("keys %s", got)
	}
	if p := h.keys(s, "f").(progress); p.attempt.first == nil || p.attempt.bot.Token.Reveal() != testToken {
		t.Error("f does not go on with an encrypted file")
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

// What nobody has words for names the log, if there is one.
func TestUnexpectedNamesTheLog(t *testing.T) {
	const path, says = "~/.local/state/botring/botring.log", "The log has more: ~/.local/state/botring/botring.log."
	new400 := refusal(telegram.Unexpected, 400, "CONNECTION_NOT_INITED")
	sh, h := formShell(t, mainApp())
	seesNot(t, end(started(t, sh, h), nil, new400), "The log")
	sh.logPath = func() string { return path }
	sees(t, end(started(t, sh, h), nil, new400), "400 CONNECTION_NOT_INITED", "The log has more:", path)
	seesNot(t, end(started(t, sh, h), nil, refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID")), "The log")
	sh.keyring.status.Kind = "memory"
	seesNot(t, end(started(t, sh, h), nil, new400), "The log")
	// Nothing is cut off of it on a small terminal.
	sh.keyring.status.Kind = "system"
	narrow := strings.Join(strings.Fields(plainView(end(started(t, sh, h), nil, new400), 40, 20)), "")
	if !strings.Contains(narrow, strings.Join(strings.Fields(says), "")) {
		t.Errorf("%s", narrow)
	}
}

func TestKeyringsOwnFaultNamesTheLogAtTheStart(t *testing.T) {
	sh := testShell(t)
	sh.logPath = func() string { return "/home/u/botring.log" }
	sh.keyring = keyringState{looked: true, err: &keyring.UnavailableError{Reason: keyring.KeyringFault}}
	sees(t, newWelcome(sh), "The log has more: /home/u/botring.log.")
	sh.keyring.err = &keyring.UnavailableError{Reason: keyring.NoSessionBus}
	seesNot(t, newWelcome(sh), "The log")
}
