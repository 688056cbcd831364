package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
)

// A listState is where one is in the list of bots. It belongs to the shell, so that going into a bot and
// back finds filter, order, marks and place as they were.
type listState struct {
	rows     []row // what is shown, in order
	all      []row // every bot, cleaned for showing
	selected int   // index into rows
	top      int   // first visible row
	height   int   // lines of the body below the header

	// finding: the filter is being typed; it then has a line of its own, as when it is on.
	finding bool
	filter  string
	sort    sorting
	marked  map[fleet.Key]bool

	notice string // what the last action did

	// columns are measured for a width of measured cells, when the bots or the terminal change.
	columns  columns
	measured int
}

// measure lays the columns out for a terminal of width cells.
func (l *listState) measure(width int) { l.columns, l.measured = measure(l.all, width), width }

// refresh makes the rows anew after the bots, the filter or the order changed. The selection stays on its
// bot where that is still shown.
func (sh *shell) refresh() {
	l := &sh.list
	at, had := l.current()
	l.rows = l.shown(l.all, sh.now())
	if had {
		if i := slices.IndexFunc(l.rows, func(r row) bool { return r.bot.Key == at.bot.Key }); i >= 0 {
			l.selected = i
		}
	}
	l.move(0)
}

// replace puts a bot that changed into its place, without sorting: rows must not jump about while many
// are being checked.
func (sh *shell) replace(b fleet.Bot) {
	put := func(rows []row) {
		for i := range rows {
			if rows[i].bot.Key == b.Key {
				fresh := sh.rowsOf([]fleet.Bot{b})[0]
				fresh.inName, fresh.inUsername = rows[i].inName, rows[i].inUsername
				rows[i] = fresh
				return
			}
		}
	}
	put(sh.list.all)
	put(sh.list.rows)
	for i := range sh.bots {
		if sh.bots[i].Key == b.Key {
			sh.bots[i] = b
			return
		}
	}
}

// current is the selected row, if there is one.
func (l *listState) current() (row, bool) {
	if l.selected < 0 || l.selected >= len(l.rows) {
		return row{}, false
	}
	return l.rows[l.selected], true
}

// visible is how many rows fit.
func (l *listState) visible() int {
	if l.finding || l.filter != "" {
		return max(1, l.height-1)
	}
	return max(1, l.height)
}

// move moves the selection by n rows and keeps it on the screen.
func (l *listState) move(n int) {
	l.selected = max(0, min(l.selected+n, len(l.rows)-1))
	height := l.visible()
	switch {
	case l.selected < l.top:
		l.top = l.selected
	case l.selected >= l.top+height:
		l.top = l.selected - height + 1
	}
	l.top = max(0, min(l.top, len(l.rows)-height))
}

// find selects a bot wherever it is.
func (l *listState) find(key fleet.Key) {
	for i, r := range l.rows {
		if r.bot.Key == key {
			l.selected = i
			l.move(0)
			return
		}
	}
}

// nextProblem moves to the next bot that needs the user, around the end. It reports whether there is one.
func (l *listState) nextProblem(now time.Time) bool {
	for i := 1; i <= len(l.rows); i++ {
		at := (l.selected + i) % len(l.rows)
		if markOf(l.rows[at].bot, now) == fault.NeedsYou {
			l.selected = at
			l.move(0)
			return true
		}
	}
	return false
}

// toggle marks the selected bot or takes its mark away, and goes on to the next.
func (l *listState) toggle() {
	r, ok := l.current()
	if !ok {
		return
	}
	marked := map[fleet.Key]bool{}
	for k := range l.marked {
		marked[k] = true
	}
	if marked[r.bot.Key] {
		delete(marked, r.bot.Key)
	} else {
		marked[r.bot.Key] = true
	}
	l.marked = marked
	l.move(1)
}

// toggleAll marks all that is shown, or takes these marks away when all of it is marked.
func (l *listState) toggleAll() {
	marked, all := map[fleet.Key]bool{}, true
	for k := range l.marked {
		marked[k] = true
	}
	for _, r := range l.rows {
		all = all && marked[r.bot.Key]
	}
	for _, r := range l.rows {
		if all {
			delete(marked, r.bot.Key)
		} else {
			marked[r.bot.Key] = true
		}
	}
	l.marked = marked
}

// targets are the bots an action is for: the marked ones, and how many of them the filter hides, or else
// the selected one.
func (l *listState) targets() (bots []fleet.Bot, hidden int) {
	if len(l.marked) == 0 {
		if r, ok := l.current(); ok {
			return []fleet.Bot{r.bot}, 0
		}
		return nil, 0
	}
	for _, r := range l.all {
		if l.marked[r.bot.Key] {
			bots = append(bots, r.bot)
		}
	}
	shown := 0
	for _, r := range l.rows {
		if l.marked[r.bot.Key] {
			shown++
		}
	}
	return bots, len(bots) - shown
}

// counts is the footer: how many bots, and how many in each state.
func (sh *shell) counts() string {
	l := &sh.list
	n := map[fault.Mark]int{}
	for _, r := range l.all {
		n[markOf(r.bot, sh.now())]++
	}
	parts := []string{count(len(l.all), "bot")}
	for _, each := range []struct {
		mark fault.Mark
		one  string
		many string
	}{
		{fault.OK, "ok", "ok"}, {fault.Waiting, "waiting", "waiting"},
		{fault.NeedsYou, "needs you", "need you"}, {fault.Unknown, "not logged in or not known", "not logged in or not known"},
	} {
		switch {
		case n[each.mark] == 1:
			parts = append(parts, "1 "+each.one)
		case n[each.mark] > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n[each.mark], each.many))
		}
	}
	line := strings.Join(parts, " "+sh.theme.glyphs.dot+" ")
	if l.filter != "" {
		line = fmt.Sprintf("%d of %s", len(l.rows), line)
	}
	if len(l.marked) > 0 {
		bots, hidden := l.targets()
		marks := fmt.Sprintf("%d marked", len(bots))
		if hidden > 0 {
			marks += fmt.Sprintf(", %d hidden", hidden)
		}
		line = marks + " " + sh.theme.glyphs.dot + " " + line
	}
	return line
}
