package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// cut shortens s to width cells, with an ellipsis where something was taken away. Styles stay balanced.
func (t theme) cut(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if ansi.StringWidth(s) <= width {
		return s
	}
	return ansi.Truncate(s, width, t.glyphs.ellipsis)
}

// pad cuts s or fills it with blanks to exactly width cells, so that wide characters keep columns aligned.
func (t theme) pad(s string, width int) string {
	s = t.cut(s, width)
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// wrap breaks text at blanks into lines of at most width cells.
func wrap(text string, width int) []string {
	if text == "" {
		return nil
	}
	return strings.Split(ansi.Wrap(text, max(1, width), ""), "\n")
}

// indent puts n blanks before each line.
func indent(lines []string, n int) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = strings.Repeat(" ", n) + line
	}
	return out
}

// spread puts left at the left and right at the right of a line of width cells; right gives way first.
func (t theme) spread(left, right string, width int) string {
	gap := width - ansi.StringWidth(left) - ansi.StringWidth(right)
	if gap < 1 {
		return t.cut(left, width)
	}
	return left + strings.Repeat(" ", gap) + right
}

// margin is how far bodies stand from the left edge.
func margin(width int) int {
	if width < 60 {
		return 1
	}
	return 3
}

// prose wraps sentences into the body, with its margin.
func prose(text string, width int) []string {
	m := margin(width)
	return indent(wrap(text, width-m-1), m)
}

// window is which of n rows a place for room of them shows: the selected one is among them, and where that can be the first.
func window(selected, n, room int) (from, to int) {
	from = clamp(selected-room+1, 0, max(0, n-room))
	return from, min(n, from+room)
}
