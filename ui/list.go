package ui

import (
	"cmp"
	"slices"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
)

// A listState is where one is in the list of bots. It belongs to the shell, so that going into a bot and
// back finds filter, order, marks and place as they were.
type listState struct {
	rows     []*row // what is shown, in order
	all      []row  // every bot, cleaned for showing, as the shell's bots are ordered
	first    int    // how many bots there are while all has but the first of them, else 0
	selected int    // index into rows
	top      int    // first visible row
	height   int    // lines of the body below the header

	// finding: the filter is being typed; it then has a line of its own, as when it is on.
	finding bool
	filter  string
	words   filter // what filter says
	order   ordering
	sorted  []*row // all in this order, nil where it must be made anew
	hits    []hit  // room for those that pass the filter
	// places is where each bot stands in all, nil where it must be made anew.
	places map[fleet.Key]int

	marked map[fleet.Key]bool
	span   span

	notice string // what the last action did
	aging  aging

	// columns are measured for a width of measured cells, when the bots or the terminal change.
	widths   widths
	columns  columns
	measured int
}

// A hit is a row that passes the filter.
type hit struct {
	row   *row
	score int
	place int // among all that are sorted
}

// An aging is how many seconds a notice has been there.
type aging struct {
	notice  string
	seconds int
}

// noticeShows is for how many seconds a notice hides how an errand gets on.
const noticeShows = 4

// age takes a notice away that has been there long enough. It is called once a second.
func (l *listState) age() {
	if l.aging.notice != l.notice {
		l.aging = aging{notice: l.notice}
		return
	}
	if l.aging.seconds++; l.aging.seconds >= noticeShows {
		l.notice, l.aging = "", aging{}
	}
}

// measure lays the columns out for a terminal of width cells.
func (l *listState) measure(width int) { l.columns, l.measured = l.widths.measure(width), width }

// refresh makes the rows anew after the bots, the filter or the order changed. The selection stays on its bot
// where that is still shown, and the bot on its line.
func (sh *shell) refresh() {
	l := &sh.list
	at, had := l.current()
	line := l.selected - l.top
	l.show(sh.now())
	if had {
		if i := l.indexOf(at.bot.Key); i >= 0 {
			l.selected = i
			l.top = max(0, i-line)
		}
	}
	l.keepSpan()
	l.move(0)
}

// show makes rows of those that pass the filter, in the order that is wanted: the best match first while words
// are looked for, and by the order among equals.
func (l *listState) show(now time.Time) {
	if l.sorted == nil {
		l.sorted = l.order.sorted(l.all, now)
	}
	if len(l.words) == 0 {
		l.rows = l.sorted
		return
	}
	l.hits = l.hits[:0]
	for i, r := range l.sorted {
		if score, ok := l.words.match(r, now); ok {
			l.hits = append(l.hits, hit{r, score, i})
		}
	}
	slices.SortFunc(l.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.place, b.place))
	})
	l.rows = make([]*row, len(l.hits))
	for i, h := range l.hits {
		l.rows[i] = h.row
	}
}

// indexOf is where a bot is shown, -1 for nowhere.
func (l *listState) indexOf(key fleet.Key) int {
	return slices.IndexFunc(l.rows, func(r *row) bool { return r.bot.Key == key })
}

// find selects a bot wherever it is.
func (l *listState) find(key fleet.Key) {
	if i := l.indexOf(key); i >= 0 {
		l.selected = i
		l.move(0)
	}
}

// take takes all bots as rows, and what columns these need. Marks of bots that are gone go with them. What is shown is made anew by refresh,
// which finds the selected bot again by the rows that were.
func (l *listState) take(rows []row, need widths) {
	l.all, l.widths = rows, need
	l.sorted, l.places = nil, nil
	if len(l.marked) == 0 {
		return
	}
	there := make(map[fleet.Key]bool, len(l.marked))
	for i := range rows {
		if key := rows[i].bot.Key; l.marked[key] {
			there[key] = true
		}
	}
	l.marked = there
}

// place is where a bot stands in all, -1 for nowhere.
func (l *listState) place(key fleet.Key) int {
	if l.places == nil {
		l.places = make(map[fleet.Key]int, len(l.all))
		for i := range l.all {
			l.places[l.all[i].bot.Key] = i
		}
	}
	if i, ok := l.places[key]; ok {
		return i
	}
	return -1
}

// replace puts a bot that changed into its place, without sorting: rows must not jump about while many
// are being checked.
func (sh *shell) replace(b fleet.Bot) {
	if i := sh.list.place(b.Key); i >= 0 {
		fresh := rowsOf([]fleet.Bot{b}, sh.apps)[0]
		fresh.place = sh.list.all[i].place
		sh.list.all[i] = fresh
		sh.bots[i] = b
	}
}

// current is the selected row, if there is one.
func (l *listState) current() (row, bool) {
	if l.selected < 0 || l.selected >= len(l.rows) {
		return row{}, false
	}
	return *l.rows[l.selected], true
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

// nextProblem moves to the next bot that needs the user, around the end. It reports whether there is one.
func (l *listState) nextProblem(now time.Time) bool {
	for i := 1; i <= len(l.rows); i++ {
		at := (l.selected + i) % len(l.rows)
		if fault.MarkAt(&l.rows[at].bot, now) == fault.NeedsYou {
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
	if l.marked[r.bot.Key] {
		delete(l.marked, r.bot.Key)
	} else {
		l.mark(l.selected, l.selected)
	}
	l.move(1)
}

// toggleAll marks all that is shown, or takes these marks away when all of it is marked.
func (l *listState) toggleAll() {
	if slices.ContainsFunc(l.rows, func(r *row) bool { return !l.marked[r.bot.Key] }) {
		l.mark(0, len(l.rows)-1)
		return
	}
	for _, r := range l.rows {
		delete(l.marked, r.bot.Key)
	}
}

// mark marks the rows from one to another.
func (l *listState) mark(from, to int) {
	if l.marked == nil {
		l.marked = make(map[fleet.Key]bool, to-from+1)
	}
	for _, r := range l.rows[from : to+1] {
		l.marked[r.bot.Key] = true
	}
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
	bots = make([]fleet.Bot, 0, len(l.marked))
	for i := range l.all {
		if l.marked[l.all[i].bot.Key] {
			bots = append(bots, l.all[i].bot)
		}
	}
	return bots, l.hidden()
}

// hidden is how many of the marked bots the filter hides.
func (l *listState) hidden() int {
	if len(l.words) == 0 || len(l.marked) == 0 {
		return 0
	}
	hidden := len(l.marked)
	for _, r := range l.rows {
		if l.marked[r.bot.Key] {
			hidden--
		}
	}
	return hidden
}
