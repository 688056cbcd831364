package ui

import (
	"testing"
	"time"

	"botring/fleet"
	"botring/telegram"
)

// The screens of the way from typing to outcome, as they look.
func TestLooksOfTheWay(t *testing.T) {
	app := mainApp()
	for name, open := range map[string]func(*testing.T) (*shell, screen){
		"add, first bot": func(t *testing.T) (*shell, screen) {
			sh, _ := formShell(t)
			return sh, newAdd(sh)
		},
		"add, filled": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			sh.samples = demoSamples()
			return sh, h.paste(newAdd(sh), "Use this token to access the HTTP API:\n"+testToken)
		},
		"add, problem": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			s := h.types(newAdd(sh), "7123456789:AAH")
			return sh, h.keys(s, "tab", "tab", "enter", "shift+tab", "shift+tab")
		},
		"add, several": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			return sh, h.paste(newAdd(sh), testToken+"\n"+otherToken)
		},
		"progress": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			p := started(t, sh, h)
			for _, step := range []fleet.Step{
				{Stage: fleet.OpeningKeyring, Done: true, Took: 3 * time.Millisecond},
				{Stage: fleet.Connecting, DC: 2, Addr: "149.154.167.41:443", Done: true, Took: 41 * time.Millisecond},
				{Stage: fleet.Securing, DC: 2, Done: true, Took: 12 * time.Millisecond},
				{Stage: fleet.LoggingIn, DC: 2},
				{Stage: fleet.Moving, DC: 4},
			} {
				p.lines = took(p.lines, step)
			}
			return sh, p
		},
		"result": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			return sh, end(started(t, sh, h), savedBot(), nil)
		},
		"rejected": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			return sh, end(started(t, sh, h), nil, refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID"))
		},
		"flood": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			wait := &fleet.FloodError{Until: h.now.Add(1873 * time.Second), Err: refusal(telegram.FloodWait, 420, "FLOOD_WAIT_1873")}
			s := end(started(t, sh, h), nil, wait)
			h.wait(10 * time.Minute)
			return sh, s
		},
		"replace": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			return sh, h.paste(newReplace(sh, savedBot().Bot), otherToken)
		},
		"login": func(t *testing.T) (*shell, screen) {
			sh, _ := formShell(t, app)
			return sh, loginQuestion{sh: sh, bot: savedBot().Bot, works: true}
		},
		"series": func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t, app)
			s := h.keys(h.paste(newAdd(sh), testToken+"\n"+otherToken), "ctrl+a")
			s, _ = s.Update(taskDoneMsg{task: s.(series).task.id, value: savedBot()})
			s, _ = s.Update(taskDoneMsg{task: s.(series).task.id, err: refusal(telegram.TokenInvalid, 400, "ACCESS_TOKEN_INVALID")})
			return sh, s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looks(t, open, nil)
		})
	}
}
