package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

func TestPasteFillsWhatItKnows(t *testing.T) {
	for _, c := range []struct {
		name, text string
		apps       []fleet.App
		app        int // chosen, -1 for a typed one
		token      string
		at         fleet.Field
	}{
		{"env, first app", "API_ID=10002\r\nAPI_HASH='" + testHash + "'\r\nBOT_TOKEN=\"" + testToken + "\"\r\n", nil, -1, testToken, fleet.FieldToken},
		{"env, known app", "API_ID=10001\nBOT_TOKEN=" + testToken, []fleet.App{{Name: "x", APIID: 5}, mainApp()}, 10001, testToken, fleet.FieldToken},
		{"env, new app", "API_ID=10002\nAPI_HASH=" + testHash + "\nBOT_TOKEN=" + testToken, []fleet.App{mainApp()}, -1, testToken, fleet.FieldToken},
		{"app only", "api_id = 10002\napi_hash = " + testHash, nil, -1, "", fleet.FieldToken},
		{"token only, first bot", testToken, nil, -1, testToken, fleet.FieldAPIID},
		{"URL", "https://api.telegram.org/bot" + testToken + "/getMe", []fleet.App{mainApp()}, 10001, testToken, fleet.FieldToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			sh, h := formShell(t, c.apps...)
			a := h.paste(newAdd(sh), c.text).(add)
			if got := tokenOf(a); got != c.token {
				t.Errorf("token %q", got)
			}
			app, saved := a.app()
			if saved != (c.app >= 0) || saved && app.APIID != c.app {
				t.Errorf("app %v, %v", app, saved)
			}
			if at := a.form.focused().id; at != c.at {
				t.Errorf("the focus is at %s, not %s", at, c.at)
			}
		})
	}
}

func TestPasteReplaces(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.types(newAdd(sh), "71234")
	s = h.paste(s, testToken)
	if tokenOf(s) != testToken {
		t.Errorf("token %q", tokenOf(s))
	}
	s = h.keys(s, "tab", "tab") // on More, which is not typed into
	s = h.paste(s, otherToken)
	if tokenOf(s) != otherToken || s.(add).form.focused().id != fleet.FieldToken {
		t.Error("a paste elsewhere does not reach the token")
	}
	s = h.paste(s, "\n\n")
	sees(t, s, "There was nothing to paste")
}

// A terminal without bracketed paste types what is pasted: newlines as enter, all at once.
func TestPasteWithoutBrackets(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.types(newAdd(sh), "71")
	h.wait(time.Second)
	var last tea.Cmd
	for _, r := range "Use this token to access the HTTP API:\n" + testToken + "\nKeep your\ttoken secure?\n" {
		key := tea.KeyPressMsg{Code: r, Text: string(r)}
		switch r {
		case '\n':
			key = press("enter")
		case '\t':
			key = press("tab")
		}
		h.wait(100 * time.Microsecond)
		var cmd tea.Cmd
		if s, cmd = s.Update(key); cmd != nil {
			last = cmd
		}
	}
	if _, ok := s.(add); !ok {
		t.Fatalf("a pasted newline submitted the form: %T", s)
	}
	seesNot(t, s, tokenSecret)
	if last == nil {
		t.Fatal("nothing waits for the end of the paste")
	}
	s, _ = s.Update(last())
	if tokenOf(s) != testToken {
		t.Errorf("token %q", tokenOf(s))
	}
	sees(t, s, "found in a message from @BotFather")
	if _, ok := h.keys(s, "enter").(progress); !ok {
		t.Error("enter afterwards does nothing")
	}
}

func TestURLThatWasTyped(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.types(newAdd(sh), "https://api.telegram.org/bot"+testToken+"/getMe")
	s = h.keys(s, "tab")
	if tokenOf(s) != testToken {
		t.Errorf("token %q", tokenOf(s))
	}
}

// A megabyte of anything is one line of 256 bytes at most, and a sentence under the field.
func TestHugePaste(t *testing.T) {
	sh, h := formShell(t, mainApp())
	for _, unit := range []string{"x", "7", "\x1b[31m", "\r\n", "天"} {
		s := h.paste(newAdd(sh), strings.Repeat(unit, 1<<20/len(unit)))
		if n := len(s.(add).form.field(fleet.FieldToken).input.Value()); n > maxTyped {
			t.Errorf("%q: %d bytes in the field", unit, n)
		}
		if _, still := h.keys(s, "enter").(add); !still || len(sh.tasks) > 0 {
			t.Errorf("%q was sent", unit)
		}
	}
}
