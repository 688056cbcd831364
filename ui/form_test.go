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
