package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// The frame is the same on every screen: a title line, a rule where there is room, the body, one status
// line, one line of keys. Nothing in it moves from screen to screen.

// roomy is the height from which the title is set off by a rule and a blank line.
const roomy = 14

// bodySize is what the frame leaves of a terminal.
func bodySize(term size) size {
	lines := 3 // title, status, keys
	if term.height >= roomy {
		lines += 2
	}
	return size{term.width, max(1, term.height-lines)}
}

// frame puts a view into the frame. It returns the whole screen and the line the body starts at.
func (sh *shell) frame(v view, keys []key.Binding, last key.Binding, term size) (content string, bodyTop int) {
	body := bodySize(term)
	lines := make([]string, 0, term.height)
	lines = append(lines, sh.titleLine(v, term.width))
	if term.height >= roomy {
		lines = append(lines, " "+sh.theme.rule.Render(strings.Repeat(sh.theme.glyphs.rule, max(0, term.width-2))), "")
	}
	bodyTop = len(lines)
	for i := range body.height {
		line := ""
		if i < len(v.body) {
			line = sh.theme.cut(v.body[i], term.width)
		}
		lines = append(lines, line)
	}
	lines = append(lines, sh.theme.cut(" "+v.status, term.width), sh.keyLine(keys, last, term.width))
	return strings.Join(lines, "\n"), bodyTop
}

// titleLine says where one is, and on wide terminals which keyring and environment are in use.
func (sh *shell) titleLine(v view, width int) string {
	t := sh.theme
	left := " " + t.title.Render("botring")
	if sh.demo() {
		left += " " + t.waiting.Render("demo")
	}
	if v.trail != "" {
		left += t.dim.Render(" "+t.glyphs.trail+" ") + t.trail.Render(v.trail)
	} else {
		for _, each := range []tab{tabBots, tabApps} {
			style := t.tabOff
			if each == v.tab {
				style = t.tabOn
			}
			left += "  " + t.key.Render(string(rune('0'+int(each)))) + " " + style.Render(each.String())
		}
	}
	return t.spread(left, t.dim.Render(sh.where()+" "), width)
}

// where names the keyring and the environment in use.
func (sh *shell) where() string {
	keyring := "…"
	switch {
	case !sh.keyring.looked:
	case sh.keyring.status.Kind == kindAge:
		keyring = "age file"
	case sh.keyring.err != nil:
		keyring = "no keyring"
	default:
		keyring = keyringName(sh.keyring.status)
	}
	return keyring + " " + sh.theme.glyphs.dot + " " + fault.Clean(sh.environment)
}

// Kinds of keyring, as a fleet names them.
const (
	kindAge    = "age"
	kindMemory = "memory"
)

// keyringName is what people call a keyring.
func keyringName(s fleet.KeyringStatus) string {
	switch s.Kind {
	case kindMemory:
		return "memory only"
	case kindAge:
		return "encrypted file"
	}
	return s.Kind + " keyring"
}

// keyLine shows as many keys as fit, and always the last one: the way to all of them.
func (sh *shell) keyLine(keys []key.Binding, always key.Binding, width int) string {
	last := sh.keyHelp(always)
	room := width - 2 - ansi.StringWidth(last)
	line := ""
	for _, b := range keys {
		help := sh.keyHelp(b) + "   "
		if ansi.StringWidth(line)+ansi.StringWidth(help) > room {
			break
		}
		line += help
	}
	return " " + line + last
}

func (sh *shell) keyHelp(b key.Binding) string {
	return sh.theme.key.Render(b.Help().Key) + " " + sh.theme.dim.Render(b.Help().Desc)
}
