package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/internal/secret"
)

const (
	tokenSecret = "AAHneverOnAnyScreenNeverInAnyVie_09"
	testToken   = "7123456789:" + tokenSecret
	otherToken  = "7000000042:AAHanotherOneThatIsNoRealToken_0042"
	testHash    = "0123456789abcdef0123456789abcdef"
)

// hands are a person's: they type with pauses on a clock of their own.
type hands struct {
	now time.Time
}

func (h *hands) wait(d time.Duration) { h.now = h.now.Add(d) }

// keys presses keys one after another.
func (h *hands) keys(s screen, keys ...string) screen {
	for _, k := range keys {
		h.wait(120 * time.Millisecond)
		s, _ = s.Update(press(k))
	}
	return s
}

// types types a text.
func (h *hands) types(s screen, text string) screen {
	for _, r := range text {
		h.wait(120 * time.Millisecond)
		s, _ = s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s
}

// paste pastes as a terminal does that brackets it.
func (h *hands) paste(s screen, text string) screen {
	h.wait(120 * time.Millisecond)
	s, _ = s.Update(tea.PasteMsg{Content: text})
	return s
}

// formShell is a shell whose clock is that of the hands.
func formShell(t testing.TB, apps ...fleet.App) (*shell, *hands) {
	t.Helper()
	sh, h := testShell(t), &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	sh.apps = apps
	return sh, h
}

func mainApp() fleet.App { return fleet.App{Name: "main", APIID: 10001, Bots: 2} }

func demoSamples() []Sample {
	return []Sample{
		{Token: secret.New(testToken), Says: "fine"},
		{Token: secret.New(otherToken), Says: "moves to DC 4"},
	}
}

// plain is a view without styles: the title, the body, the status.
func plainView(s screen, width, height int) string {
	v := s.View(size{width, height})
	return ansi.Strip(v.trail + "\n" + strings.Join(v.body, "\n") + "\n" + v.status)
}

func sees(t *testing.T, s screen, want ...string) {
	t.Helper()
	text := plainView(s, 100, 25)
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not on the screen:\n%s", w, text)
		}
	}
}

func seesNot(t *testing.T, s screen, unwanted ...string) {
	t.Helper()
	text := plainView(s, 100, 25)
	for _, w := range unwanted {
		if strings.Contains(text, w) {
			t.Errorf("%q is on the screen:\n%s", w, text)
		}
	}
}

// offersKeys are the keys a screen shows.
func offersKeys(s screen) string {
	var out []string
	for _, b := range s.Keys() {
		out = append(out, b.Help().Key+" "+b.Help().Desc)
	}
	return strings.Join(out, " | ")
}

func tokenOf(s screen) string { return s.(add).form.field(fleet.FieldToken).value() }

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

func TestProblemsAreSaidInTime(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		typing      string // what stands there while the field has the focus, "" for nothing
		left        string // and after it was left
	}{
		{"nothing yet", "", "", ""},
		{"digits so far", "7123456789", "", "This looks like a phone number"},
		{"short", "7123", "", "There is no colon in it"},
		{"growing", "7123456789:AAH", "", "3 characters after the colon; tokens have 35. enter tries anyway"},
		{"too many", testToken + "x", "36 characters after the colon", "36 characters after the colon"},
		{"no digits", "abc:def", "starts with the bot's number", "starts with the bot's number"},
		{"slash", "7123456789:AA/", "There is a slash in it", "There is a slash in it"},
		{"id 0", "0:AAH", "No bot has the number", "No bot has the number"},
		{"fine", testToken, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			sh, h := formShell(t, mainApp())
			s := h.types(newAdd(sh), c.typed)
			check := func(when, want string) {
				t.Helper()
				problem := s.(add).form.field(fleet.FieldToken).said()
				if (problem != nil) != (want != "") {
					t.Errorf("%s: %v", when, problem)
				}
				if want != "" {
					sees(t, s, want)
				}
			}
			check("typing", c.typing)
			s = h.keys(s, "tab")
			check("left", c.left)
		})
	}
}

func TestWarningsDoNotBlock(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.types(newAdd(sh), testToken[:len(testToken)-1])
	sees(t, s, "34 of 35 characters")
	if _, ok := h.keys(s, "enter").(progress); !ok {
		t.Error("a token with 34 characters is not tried")
	}
}

func TestWhatCannotBeRightBlocks(t *testing.T) {
	for _, typed := range []string{"hello", "+49 151 2345678", "0:AAH", "7123456789:a/b", strings.Repeat("7", 200)} {
		sh, h := formShell(t, mainApp())
		for _, key := range []string{"enter", "ctrl+s"} {
			s := h.keys(h.types(newAdd(sh), typed), key)
			if f, ok := s.(add); !ok || f.form.field(fleet.FieldToken).said() == nil {
				t.Errorf("%s on %q: %T", key, typed, s)
			}
		}
		if len(sh.tasks) > 0 {
			t.Errorf("%q was sent", typed)
		}
	}
}

