package ui

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// A span is a range of rows that is about to be marked: from the bot it began at to the selected one.
type span struct {
	on     bool
	anchor fleet.Key
	from   int // where the anchor is shown
}

// beginSpan begins a range at the selected row.
func (l *listState) beginSpan() {
	if r, ok := l.current(); ok {
		l.span = span{on: true, anchor: r.bot.Key, from: l.selected}
	}
}

// bounds are the first and the last row of the range.
func (l *listState) bounds() (first, last int) {
	return min(l.span.from, l.selected), max(l.span.from, l.selected)
}

// spans reports whether a row is in the range.
func (l *listState) spans(i int) bool {
	first, last := l.bounds()
	return l.span.on && first <= i && i <= last
}

// markSpan ends the range and marks its rows.
func (l *listState) markSpan() {
	if l.span.on {
		l.mark(l.bounds())
		l.span = span{}
	}
}

// keepSpan finds the range again after the rows changed. One that has lost its beginning is given up.
func (l *listState) keepSpan() {
	if !l.span.on {
		return
	}
	if l.span.from = l.indexOf(l.span.anchor); l.span.from < 0 {
		l.span = span{}
	}
}

// ranging takes the keys that end a range. Keys that move extend it, and any other key is for the bots of the
// range as it is for marked ones: it is marked, and the key goes its way.
func (b bots) ranging(msg tea.KeyPressMsg) (taken bool) {
	list, keys := &b.sh.list, b.sh.keys
	switch {
	case !list.span.on, key.Matches(msg, keys.problem):
		return false
	case key.Matches(msg, keys.back):
		list.span = span{}
		return true
	case key.Matches(msg, keys.markRange, keys.mark):
		list.markSpan()
		return true
	}
	list.markSpan()
	return false
}

// spanStatus says what the range holds, and what can be done with it.
func (sh *shell) spanStatus() string {
	first, last := sh.list.bounds()
	return fmt.Sprintf("%s in the range %s v marks them %s esc gives it up", count(last-first+1, "bot"), sh.theme.glyphs.dot, sh.theme.glyphs.dot)
}
