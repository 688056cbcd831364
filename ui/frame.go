package ui

import (
	"strconv"
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

// titleLine says where one is, and which keyring and environment are in use. Where there is little room the
// program's name goes first, then the environment, then the names of the other tabs: which keyring it is stays
// longest.
func (sh *shell) titleLine(v view, width int) string {
	t := sh.theme
	demo := ""
	if sh.demo() {
		demo = " " + t.waiting.Render("demo")
	}
	brand := " " + t.title.Render("botring") + demo
	keyring, short := sh.where()
	both := keyring + " " + t.glyphs.dot + " " + fault.Clean(sh.environment)
	if v.trail != "" {
		left := brand + t.dim.Render(" "+t.glyphs.trail+" ") + t.trail.Render(v.trail)
		return t.roomiest(width, [][2]string{{left, both}, {left, keyring}, {left, short}})
	}
	var names, brief []string
	for _, each := range tabs() {
		style, number := t.tabOff, t.key.Render(strconv.Itoa(int(each)))
		if each == v.tab {
			style = t.tabOn
		}
		named := number + " " + style.Render(each.String())
		names = append(names, named)
		if each != v.tab {
			named = number
		}
		brief = append(brief, named)
	}
	row := strings.Join(names, "  ")
	bare := " " + row
	numbers := " " + strings.Join(brief, "  ")
	if sh.demo() {
		bare, numbers = demo+"  "+row, demo+" "+numbers
	}
	return t.roomiest(width, [][2]string{
		{brand + "  " + row, both}, {bare, both}, {bare, keyring}, {bare, short}, {numbers, keyring}, {numbers, short},
	})
}

// roomiest puts the first of these pairs that fits at the two ends of a line. Where none does, what stands at
// the left is cut.
func (t theme) roomiest(width int, pairs [][2]string) string {
	last := pairs[len(pairs)-1]
	for _, pair := range pairs {
		if ansi.StringWidth(pair[0])+ansi.StringWidth(pair[1])+2 <= width {
			return t.spread(pair[0], t.dim.Render(pair[1]+" "), width)
		}
	}
	return t.spread(last[0], t.dim.Render(last[1]+" "), width)
}

// where names the keyring in use, and in as few letters as will do.
func (sh *shell) where() (name, short string) {
	switch {
	case !sh.keyring.looked:
		return sh.theme.glyphs.ellipsis, sh.theme.glyphs.ellipsis
	case sh.keyring.status.Kind == kindAge:
		return "age file", "age file"
	case sh.keyring.err != nil:
		return "no keyring", "no keyring"
	case sh.keyring.status.Kind == kindMemory:
		return keyringName(sh.keyring.status), "memory"
	}
	return keyringName(sh.keyring.status), fault.Clean(sh.keyring.status.Kind)
}

// Kinds of keyring, as a fleet names them.
const (
	kindSystem = "system"
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
