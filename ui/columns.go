package ui

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// columns are the widths of the list's columns in cells; a column of width 0 is not shown.
type columns struct{ name, username, app, environment, state, tags int }

const (
	markWidth  = 5  // " ▌ ● "
	gapWidth   = 2  // between columns
	stateWidth = 25 // "logged out by Telegram" and the like
	narrow     = 60 // below this only mark, name and state are shown
)

// widths are what the columns of all rows need, and which columns say different things. They are taken when the
// catalogue is read, of all rows and not of the visible ones, so that nothing jumps while scrolling.
type widths struct {
	columns
	environments, apps bool // rows differ in these
}

func widthsOf(rows []row) widths {
	var w widths
	for i := range rows {
		r := &rows[i]
		w.name = max(w.name, cells(r.name))
		w.username = max(w.username, cells(r.username))
		w.tags = max(w.tags, cells(r.tags))
		if i == 0 || r.app != rows[i-1].app {
			w.app = max(w.app, cells(r.app))
			w.apps = w.apps || i > 0
		}
		w.environments = w.environments || r.environment != rows[0].environment
	}
	return w
}

// cells is the width of a text on a terminal.
func cells(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// measure chooses the columns for a terminal of width cells. It hides a column that says the same in every row.
func (w widths) measure(width int) columns {
	c := columns{name: clamp(w.name, 12, 28), state: stateWidth}
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
	const sign = 2 // " ▾" behind the name of the sorted one
	c.username = give(clamp(w.username, len("Username")+sign, 24), w.username > 0)
	c.environment = give(len("Environment")+sign, w.environments)
	c.app = give(clamp(w.app, len("App")+sign, 14), w.apps)
	c.tags = give(clamp(w.tags, len("Tags")+sign, 30), w.tags > 0)
	return c
}

func clamp(n, low, high int) int { return min(max(n, low), high) }

// header is the line of column names, the sorted one with a sign.
func (t theme) header(c columns, by ordering) string {
	name := func(s string, of sorting) string {
		switch {
		case by.by != of:
			return s
		case by.reverse:
			return s + " " + t.glyphs.up
		}
		return s + " " + t.glyphs.down
	}
	state := name("State", byState)
	if by.by == byChecked {
		state = name("State, checked", byChecked)
	}
	line := strings.Repeat(" ", markWidth) + t.pad(name("Bot", byName), c.name)
	for _, col := range []struct {
		name  string
		width int
	}{
		{name("Username", byUsername), c.username}, {name("Environment", byEnvironment), c.environment}, {name("App", byApp), c.app},
		{state, c.state}, {name("Tags", byTags), c.tags},
	} {
		if col.width > 0 {
			line += strings.Repeat(" ", gapWidth) + t.pad(col.name, col.width)
		}
	}
	return t.dim.Render(line)
}

// A rowLook is what one row of the list needs beside its texts.
type rowLook struct {
	selected, marked, ranged bool
	mark                     string // the sign of the state, styled
	state                    string
	// found are the letters of its texts that the filter has found.
	found [textKinds][]int
}

// line draws one row.
func (t theme) line(c columns, r *row, look rowLook) string {
	bar, tick := " ", " "
	name := t.text
	if look.selected {
		bar, name = t.focus.Render(t.glyphs.row), t.strong
	}
	switch {
	case look.marked:
		tick = t.key.Render(t.glyphs.marked)
	case look.ranged:
		tick = t.key.Render(t.glyphs.ranged)
	}
	var out strings.Builder
	out.WriteString(" " + bar + tick + look.mark + " ")
	out.WriteString(t.matchedText(r.name, look.found[inName], c.name, name))
	column := func(text string, width int, style lipgloss.Style, at []int) {
		if width > 0 {
			out.WriteString(strings.Repeat(" ", gapWidth))
			out.WriteString(t.matchedText(text, at, width, style))
		}
	}
	column(r.username, c.username, t.dim, look.found[inUsername])
	column(r.environment, c.environment, t.dim, nil)
	column(r.app, c.app, t.dim, look.found[inApp])
	column(look.state, c.state, t.text, nil)
	column(r.tags, c.tags, t.dim, look.found[inTags])
	return out.String()
}

// matchedText pads text to width, with the letters at these places marked.
func (t theme) matchedText(text string, at []int, width int, style lipgloss.Style) string {
	padded := t.pad(text, width)
	if len(at) == 0 {
		return style.Render(padded)
	}
	marked := func(i int) bool { return slices.Contains(at, i) }
	var out strings.Builder
	letters, from := []rune(padded), 0
	for i := range letters {
		if i+1 < len(letters) && marked(i) == marked(i+1) {
			continue
		}
		s := style
		if marked(i) {
			s = t.matched
		}
		out.WriteString(s.Render(string(letters[from : i+1])))
		from = i + 1
	}
	return out.String()
}
