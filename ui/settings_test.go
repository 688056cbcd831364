package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"botring/ui/internal/screentest"
)

// usualSettings are settings that nobody has changed.
func usualSettings() []Setting {
	return []Setting{
		{Key: "keyring", Value: "system", Says: "Where secrets are kept."},
		{Key: "timeout", Value: "30s", Says: "How long one conversation with Telegram may take: 1s to 10m."},
		{Key: "watch", Value: "off", Says: "How often the screens check all bots by themselves: 1h to 720h, or off."},
		{Key: "theme", Value: "auto", Says: "What the screens are drawn for.", Choices: []string{"auto", "dark", "light", "none"}},
		{Key: "clipboard", Value: "45s", Says: "How long a copied secret stays in a clipboard that can be cleared: 5s to 10m."},
	}
}

// A configuration is settings in memory, of which "bad" is a value that none can have.
type configuration struct {
	all    []Setting
	writes int
}

func (c *configuration) All() []Setting { return slices.Clone(c.all) }

func (c *configuration) Place() string { return "~/.config/botring/config.toml" }

func (c *configuration) Set(key, value string) ([]Setting, error) {
	c.writes++
	if value == "bad" {
		return nil, errors.New("The value cannot be that.") //nolint:staticcheck // a sentence for people
	}
	i := slices.IndexFunc(c.all, func(s Setting) bool { return s.Key == key })
	c.all[i].Chosen = value != ""
	if value == "" {
		value = usualSettings()[i].Value
	}
	c.all[i].Value = value
	return c.All(), nil
}

// someSettings are those of somebody who has changed some.
func someSettings() *configuration {
	c := &configuration{all: usualSettings()}
	c.all[1].Chosen, c.all[1].Above = true, "BOTRING_TIMEOUT"
	c.all[4].Chosen, c.all[4].Value = true, "20s"
	return c
}

// configured is a shell with settings to change.
func configured(t testing.TB) (*shell, *configuration) {
	t.Helper()
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{80, 24})
	c := someSettings()
	sh.settings = c
	unhurried(sh)
	return sh, c
}

func TestSettingsLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, _ := configured(t)
		return sh, drive(newSettings(sh, newBots(sh)), "j", "j")
	}, nil)
}

func TestSettingChangeLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, _ := configured(t)
		return sh, drive(newSettings(sh, newBots(sh)), "j", "j", "enter")
	}, func(on *screentest.Screen) { on.See("How often") })
}

// write types a value for a setting and lets it be written. It returns what is said then.
func write(t *testing.T, sh *shell, at int, value string) (says string) {
	t.Helper()
	s := newSettings(sh, newBots(sh))
	for range at {
		s = drive(s, "j")
	}
	s = drive(s, "enter")
	for range 10 {
		s = drive(s, "backspace")
	}
	keys := make([]string, 0, len(value))
	for _, r := range value {
		keys = append(keys, string(r))
	}
	s = drive(s, keys...)
	return settled(t, s, "enter").View(size{80, 19}).status
}

// settled presses a key and gives the screen the answer of what it has begun.
func settled(t *testing.T, s screen, key string) screen {
	t.Helper()
	s, cmd := s.Update(press(key))
	if cmd == nil {
		t.Fatalf("%s begins nothing", key)
	}
	s, _ = s.Update(cmd())
	return s
}

func TestSettingsHold(t *testing.T) {
	sh, _ := configured(t)
	if says := write(t, sh, 4, "15s"); says != "Saved." || sh.clipboard.stays() != 15*time.Second {
		t.Errorf("%q, and the clipboard is cleared after %v", says, sh.clipboard.stays())
	}
	if says := write(t, sh, 1, "10s"); says != "Saved. BOTRING_TIMEOUT wins over it." {
		t.Errorf("of what a variable wins over it is said %q", says)
	}
	s := drive(newSettings(sh, newBots(sh)), "j", "j", "j", "enter", "right", "right")
	s = settled(t, s, "enter")
	if says := s.View(size{80, 19}).status; says != "Saved." || sh.themed != ThemeLight {
		t.Errorf("%q, and the theme is %v", says, sh.themed)
	}
	s = drive(s, "enter", "right")
	s = settled(t, s, "enter")
	if says := s.View(size{80, 19}).status; says != "Saved. It holds from the next start." || sh.themed != ThemeLight {
		t.Errorf("%q, and the theme is %v", says, sh.themed)
	}
	// As usual again.
	s = settled(t, drive(s, "j"), "d")
	if says := s.View(size{80, 19}).status; says != "Saved." || sh.clipboard.stays() != ClearAfter {
		t.Errorf("%q, and the clipboard is cleared after %v", says, sh.clipboard.stays())
	}
	if _, cmd := s.Update(press("d")); cmd != nil {
		t.Error("what is as usual is made so again")
	}
}

// TestWrongSetting: nothing is lost of a value that cannot be.
func TestWrongSetting(t *testing.T) {
	sh, c := configured(t)
	s := drive(newSettings(sh, newBots(sh)), "j", "j", "enter", "backspace", "backspace", "backspace", "b", "a", "d")
	s = settled(t, s, "enter")
	v := s.View(size{80, 19})
	if shown := ansi.Strip(strings.Join(v.body, "\n")); v.status != "The value cannot be that." || !strings.Contains(shown, "bad") || !s.Typing() {
		t.Errorf("%q, %s", v.status, shown)
	}
	s = drive(s, "esc")
	if shown := ansi.Strip(strings.Join(s.View(size{80, 19}).body, "\n")); strings.Contains(shown, "bad") || c.writes != 1 {
		t.Errorf("given up: %s", shown)
	}
	if s = drive(s, "esc"); !is[bots](s) {
		t.Errorf("esc leads to %T", s)
	}
}

// TestWatchSetting: the watch goes on as is configured.
func TestWatchSetting(t *testing.T) {
	sh, _ := configured(t)
	stopped := false
	sh.watch = watch{id: 3, every: 2 * time.Hour, stop: func() { stopped = true }}
	cmd, now := sh.obey(Setting{Key: settingWatch, Value: "off"})
	if cmd != nil || !now || !stopped || sh.watch.on() || sh.watch.every != 0 {
		t.Errorf("off: %+v", sh.watch)
	}
}

// TestTheKeyringIsChangedOnItsScreen: its name alone moves no secret.
func TestTheKeyringIsChangedOnItsScreen(t *testing.T) {
	sh, c := configured(t)
	if s := drive(newSettings(sh, newBots(sh)), "enter"); !is[keyringScreen](s) || c.writes > 0 {
		t.Errorf("enter leads to %T", s)
	}
}
