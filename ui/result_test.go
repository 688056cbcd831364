package ui

import (
	"strings"
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

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
