package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// A pager scrolls a text that may be longer than its place.
type pager struct{ top int }

// update moves by the keys that move everywhere. It reports whether the key was one of them.
func (p pager) update(keys keymap, msg tea.KeyPressMsg, lines, height int) (pager, bool) {
	last := max(0, lines-height)
	switch {
	case key.Matches(msg, keys.down):
		p.top++
	case key.Matches(msg, keys.up):
		p.top--
	case key.Matches(msg, keys.top):
		p.top = 0
	case key.Matches(msg, keys.bottom):
		p.top = last
	case key.Matches(msg, keys.pageDown):
		p.top += max(1, height/2)
	case key.Matches(msg, keys.pageUp):
		p.top -= max(1, height/2)
	default:
		return p, false
	}
	p.top = min(max(0, p.top), last)
	return p, true
}

// window is the part of lines that shows, and whether more follows below it.
func (p pager) window(lines []string, height int) (shown []string, more bool) {
	top := min(p.top, max(0, len(lines)-height))
	end := min(len(lines), top+height)
	return lines[top:end], end < len(lines)
}
