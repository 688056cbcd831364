package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/telegram"
)

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

func TestReplaceTakesAnyPaste(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.paste(newReplace(sh, savedBot().Bot), "no token\n")
	sees(t, s, "There is no colon in it")
	s = newReplace(sh, savedBot().Bot)
	var last tea.Cmd
	for _, key := range append(strings.Split(testToken, ""), "enter") {
		h.wait(time.Millisecond)
		var cmd tea.Cmd
		if s, cmd = s.Update(press(key)); cmd != nil {
			last = cmd
		}
	}
	if _, still := s.(replace); !still || last == nil {
		t.Fatalf("a pasted newline submitted the token: %T", s)
	}
	s, _ = s.Update(last())
	if got := s.(replace).form.field(fleet.FieldToken).value(); got != testToken {
		t.Errorf("token %q", got)
	}
	failed := end(h.keys(s, "enter"), nil, refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID"))
	seesNot(t, h.paste(failed, testToken), "rejected")
}
