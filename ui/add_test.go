package ui

import (
	"strings"
	"testing"

	"botring/fleet"
)

func TestOneAppIsPasteAndEnter(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := newAdd(sh)
	if !s.Typing() || s.(add).form.focused().id != fleet.FieldToken {
		t.Fatal("the focus does not start in the token field")
	}
	s = h.paste(s, "Use this token to access the HTTP API:\n"+testToken+"\nKeep your token secure.")
	sees(t, s, "7123456789:••••••••", "✓ found in a message from @BotFather", "main · api_id 10001")
	seesNot(t, s, tokenSecret)
	s = h.keys(s, "enter")
	p, ok := s.(progress)
	if !ok {
		t.Fatalf("enter leads to %T", s)
	}
	got := p.attempt.bot
	if got.Token.Reveal() != testToken || got.APIID != 10001 || !got.APIHash.Empty() || got.Environment != "production" || got.NoLogin {
		t.Errorf("adding %+v", got)
	}
	if len(sh.tasks) != 1 {
		t.Errorf("%d tasks", len(sh.tasks))
	}
}

func TestFirstBotBringsItsApp(t *testing.T) {
	sh, h := formShell(t)
	s := newAdd(sh)
	sees(t, s, "api_id", "api_hash", "my.telegram.org/apps, once, shared by all your bots")
	s = h.types(s, "10001")
	s = h.keys(s, "enter")
	if at := s.(add).form.focused().id; at != fleet.FieldAPIHash {
		t.Fatalf("enter goes to %s, not to the first empty field", at)
	}
	s = h.types(s, testHash)
	s = h.keys(s, "tab")
	s = h.types(s, testToken)
	s = h.keys(s, "enter")
	p, ok := s.(progress)
	if !ok {
		t.Fatalf("enter leads to %T: %s", s, plainView(s, 100, 25))
	}
	if b := p.attempt.bot; b.APIID != 10001 || b.APIHash.Reveal() != testHash || b.Token.Reveal() != testToken {
		t.Error("something else is added than was typed")
	}
}

func TestPublishedAppIsWarnedOfOnce(t *testing.T) {
	sh, h := formShell(t)
	s := h.paste(newAdd(sh), "API_ID=17349\nAPI_HASH="+testHash+"\nBOT_TOKEN="+testToken)
	s = h.keys(s, "enter")
	if _, ok := s.(add); !ok {
		t.Fatal("connected without a warning")
	}
	sees(t, s, "This api_id is published", "enter tries anyway")
	if _, ok := h.keys(s, "enter").(progress); !ok {
		t.Error("the warning stands in the way")
	}
}

func TestDraft(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.paste(newAdd(sh), testToken)
	s = h.keys(s, "tab", "tab", "enter", "tab")
	s = h.types(s, "shop")
	s = h.keys(s, "esc")
	if _, still := s.(add); still {
		t.Fatal("esc does not leave")
	}
	if status := s.View(size{80, 20}).status; !strings.Contains(status, "a goes on with it") {
		t.Errorf("the screen behind says %q", status)
	}
	s = newAdd(sh)
	if tokenOf(s) != testToken || s.(add).form.field(fleet.FieldLabel).value() != "shop" {
		t.Error("the draft is not there")
	}
	sees(t, s, "Going on with what was typed before", "shop")
	s = h.paste(newAdd(sh), otherToken)
	if tokenOf(s) != otherToken {
		t.Error("a paste does not replace the draft's token")
	}
	sh.draft = draft{}
	h.keys(newAdd(sh), "esc")
	if sh.draft.kept {
		t.Error("an empty form is kept as a draft")
	}
}

func TestSamples(t *testing.T) {
	sh, h := formShell(t, mainApp())
	sh.samples = demoSamples()
	s := h.keys(newAdd(sh), "down", "right")
	if s.Typing() {
		t.Error("the samples are typed into")
	}
	sees(t, s, "Try           fine  [moves to DC 4]")
	if text := plainView(s, 40, 12); !strings.Contains(text, "[moves to DC 4]") {
		t.Errorf("narrow:\n%s", text)
	}
	if text := plainView(s, 34, 12); !strings.Contains(text, "< moves to … > 2/2") && !strings.Contains(text, "2/2") {
		t.Errorf("narrower:\n%s", text)
	}
	s = h.keys(s, "enter")
	if tokenOf(s) != otherToken || s.(add).form.focused().id != fleet.FieldToken {
		t.Errorf("token %q", tokenOf(s))
	}
	if _, ok := h.keys(s, "enter").(progress); !ok {
		t.Error("a second enter does not log in")
	}
}

func TestMore(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.paste(newAdd(sh), testToken)
	seesNot(t, s, "Environment  ")
	s = h.keys(s, "tab", "right", "tab", "enter", "tab")
	a := s.(add)
	if _, saved := a.app(); saved {
		t.Fatal("the app chooser has no other one")
	}
	if got := a.form.focused().id; got != fleet.FieldAPIHash {
		t.Errorf("focus %s", got)
	}
	s = h.keys(s, "up", "up", "left") // back on the app, which is chosen again
	if app, saved := s.(add).app(); !saved || app.APIID != 10001 {
		t.Fatalf("app %v", app)
	}
	s = h.keys(s, "tab", "enter", "tab")
	s = h.types(s, "  shop ")
	s = h.keys(s, "tab")
	s = h.types(s, "prod, eu")
	s = h.keys(s, "tab", "right", "enter")
	p, ok := s.(progress)
	if !ok {
		t.Fatalf("%T: %s", s, plainView(s, 100, 25))
	}
	b := p.attempt.bot
	if b.Label != "shop" || strings.Join(b.Tags, "+") != "prod+eu" || b.Environment != "test" {
		t.Errorf("adding %+v", b)
	}
}

func TestOneFieldAtATime(t *testing.T) {
	sh, h := formShell(t)
	s := newAdd(sh)
	for _, at := range []struct{ cols, rows int }{{40, 10}, {40, 12}, {60, 12}} {
		body := bodySize(size{at.cols, at.rows})
		v := s.View(body)
		if v.trail != "Add 1/4 · api_id" || v.cursor == nil || len(v.body) > body.height {
			t.Errorf("%v: %q, %d lines", at, v.trail, len(v.body))
		}
	}
	s = h.keys(s, "tab", "tab")
	if v := s.View(size{40, 7}); v.trail != "Add 3/4 · Bot token" {
		t.Errorf("trail %q", v.trail)
	}
	s = h.types(s, "hello:")
	if text := plainView(s, 40, 7); !strings.Contains(text, "A token starts with the bot's number") {
		t.Errorf("the problem is not on the screen:\n%s", text)
	}
}