func TestEnterOnNothingSaysWhatIsMissing(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.keys(newAdd(sh), "enter")
	sees(t, s, "The bot token is empty")
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

func TestRevealEnds(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.paste(newAdd(sh), testToken)
	seesNot(t, s, tokenSecret)
	s = h.keys(s, "ctrl+r")
	sees(t, s, testToken)
	h.wait(revealTime - time.Millisecond)
	sees(t, s, testToken)
	h.wait(time.Millisecond)
	seesNot(t, s, tokenSecret)
	s = h.keys(s, "ctrl+r")
	sees(t, s, testToken)
	seesNot(t, h.keys(s, "ctrl+r"), tokenSecret)
	seesNot(t, h.keys(s, "tab"), tokenSecret)
	for _, back := range []string{"enter", "ctrl+s"} {
		next := h.keys(s, back).(progress)
		seesNot(t, next.attempt.back, tokenSecret)
	}
}

func TestRevealHasTheScreenRedrawn(t *testing.T) {
	f := newTokenField().set(testToken)
	if _, cmd := f.reveal(noon()); cmd == nil {
		t.Error("no command: the value would stay on the screen until the next key")
	}
	if _, cmd := newTokenField().reveal(noon()); cmd != nil {
		t.Error("an empty field is shown")
	}
}

func TestOnlyAnIDIsShown(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{testToken, "7123456789:••••••••"},
		{"7123456789", "7123456789"},
		{"7123456789:", "7123456789:"},
		{"7123456789:A", "7123456789:••••••••"},
		{tokenSecret, "••••••••"},
		{testHash, "••••••••"}, // starts with digits
		{"bot7123456789:A", "••••••••"},
	} {
		text, _ := newTokenField().set(c.value).drawn(newTheme(true, unicodeGlyphs()), noon())
		if got := strings.TrimRight(ansi.Strip(text), " "); got != c.want {
			t.Errorf("%q is drawn as %q", c.value, got)
		}
	}
	text, _ := newAPIHashField().set(testHash).drawn(newTheme(true, unicodeGlyphs()), noon())
	if got := ansi.Strip(text); got != "••••••••" {
		t.Errorf("an api_hash is drawn as %q", got)
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
	if !strings.Contains(sh.list.notice, "a goes on with it") {
		t.Errorf("notice %q", sh.list.notice)
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

func TestCursorStaysInSight(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := h.keys(newAdd(sh), "tab", "tab", "enter", "tab")
	s = h.types(s, strings.Repeat("天気", 30))
	for _, width := range []int{40, 60, 80} {
		v := s.View(size{width, 20})
		if v.cursor == nil || v.cursor.X >= width || v.cursor.X < labelCells(width) {
			t.Fatalf("width %d: cursor %+v", width, v.cursor)
		}
		if w := ansi.StringWidth(v.body[v.cursor.Y]); w > width {
			t.Errorf("width %d: the line has %d cells", width, w)
		}
	}
}

func TestOldValuesDoNotChange(t *testing.T) {
	sh, h := formShell(t, mainApp())
	before := h.types(newAdd(sh), "7123456789:AAH")
	after := h.keys(before, "left", "left", "backspace")
	h.types(after, "zzzz")
	if got := tokenOf(before); got != "7123456789:AAH" {
		t.Errorf("an earlier form holds %q now", got)
	}
}

// FuzzForm types and pastes anything into the form: it must not panic, and never show what is masked.
func FuzzForm(f *testing.F) {
	f.Add("hello", true, uint8(0))
	f.Add("BOT_TOKEN="+testToken, true, uint8(0x1b))
	f.Add("\x1b[31m\u202eevil\r\n\t:", false, uint8(0x42))
	f.Add("天気:👩‍👩‍👧", false, uint8(0xff))
	f.Fuzz(func(t *testing.T, text string, paste bool, walk uint8) {
		// Who types a secret into a field that is for none sees it.
		if strings.Contains(text, tokenSecret[:6]) && (!paste || text != "BOT_TOKEN="+testToken) || len(text) > 4<<10 {
			return
		}
		sh, h := formShell(t, mainApp())
		if walk&1 != 0 {
			sh.apps = nil
		}
		s := newAdd(sh)
		for i := range 7 {
			s = h.keys(s, []string{"tab", "right", "enter", "left", "shift+tab", "home", "backspace"}[(int(walk)>>i)%7])
			if _, ok := s.(add); !ok {
				return
			}
		}
		s = h.paste(s, testToken)
		if paste {
			s = h.paste(s, text)
		} else {
			for _, r := range text {
				next, _ := s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
				h.wait(time.Millisecond * time.Duration(walk))
				if _, ok := next.(add); ok {
					s = next
				}
			}
		}
		for _, at := range []size{{100, 25}, {60, 9}, {40, 7}, {12, 3}} {
			v := s.View(at)
			drawn := ansi.Strip(strings.Join(v.body, "\n") + v.trail + v.status)
			if strings.Contains(drawn, tokenSecret[:12]) {
				t.Fatalf("the token is on the screen:\n%s", drawn)
			}
		}
	})
}
