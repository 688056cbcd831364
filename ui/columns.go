package ui

import (
	"sort"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet/fault"
)

// columns are the widths of the list's columns in cells; a column of width 0 is not shown.
type columns struct{ name, username, app, environment, state, tags int }

const (
	markWidth  = 5  // " ▌ ● "
	gapWidth   = 2  // between columns
	stateWidth = 25 // "logged out by Telegram" and the like
	narrow     = 60 // below this only mark, name and state are shown
)

// measure chooses the columns for rows on a terminal of width cells. It looks at all rows, not at the
// visible ones, so that nothing jumps while scrolling; and it hides a column that says the same in every
// row.
func measure(rows []row, width int) columns {
	var widest columns
	varies := func(text func(row) string) bool {
		for _, r := range rows {
			if text(r) != text(rows[0]) {
				return true
			}
		}
		return false
	}
	for _, r := range rows {
		widest.name = max(widest.name, ansi.StringWidth(r.name))
		widest.username = max(widest.username, ansi.StringWidth(r.username))
		widest.app = max(widest.app, ansi.StringWidth(r.app))
		widest.environment = max(widest.environment, ansi.StringWidth(r.bot.Environment))
		widest.tags = max(widest.tags, ansi.StringWidth(r.tags))
	}
	c := columns{name: clamp(widest.name, 12, 28), state: stateWidth}
	room := width - markWidth - 1
	if width < narrow {
		c.state = min(stateWidth, max(12, room-gapWidth-14))
		c.name = max(1, room-gapWidth-c.state)
		return c
	}
	// The rest is given away in the order in which it would be missed.
	room -= c.name + gapWidth + c.state
	give := func(want int, wanted bool) int {
		if !wanted || want == 0 || room < gapWidth+min(want, 8) {
			return 0
		}
		got := min(want, room-gapWidth)
		room -= got + gapWidth
		return got
	}
	c.username = give(clamp(widest.username, 8, 24), widest.username > 0)
	c.environment = give(clamp(widest.environment, len("Environment"), 12), varies(func(r row) string { return r.bot.Environment }))
	c.app = give(clamp(widest.app, 4, 14), varies(func(r row) string { return r.app }))
	c.tags = give(clamp(widest.tags, 4, 30), widest.tags > 0)
	return c
}

func clamp(n, low, high int) int { return min(max(n, low), high) }

// header is the line of column names, the sorted one with a sign.
func (t theme) header(c columns, by sorting) string {
	name := func(s string, of sorting) string {
		if by == of {
			return s + " " + t.glyphs.down
		}
		return s
	}
	line := strings.Repeat(" ", markWidth) + t.pad(name("Bot", byName), c.name)
	for _, col := range []struct {
		name  string
		width int
	}{
		{name("Username", byUsername), c.username}, {"Environment", c.environment}, {name("App", byApp), c.app},
		{name("State", byState), c.state}, {"Tags", c.tags},
	} {
		if col.width > 0 {
			line += strings.Repeat(" ", gapWidth) + t.pad(col.name, col.width)
		}
	}
	return t.dim.Render(line)
}

// A rowLook is what one row of the list needs beside its texts.
type rowLook struct {
	selected, marked bool
	mark             string // the sign of the state, styled
	state            string
}

// line draws one row.
func (t theme) line(c columns, r row, look rowLook) string {
	bar, tick := " ", " "
	name := t.text
	if look.selected {
		bar, name = t.focus.Render(t.glyphs.row), t.strong
	}
	if look.marked {
		tick = t.key.Render(t.glyphs.marked)
	}
	var out strings.Builder
	out.WriteString(" " + bar + tick + look.mark + " ")
	out.WriteString(t.matchedText(r.name, r.inName, c.name, name))
	column := func(text string, width int, style lipgloss.Style, at []int) {
		if width > 0 {
			out.WriteString(strings.Repeat(" ", gapWidth))
			out.WriteString(t.matchedText(text, at, width, style))
		}
	}
	column(r.username, c.username, t.dim, r.inUsername)
	column(fault.Clean(r.bot.Environment), c.environment, t.dim, nil)
	column(r.app, c.app, t.dim, nil)
	column(look.state, c.state, t.text, nil)
	column(r.tags, c.tags, t.dim, nil)
	return out.String()
}

// matchedText pads text to width, with the bytes at the offsets marked.
func (t theme) matchedText(text string, at []int, width int, style lipgloss.Style) string {
	padded := t.pad(text, width)
	if len(at) == 0 {
		return style.Render(padded)
	}
	var out strings.Builder
	for i, r := range padded {
		s := style
		if j := sort.SearchInts(at, i); j < len(at) && at[j] == i && i < len(text) {
			s = t.matched
		}
		out.WriteString(s.Render(string(r)))
	}
	return out.String()
}
