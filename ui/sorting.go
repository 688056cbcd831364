package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
)

// A sorting is what the list is ordered by.
type sorting int

const (
	byName sorting = iota
	byUsername
	byEnvironment
	byApp
	byState
	byChecked
	byTags
	sortings
)

// String is what the list is ordered by, in words.
func (s sorting) String() string {
	switch s {
	case byName, sortings:
		return "name"
	case byUsername:
		return "username"
	case byEnvironment:
		return "environment"
	case byApp:
		return "app"
	case byState:
		return "state, the worst first"
	case byChecked:
		return "the last check, the oldest first"
	case byTags:
		return "tags"
	}
	return "name"
}

// An ordering is a sorting, or the reverse of one. Bots that are alike in it stand by name either way.
type ordering struct {
	by      sorting
	reverse bool
}

// says tells what the list is ordered by.
func (o ordering) says() string {
	if o.reverse {
		return "Sorted by " + o.by.String() + ", the other way round."
	}
	return "Sorted by " + o.by.String() + "."
}

// next is the order by the next column in which rows differ.
func (o ordering) next(rows []row, now time.Time) ordering {
	for i := 1; i < int(sortings); i++ {
		if by := (o.by + sorting(i)) % sortings; by == byName || by.tells(rows, now) {
			return ordering{by: by}
		}
	}
	return ordering{}
}

// tells reports whether rows differ in what they would be sorted by.
func (s sorting) tells(rows []row, now time.Time) bool {
	for i := range rows {
		if s.key(&rows[0], now).compare(s.key(&rows[i], now)) != 0 {
			return true
		}
	}
	return false
}

// reorder shows the list in another order.
func (sh *shell) reorder(to ordering) {
	sh.list.order, sh.list.sorted = to, nil
	// The column may be hidden, and the sign beside its name with it.
	sh.list.notice = to.says()
	sh.refresh()
}

// A keyed is a row with what it is sorted by, side by side in memory: rows are long, and comparing them where they
// are would take most of the time.
type keyed struct {
	rank  int64
	text  string
	place int // by name
	row   *row
}

func (a keyed) compare(b keyed) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.text, b.text))
}

// sorted are pointers to all rows in an order. It leaves rows where they are.
func (o ordering) sorted(rows []row, now time.Time) []*row {
	sorted := make([]*row, len(rows))
	if o == (ordering{}) {
		for i := range rows {
			sorted[i] = &rows[i]
		}
		return sorted
	}
	all := make([]keyed, len(rows))
	for i := range rows {
		all[i] = o.by.key(&rows[i], now)
	}
	slices.SortFunc(all, func(a, b keyed) int {
		first := a.compare(b)
		if o.reverse {
			first = -first
		}
		return cmp.Or(first, cmp.Compare(a.place, b.place))
	})
	for i := range all {
		sorted[i] = all[i].row
	}
	return sorted
}

// key is what a row is sorted by.
func (s sorting) key(r *row, now time.Time) keyed {
	k := keyed{place: r.place, row: r}
	switch s {
	case byUsername:
		k.text = r.texts[inUsername].folded
	case byEnvironment:
		k.text = r.environment
	case byApp:
		k.text = r.texts[inApp].folded
	case byState:
		k.rank = urgency(&r.bot, now)
	case byChecked:
		if at := r.bot.Health.CheckedAt; !at.IsZero() {
			k.rank = at.UnixMilli()
		}
	case byTags:
		// Bots without tags come last: whoever sorts by tags looks for those that have some.
		if k.text = r.texts[inTags].folded; k.text == "" {
			k.rank = 1
		}
	case byName, sortings:
		k.rank = int64(r.place)
	}
	return k
}

// urgency orders states: what needs the user first.
func urgency(b *fleet.Bot, now time.Time) int64 {
	switch fault.MarkAt(b, now) {
	case fault.NeedsYou:
		return 0
	case fault.Waiting:
		return 1
	case fault.Unknown:
		return 2
	case fault.OK:
	}
	return 3
}
