package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// A historyRow is an entry as the screen shows it, its texts cleaned once.
type historyRow struct {
	entry                       fleet.Entry
	mark                        fault.Mark
	bot, action, result, detail string
	// The letters that the filter found, to be marked.
	inBot, inAction, inResult, inDetail []int
}

func historyRowOf(e fleet.Entry) historyRow {
	r := historyRow{entry: e, bot: fault.Clean(e.Name), action: fault.HistoryAction(e.Action), detail: fault.Clean(e.Detail)}
	if r.bot == "" && e.Key.ID != 0 {
		r.bot = fault.Clean(e.Key.String())
	}
	r.mark, r.result = fault.HistoryResult(e.Outcome)
	return r
}

// match looks for each word of a filter in the row's texts, all of which have to be found.
func (r *historyRow) match(words []string) bool {
	texts := [...]text{newText(r.bot), newText(r.action), newText(r.result), newText(r.detail)}
	places := [...]*[]int{&r.inBot, &r.inAction, &r.inResult, &r.inDetail}
	for _, typed := range words {
		w, found := newWord(typed), false
		for i, t := range texts {
			if _, ok := t.score(&w); ok {
				*places[i], found = t.mark(&w, *places[i]), true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// A historyAsk is a part of the history that is to be read.
type historyAsk struct {
	id    int
	part  fleet.Stretch
	words []string
	// fresh: what is read takes the place of what is there.
	fresh bool
}

// historyMsg is a part of the history: the rows that match, the last entry first.
type historyMsg struct {
	historyAsk

	rows []historyRow
	// low and high are the numbers of the first and the last entry that were looked at, 0 where there was none.
	low, high int64
	// end: there is nothing beyond.
	end bool
	err error
}

const (
	historyPage = 256     // rows that are read at a time
	historyHeld = 1024    // rows that are held
	historyScan = 1 << 10 // entries that a filter looks through at a time
)

// read reads a part of the history, going on as long as the filter has let too few through.
func (a historyAsk) read(ctx context.Context, giveUp context.CancelFunc, f *fleet.Fleet) tea.Cmd {
	return func() tea.Msg {
		defer giveUp()
		got := historyMsg{historyAsk: a}
		part := a.part
		if part.Limit = historyPage; len(a.words) > 0 {
			part.Limit = historyScan
		}
		for len(got.rows) < historyPage && !got.end {
			entries, err := f.HistoryStretch(ctx, part)
			if err != nil {
				got.err = err
				return got
			}
			got.end = len(entries) < part.Limit
			got.take(entries)
			part.Before, part.After = got.low, got.high
		}
		return got
	}
}

// take takes entries that follow those that were looked at, in the direction of the part.
func (m *historyMsg) take(entries []fleet.Entry) {
	if len(entries) == 0 {
		return
	}
	var rows []historyRow
	for _, e := range entries {
		if r := historyRowOf(e); len(m.words) == 0 || r.match(m.words) {
			rows = append(rows, r)
		}
	}
	first, last := entries[len(entries)-1].Seq, entries[0].Seq
	if m.part.Forward {
		m.rows, m.high = append(rows, m.rows...), last
		if m.low == 0 {
			m.low = first
		}
		return
	}
	m.rows, m.low = append(m.rows, rows...), first
	if m.high == 0 {
		m.high = last
	}
}

// entryTime is when something was done: how long ago, or the day of what is older than one.
func entryTime(at, now time.Time) string {
	switch ago := now.Sub(at); {
	case ago > -time.Minute && ago < 24*time.Hour:
		return fault.Ago(ago)
	case at.Year() == now.Year():
		return at.In(now.Location()).Format("Jan 2 15:04")
	}
	return at.In(now.Location()).Format(time.DateOnly)
}

// briefTime is entryTime where there is little room.
func briefTime(at, now time.Time) string {
	switch ago := now.Sub(at); {
	case ago > -time.Minute && ago < time.Minute:
		return "now"
	case ago > 0 && ago < 24*time.Hour:
		return strings.TrimSuffix(fault.Ago(ago), " ago")
	case at.Year() == now.Year():
		return at.In(now.Location()).Format("Jan 2")
	}
	return at.In(now.Location()).Format("2006-01")
}
