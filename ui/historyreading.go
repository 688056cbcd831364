package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// ask reads a part of the history. Only one read is under way at a time.
func (h history) ask(part fleet.Stretch, fresh bool) (history, tea.Cmd) {
	if h.giveUp != nil {
		h.giveUp()
	}
	if fresh {
		owed := part
		h.owed = &owed
	}
	h.sh.lastTask++
	h.asked = h.sh.lastTask
	var ctx context.Context
	ctx, h.giveUp = context.WithCancel(h.sh.ctx)
	part.Of = h.of
	ask := historyAsk{id: h.asked, part: part, words: strings.Fields(h.field.Value()), fresh: fresh}
	return h, ask.read(ctx, h.giveUp, h.sh.fleet)
}

// latest reads the end of the history, and oldestPart its beginning.
func (h history) latest() (history, tea.Cmd) { return h.ask(fleet.Stretch{}, true) }

func (h history) oldestPart() (history, tea.Cmd) { return h.ask(fleet.Stretch{Forward: true}, true) }

// newer reads what was done since, or what is still owed.
func (h history) newer() (history, tea.Cmd) {
	if h.owed != nil {
		return h.ask(*h.owed, true)
	}
	if h.high == 0 {
		return h.latest()
	}
	return h.ask(fleet.Stretch{Forward: true, After: h.high}, false)
}

// took takes a part that was read into its place.
func (h history) took(msg historyMsg) (screen, tea.Cmd) {
	if msg.id != h.asked {
		return h, nil
	}
	h.asked = 0
	if h.err = msg.err; h.err != nil {
		return h, nil
	}
	switch {
	case msg.fresh:
		h.owed = nil
		h.rows, h.low, h.high = msg.rows, msg.low, msg.high
		// At its end and at its beginning there is nothing beyond.
		h.newest, h.oldest = !msg.part.Forward || msg.end, msg.part.Forward || msg.end
		h.selected, h.top = 0, 0
		if msg.part.Forward {
			h.selected = len(h.rows) - 1
		}
	case msg.part.Forward:
		h = h.prepend(msg)
	default:
		h.rows = append(h.rows[:len(h.rows):len(h.rows)], msg.rows...)
		h.oldest = msg.end
		if msg.low != 0 {
			h.low = msg.low
		}
		if more := min(len(h.rows)-historyHeld, h.top); more > 0 {
			h.rows, h.newest = append([]historyRow(nil), h.rows[more:]...), false
			h.selected, h.top, h.high = h.selected-more, h.top-more, h.rows[0].entry.Seq
		}
	}
	return h.move(0)
}

// prepend puts what is newer before the rows. Who stands at the top stays there, and sees it come.
func (h history) prepend(msg historyMsg) history {
	h.newest = msg.end
	if msg.high != 0 {
		h.high = msg.high
	}
	if h.low == 0 {
		h.low = msg.low
	}
	if len(msg.rows) == 0 {
		return h
	}
	if h.selected > 0 || !msg.end {
		h.selected, h.top = h.selected+len(msg.rows), h.top+len(msg.rows)
	}
	h.rows = append(msg.rows[:len(msg.rows):len(msg.rows)], h.rows...)
	if last := max(historyHeld, h.top+h.height()); last < len(h.rows) {
		h.rows, h.oldest = append([]historyRow(nil), h.rows[:last]...), false
		h.low = h.rows[last-1].entry.Seq
	}
	return h
}
