package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// help lists all keys that work on the screen it lies over.
type help struct {
	sh     *shell
	groups []keyGroup
	pager  pager
}

// A keyGroup is bindings that belong together.
type keyGroup struct {
	name string
	keys []key.Binding
}

// helpColumns is the width from which the groups stand side by side.
const helpColumns = 76

// An explainer is a screen with more to explain than its keys.
type explainer interface{ explains() keyGroup }

func newHelp(sh *shell, s screen) *help {
	keys, typing := s.Keys(), s.Typing()
	all := sh.keys.help
	if typing {
		all = sh.keys.helpTyping
	}
	here, moving := keyGroup{name: "Here"}, keyGroup{name: "Moving"}
	everywhere := keyGroup{"Everywhere", []key.Binding{all, sh.keys.leave, sh.keys.suspend}}
	for _, b := range keys {
		switch {
		case among(b, everywhere.keys):
		case sh.keys.moves(b):
			moving.keys = append(moving.keys, b)
		default:
			here.keys = append(here.keys, b)
		}
	}
	groups := []keyGroup{here, moving, everywhere}
	if more, ok := s.(explainer); ok {
		groups = append(groups, more.explains())
	}
	return &help{sh: sh, groups: groups}
}

// moves reports whether b goes somewhere and changes nothing.
func (k keymap) moves(b key.Binding) bool {
	return among(b, []key.Binding{
		k.up, k.down, k.top, k.bottom, k.pageUp, k.pageDown, k.nextField, k.prevField, k.left, k.right,
		k.bots, k.apps, k.history, k.keyring, k.problem, k.back, k.quit,
	})
}

// among compares by keys: what a binding is called differs from screen to screen.
func among(b key.Binding, group []key.Binding) bool {
	return slices.ContainsFunc(group, func(m key.Binding) bool { return slices.Equal(m.Keys(), b.Keys()) })
}

// update reports whether the help stays open.
func (h *help) update(msg tea.KeyPressMsg, body size) (*help, bool) {
	keys := h.sh.keys
	if key.Matches(msg, keys.back, keys.quit, keys.help) {
		return h, false
	}
	next := *h
	next.pager, _ = h.pager.update(keys, msg, len(h.lines(body.width)), body.height)
	return &next, true
}

func (h *help) view(body size) view {
	shown, more := h.pager.window(h.lines(body.width), body.height)
	v := view{trail: "All keys", body: shown}
	if more {
		v.status = h.sh.theme.dim.Render("more below, j and k scroll")
	}
	return v
}

// lines lays the groups out: what can be done at the left, where one can go at the right, or all below
// each other.
func (h *help) lines(width int) []string {
	m := margin(width)
	if width < helpColumns {
		var lines []string
		for _, g := range h.groups {
			lines = append(lines, h.group(g, width-m)...)
		}
		return indent(lines, m)
	}
	half := (width - m) / 2
	left := h.group(h.groups[0], half-2)
	var right []string
	for _, g := range h.groups[1:] {
		right = append(right, h.group(g, half)...)
	}
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		lines[i] = h.sh.theme.pad(l, half) + r
	}
	return indent(lines, m)
}

// group is one group: its name, its keys in a column of their own, a blank line.
func (h *help) group(g keyGroup, width int) []string {
	if len(g.keys) == 0 {
		return nil
	}
	t := h.sh.theme
	widest := 0
	for _, b := range g.keys {
		widest = max(widest, ansi.StringWidth(pressed(b)))
	}
	lines := []string{t.strong.Render(g.name)}
	for _, b := range g.keys {
		lines = append(lines, t.cut(t.key.Render(t.pad(pressed(b), widest))+"  "+b.Help().Desc, width))
	}
	return append(lines, "")
}

// pressed names the keys of a binding: all of them, or what the binding is called where the key alone
// would not tell, as with the second of a pair.
func pressed(b key.Binding) string {
	if !slices.Contains(b.Keys(), b.Help().Key) {
		return b.Help().Key
	}
	names := slices.Clone(b.Keys())
	for i, name := range names {
		if name == "f1" {
			names[i] = "F1"
		}
	}
	return strings.Join(names, ", ")
}
