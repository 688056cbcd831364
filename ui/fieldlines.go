package ui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// drawn is the value as it is shown, and the cell the cursor is in.
func (f field) drawn(t theme, now time.Time) (text string, cursor int) {
	value, at := []rune(drawable(f.input.Value())), f.input.Position()
	open := len(value) // how many characters are shown
	switch {
	case now.Before(f.shown):
	case f.mask == maskAll:
		open = 0
	case f.mask == maskToken:
		open = idPart(value)
	}
	text = t.text.Render(string(value[:open]))
	cursor = ansi.StringWidth(string(value[:min(at, open)]))
	if open == len(value) {
		return text, cursor
	}
	switch {
	case at == len(value):
		cursor += maskCells
	case at > open:
		cursor += min(at-open, maskCells-1)
	}
	return text + t.dim.Render(strings.Repeat(t.glyphs.mask, maskCells)), cursor
}

// idPart is how many characters at the start of a token are no secret: the digits up to and with the colon.
// Digits that run into anything else may be a secret that went into the wrong field.
func idPart(value []rune) int {
	digits := 0
	for digits < len(value) && value[digits] >= '0' && value[digits] <= '9' {
		digits++
	}
	switch {
	case digits == len(value):
		return digits
	case digits > 0 && value[digits] == ':':
		return digits + 1
	}
	return 0
}

// labelCells is the width of the column of labels.
func labelCells(width int) int {
	if width < 60 {
		return 12
	}
	return 14
}

// alone is the field without its label, which the title has; all of the line is its value's.
func (f field) alone() field {
	f.label = ""
	return f
}

// labels is the width of the field's own label, with the blank after it.
func (f field) labels(width int) int {
	switch {
	case f.label != "":
		return labelCells(width)
	case f.fold:
		return 2
	}
	return 0
}

// lines draws the field: one line with label and value, and at least one under it for what there is to say.
// cursor is relative to these lines, nil unless the field has the focus and is typed into.
func (f field) lines(t theme, width int, focused bool, now time.Time) (lines []string, cursor *tea.Cursor) {
	labels := margin(width) + f.labels(width)
	room := max(4, width-labels-1)
	value, cursor := f.body(t, room, focused, now)
	line := f.head(t, width, focused) + value
	if cursor != nil {
		cursor.X += labels
	}
	if !f.typed() {
		return []string{line}, nil
	}
	below := f.below(t, width)
	if note := f.beside(t); note != "" {
		if ansi.StringWidth(line)+2+ansi.StringWidth(note) < width {
			line = t.spread(line, note+" ", width)
		} else if len(below) == 0 {
			below = []string{strings.Repeat(" ", margin(width)) + note}
		}
	}
	if len(below) == 0 {
		below = []string{""}
	}
	return append([]string{line}, below...), cursor
}

// head is the margin, with the mark of the focus, and the label.
func (f field) head(t theme, width int, focused bool) string {
	m := margin(width)
	edge := strings.Repeat(" ", m)
	style := t.label
	if focused {
		edge = strings.Repeat(" ", max(0, m-2)) + t.focus.Render(t.glyphs.row) + strings.Repeat(" ", min(1, m-1))
		style = t.text
	}
	label := f.label
	if f.fold {
		sign := t.glyphs.fold
		if f.open {
			sign = t.glyphs.unfold
		}
		label = sign + " " + label
	}
	cells := f.labels(width)
	return edge + style.Render(t.pad(label, cells-1)) + indentBy(min(1, cells))
}

// body is the value in room cells, scrolled so that the cursor is in sight.
func (f field) body(t theme, room int, focused bool, now time.Time) (text string, cursor *tea.Cursor) {
	switch {
	case f.fold:
		return t.dim.Render(t.cut(f.hint, room)), nil
	case f.choices != nil:
		return f.choice(t, room, focused), nil
	case f.input.Value() == "":
		text = t.dim.Render(t.cut(f.hint, room))
		if focused {
			cursor = tea.NewCursor(0, 0)
		}
		return text, cursor
	}
	text, at := f.drawn(t, now)
	off := 0
	if focused {
		cursor = tea.NewCursor(at, 0)
		off = max(0, at-room+1)
		cursor.X -= off
	}
	if off > 0 {
		return ansi.Cut(text, off, off+room), cursor
	}
	return t.cut(text, room), cursor
}

// choice is what is chosen, with arrows where there is something to choose from.
func (f field) choice(t theme, room int, focused bool) string {
	if f.picks {
		if all, fits := f.all(t, room, focused); fits || !focused {
			return all
		}
	}
	chosen := fault.Clean(f.choices[f.chosen])
	if len(f.choices) == 1 || !focused {
		return t.text.Render(t.cut(chosen, room))
	}
	count := " " + strconv.Itoa(f.chosen+1) + "/" + strconv.Itoa(len(f.choices))
	return t.focus.Render("< ") + t.text.Render(t.cut(chosen, room-4-len(count))) + t.focus.Render(" >") + t.dim.Render(count)
}

// all is every choice side by side, the one that enter takes in brackets.
func (f field) all(t theme, room int, focused bool) (line string, fits bool) {
	parts := make([]string, len(f.choices))
	for i, choice := range f.choices {
		parts[i] = t.dim.Render(fault.Clean(choice))
		if focused && i == f.chosen {
			parts[i] = t.focus.Render("[" + fault.Clean(choice) + "]")
		}
	}
	line = strings.Join(parts, "  ")
	return t.cut(line, room), ansi.StringWidth(line) <= room
}

// beside is the good news that stand right of the value.
func (f field) beside(t theme) string {
	if f.note != "" {
		return t.ok.Render(t.glyphs.done) + " " + t.dim.Render(f.note)
	}
	// Of a masked value one sees nothing grow, so the count says that keys arrive.
	if problem := f.problem(); problem != nil && problem.Problem == fleet.ProblemSecretLength && f.said() == nil {
		return t.dim.Render(problem.Got + " of " + problem.Want + " characters")
	}
	return ""
}

// below is what stands under the field.
func (f field) below(t theme, width int) []string {
	problem := f.said()
	if problem == nil {
		return nil
	}
	style := t.bad
	text := fault.Of(problem).What
	if problem.Warning() {
		style = t.waiting
		if problem.Problem == fleet.ProblemSecretLength {
			text = strings.TrimSuffix(text, ".") + ". enter tries anyway"
		}
	}
	lines := prose(text, width)
	for i, line := range lines {
		lines[i] = style.Render(line)
	}
	return lines
}
