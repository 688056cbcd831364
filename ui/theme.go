package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"botring/fleet/fault"
)

// A Theme is what the screens are drawn for.
type Theme int

// The themes.
const (
	ThemeAuto  Theme = iota // the terminal is asked what its background is, and is dark where it does not say
	ThemeDark               // a dark background
	ThemeLight              // a light background
	ThemeNone               // no colours
)

// String is the theme by name.
func (t Theme) String() string {
	switch t {
	case ThemeAuto:
		return "auto"
	case ThemeDark:
		return "dark"
	case ThemeLight:
		return "light"
	case ThemeNone:
		return "none"
	}
	return fmt.Sprintf("theme %d", int(t))
}

// ThemeOf is the theme of a name.
func ThemeOf(name string) (t Theme, ok bool) {
	for _, t := range []Theme{ThemeAuto, ThemeDark, ThemeLight, ThemeNone} {
		if t.String() == name {
			return t, true
		}
	}
	return ThemeAuto, false
}

// noColor reports whether the environment asks for no colours: by NO_COLOR with any value (no-color.org).
func noColor(environ []string) bool {
	return slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "NO_COLOR=") && v != "NO_COLOR=" })
}

// A theme is the styles by the role they play, and the glyphs the terminal can show. It is the only place
// that names a colour. Colour adds and never carries alone: every state has a mark and a word too.
type theme struct {
	title, trail, tabOn, tabOff, rule            lipgloss.Style
	text, dim, strong, label, key, focus, cursor lipgloss.Style
	ok, waiting, bad, unknown, matched           lipgloss.Style

	glyphs glyphs
}

// newTheme chooses colours that read on a dark or on a light background.
func newTheme(dark bool, g glyphs) theme {
	pick := lipgloss.LightDark(dark)
	accent := pick(lipgloss.Color("#0B63B5"), lipgloss.Color("#6CB6FF"))
	dim := pick(lipgloss.Color("#6A6A6A"), lipgloss.Color("#8C8C8C"))
	green := pick(lipgloss.Color("#1A7F37"), lipgloss.Color("#57C785"))
	amber := pick(lipgloss.Color("#8A5A00"), lipgloss.Color("#E5B567"))
	red := pick(lipgloss.Color("#C1272D"), lipgloss.Color("#FF7B72"))

	plain := lipgloss.NewStyle()
	return theme{
		title:   plain.Bold(true).Foreground(accent),
		trail:   plain.Bold(true),
		tabOn:   plain.Bold(true).Underline(true),
		tabOff:  plain.Foreground(dim),
		rule:    plain.Foreground(dim),
		text:    plain,
		dim:     plain.Foreground(dim),
		strong:  plain.Bold(true),
		label:   plain.Foreground(dim),
		key:     plain.Foreground(accent),
		focus:   plain.Foreground(accent),
		cursor:  plain.Foreground(accent),
		ok:      plain.Foreground(green),
		waiting: plain.Foreground(amber),
		bad:     plain.Foreground(red),
		unknown: plain.Foreground(dim),
		matched: plain.Underline(true).Foreground(accent),
		glyphs:  g,
	}
}

// glyphs are the signs outside ASCII that the screens use, or what stands in for them.
type glyphs struct {
	ok, waiting, bad, unknown        string
	row, rule, trail, fold, unfold   string
	done, cross, dot, mask, ellipsis string
	down, up, marked, ranged         string
	barFull, barEmpty, barL, barR    string
	spinner                          []string
}

func unicodeGlyphs() glyphs {
	return glyphs{
		ok: "●", waiting: "▲", bad: "✕", unknown: "○",
		row: "▌", rule: "─", trail: "›", fold: "▸", unfold: "▾",
		done: "✓", cross: "✕", dot: "·", mask: "•", ellipsis: "…",
		down: "▾", up: "▴", marked: "◆", ranged: "◇",
		barFull: "█", barEmpty: " ", barL: "▕", barR: "▏",
		spinner: []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"},
	}
}

func asciiGlyphs() glyphs {
	return glyphs{
		ok: "*", waiting: "!", bad: "x", unknown: "-",
		row: "|", rule: "-", trail: ">", fold: ">", unfold: "v",
		done: "+", cross: "x", dot: "-", mask: "*", ellipsis: "~",
		down: "v", up: "^", marked: "#", ranged: "+",
		barFull: "#", barEmpty: ".", barL: "[", barR: "]",
		spinner: []string{"|", "/", "-", "\\"},
	}
}

// glyphsFor judges by the environment whether the terminal shows UTF-8. The Linux console has the letters
// and few of the signs.
func glyphsFor(environ []string) glyphs {
	value := func(name string) string {
		for i := len(environ) - 1; i >= 0; i-- {
			if v, ok := strings.CutPrefix(environ[i], name+"="); ok {
				return v
			}
		}
		return ""
	}
	if term := value("TERM"); term == "linux" || term == "dumb" || strings.HasPrefix(term, "vt") {
		return asciiGlyphs()
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		locale := strings.ToLower(value(name))
		if locale == "" {
			continue
		}
		if strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8") {
			return unicodeGlyphs()
		}
		return asciiGlyphs()
	}
	return unicodeGlyphs()
}

// mark is the sign of a state, coloured.
func (t theme) mark(m fault.Mark) string {
	switch m {
	case fault.OK:
		return t.ok.Render(t.glyphs.ok)
	case fault.Waiting:
		return t.waiting.Render(t.glyphs.waiting)
	case fault.NeedsYou:
		return t.bad.Render(t.glyphs.bad)
	case fault.Unknown:
		return t.unknown.Render(t.glyphs.unknown)
	}
	return " "
}
