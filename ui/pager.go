package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// A pager scrolls a text that may be longer than its place.
type pager struct{ top int }

// update moves by the keys that move everywhere. It reports whether the key was one of them.
func (p pager) update(keys keymap, msg tea.KeyPressMsg, lines, height int) (pager, bool) {
	by, moved := keys.steps(msg, height/2, lines)
	if moved {
		p.top = min(max(0, p.top+by), max(0, lines-height))
	}
	return p, moved
}

// steps is how far a key moves among so many of a list, of which page are gone over at once. It reports whether the key
// moves at all.
func (k keymap) steps(msg tea.KeyPressMsg, page, all int) (by int, moved bool) {
	page = max(1, page)
	switch {
	case key.Matches(msg, k.down):
		return 1, true
	case key.Matches(msg, k.up):
		return -1, true
	case key.Matches(msg, k.top):
		return -all, true
	case key.Matches(msg, k.bottom):
		return all, true
	case key.Matches(msg, k.pageDown):
		return page, true
	case key.Matches(msg, k.pageUp):
		return -page, true
	}
	return 0, false
}

// windowAsked is window under a question, which has the status line: that more follows stands in the last line then.
func (p pager) windowAsked(t theme, lines []string, height, width int) []string {
	shown, more := p.window(lines, height)
	if !more || height < 2 {
		return shown
	}
	return append(shown[:height-1:height-1], indentBy(margin(width))+t.dim.Render("more below, j and k scroll"))
}

// window is the part of lines that shows, and whether more follows below it.
func (p pager) window(lines []string, height int) (shown []string, more bool) {
	top := min(p.top, max(0, len(lines)-height))
	end := min(len(lines), top+height)
	return lines[top:end], end < len(lines)
}
