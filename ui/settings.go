package ui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// A Setting is something of the configuration.
type Setting struct {
	// Key is its name in the configuration, Value what is in force, and Says what it decides.
	Key, Value, Says string
	// Choices are all its values, nil where these are typed.
	Choices []string
	// Chosen: somebody has chosen it. Above is what wins over the configuration, "" for nothing.
	Chosen bool
	Above  string
}

// Settings are the configuration, as the screens see it.
type Settings interface {
	// All are the settings in their order.
	All() []Setting
	// Set writes one, with "" to have it as usual, and returns all as they are then. Its errors are sentences for
	// people.
	Set(key, value string) ([]Setting, error)
	// Place is where the configuration is, or would be.
	Place() string
}

// settingField is the one field of the form that changes a setting.
const settingField fleet.Field = "setting"

// The settings that the screens treat in a way of their own.
const (
	settingKeyring     = "keyring"
	settingEnvironment = "environment"
	settingTheme       = "theme"
	settingWatch       = "watch"
	settingClipboard   = "clipboard"
	settingProxy       = "proxy"
)

// settings shows what is configured, and changes it.
type settings struct {
	sh   *shell
	from screen
	at   int
	all  []Setting

	changing, saving bool
	form             form
	// says is what came of the last change, or what is wrong with a value.
	says string
}

// settingMsg is how the writing of a setting has ended.
type settingMsg struct {
	all []Setting
	err error
}

func newSettings(sh *shell, from screen) screen {
	return settings{sh: sh, from: from, all: sh.settings.All()}
}

func (s settings) Typing() bool { return s.changing && s.form.typing() }

func (s settings) current() Setting { return s.all[s.at] }

func (s settings) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if s.changing {
			s.form = s.form.paste(msg.Content)
		}
	case burstMsg:
		if next, text, ok := s.form.pasted(msg); ok {
			s.form = next.paste(text)
		}
	case settingMsg:
		return s.saved(msg)
	case tea.KeyPressMsg:
		if s.saving {
			return s, nil
		}
		if s.changing {
			return s.change(msg)
		}
		return s.press(msg)
	}
	return s, nil
}

func (s settings) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := s.sh.keys
	s.says = ""
	if by, moved := keys.steps(msg, s.sh.body.height/2, len(s.all)); moved {
		s.at = clamp(s.at+by, 0, len(s.all)-1)
		return s, nil
	}
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return s.from, nil
	case key.Matches(msg, keys.open):
		return s.open()
	case key.Matches(msg, keys.remove):
		if s.usual() {
			return s.set("")
		}
	}
	return s, nil
}

// usual: the setting can be made as usual again.
func (s settings) usual() bool {
	return s.current().Chosen && s.current().Above == "" && s.current().Key != settingKeyring
}

// leadsToProxies: the setting has a screen of its own, that of all proxies.
func (s settings) leadsToProxies() bool {
	return s.current().Key == settingProxy && s.sh.proxyBook != nil
}

// again are the settings as they are now, when another screen may have changed some.
func (s settings) again() settings {
	s.all = s.sh.settings.All()
	return s
}

// open begins to change the selected setting. The keyring is not changed by its name alone.
func (s settings) open() (screen, tea.Cmd) {
	one := s.current()
	if one.Key == settingKeyring {
		return newKeyring(s.sh)
	}
	if s.leadsToProxies() {
		return newProxies(s.sh, s), nil
	}
	f := newField(settingField, one.Key, maskNone, nil).set(one.Value)
	if one.Choices != nil {
		f = newChoice(settingField, one.Key, one.Choices)
		f.chosen = max(0, slices.Index(one.Choices, one.Value))
	}
	s.changing, s.form = true, form{fields: []field{f}}
	return s, nil
}

func (s settings) change(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	if key.Matches(msg, s.sh.keys.back) {
		s.changing, s.says = false, ""
		return s, nil
	}
	var cmd tea.Cmd
	var event formEvent
	before := s.form.focused().value()
	s.form, cmd, event = s.form.update(s.sh, msg)
	if s.form.focused().value() != before {
		s.says = ""
	}
	if event != formSubmitted {
		return s, cmd
	}
	f := s.form.focused()
	value := f.value()
	if f.choices != nil {
		value = f.choices[f.chosen]
	}
	return s.set(value)
}

// set writes the selected setting.
func (s settings) set(value string) (screen, tea.Cmd) {
	s.saving = true
	key, to := s.current().Key, s.sh.settings
	return s, func() tea.Msg {
		all, err := to.Set(key, value)
		return settingMsg{all, err}
	}
}

// saved has the setting that was written hold at once where that can be.
func (s settings) saved(msg settingMsg) (screen, tea.Cmd) {
	s.saving = false
	if msg.err != nil {
		s.says = msg.err.Error()
		return s, nil
	}
	s.all, s.changing = msg.all, false
	one := s.current()
	cmd, now := s.sh.obey(one)
	switch {
	case one.Above != "":
		s.says = "Saved. " + one.Above + " wins over it."
	case now:
		s.says = "Saved."
	default:
		s.says = "Saved. It holds from the next start."
	}
	return s, cmd
}

// obey has a setting hold, and reports whether it does.
func (sh *shell) obey(one Setting) (cmd tea.Cmd, now bool) {
	if one.Above != "" {
		return nil, false
	}
	switch one.Key {
	case settingTheme:
		theme, _ := ThemeOf(one.Value)
		if theme == ThemeNone || sh.themed == ThemeNone {
			return nil, false
		}
		if sh.themed = theme; theme == ThemeAuto {
			return tea.RequestBackgroundColor, true
		}
		sh.theme = newTheme(theme == ThemeDark, sh.theme.glyphs)
		return nil, true
	case settingClipboard:
		after, err := time.ParseDuration(one.Value)
		sh.clipboard.after = after
		return nil, err == nil
	case settingEnvironment:
		if !slices.Contains(sh.environments, one.Value) {
			return nil, false
		}
		sh.environment = one.Value
		return nil, true
	case settingWatch:
		return sh.watchEvery(one.Value), true
	}
	return nil, false
}

// watchEvery has the watch go on as often as the configuration says now, or not at all.
func (sh *shell) watchEvery(value string) tea.Cmd {
	every, _ := time.ParseDuration(value) // "off" is none
	if sh.watch.on() {
		sh.watch.stop()
	}
	sh.watch = watch{id: sh.watch.id, every: every}
	return sh.watchAtStart()
}

func (s settings) Keys() []key.Binding {
	keys := s.sh.keys
	if s.changing {
		return append([]key.Binding{as(keys.open, "save"), keys.back}, s.form.keys(s.sh)...)
	}
	does := "change"
	if s.current().Key == settingKeyring {
		does = "the Keyring screen"
	} else if s.leadsToProxies() {
		does = "the proxies"
	}
	shown := []key.Binding{as(keys.open, does)}
	if s.usual() {
		shown = append(shown, as(keys.remove, "as usual"))
	}
	return append(shown, keys.back, keys.down, keys.up, keys.top, keys.bottom, keys.pageDown, keys.pageUp, as(keys.quit, "back"))
}
