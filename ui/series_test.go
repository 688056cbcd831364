package ui

import (
	"context"
	"strings"
	"testing"

	"botring/fleet"
	"botring/keyring"
	"botring/telegram"
)

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
