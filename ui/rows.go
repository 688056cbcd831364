package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sahilm/fuzzy"

	"botring/fleet"
	"botring/fleet/fault"
)

// A row is a bot as the list shows it: its texts cleaned once, when the catalogue is read, not at every
// frame.
type row struct {
	bot                 fleet.Bot
	name, username, app string
	tags                string
	// inName and inUsername are the byte offsets the filter matched, to be marked.
	inName, inUsername []int
}

// A sorting is what the list is ordered by.
type sorting int

const (
	byName sorting = iota
	byUsername
	byApp
	byState
	sortings
)

// String is what the list is ordered by, in words.
func (s sorting) String() string {
	switch s {
	case byName, sortings:
		return "name"
	case byUsername:
		return "username"
	case byApp:
		return "app"
	case byState:
		return "state"
	}
	return "name"
}

// rowsOf cleans all bots for showing.
func (sh *shell) rowsOf(bots []fleet.Bot) []row {
	apps := map[int]string{}
	for _, a := range sh.apps {
		apps[a.APIID] = fault.Clean(a.Name)
	}
	rows := make([]row, len(bots))
	for i, b := range bots {
		r := row{bot: b, name: displayName(b), app: apps[b.APIID]}
		if b.Profile.Username != "" {
			r.username = "@" + fault.Clean(b.Profile.Username)
		}
		if r.app == "" && b.APIID != 0 {
			r.app = strconv.Itoa(b.APIID)
		}
		tags := make([]string, len(b.Tags))
		for j, tag := range b.Tags {
			tags[j] = fault.Clean(tag)
		}
		r.tags = strings.Join(tags, " ")
		rows[i] = r
	}
	return rows
}

// displayName is what a bot is called on screens: safe to show, never empty.
func displayName(b fleet.Bot) string {
	if name := fault.Clean(b.Name()); name != "" {
		return name
	}
	return b.Key.String()
}

// shown is the rows that pass the filter, in the order that is wanted: best match first while a filter is
// on, and by the sorting among equals.
func (l listState) shown(rows []row, now time.Time) []row {
	out := make([]row, 0, len(rows))
	score := map[fleet.Key]int{}
	for _, r := range rows {
		r.inName, r.inUsername = nil, nil
		if l.filter != "" {
			best, ok := r.match(l.filter)
			if !ok {
				continue
			}
			score[r.bot.Key] = best
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b row) int {
		return cmp.Or(cmp.Compare(score[b.bot.Key], score[a.bot.Key]), l.sort.compare(a, b, now), compareKeys(a, b))
	})
	return out
}

// match looks for the letters of the filter in each text of the row and returns the best score.
func (r *row) match(filter string) (best int, ok bool) {
	texts := []string{r.name, r.username, fault.Clean(r.bot.Label), r.tags, strconv.FormatInt(r.bot.ID, 10), r.app}
	for _, m := range fuzzy.FindFromNoSort(filter, textSource(texts)) {
		if !ok || m.Score > best {
			best, ok = m.Score, true
		}
		switch m.Index {
		case 0:
			r.inName = m.MatchedIndexes
		case 1:
			r.inUsername = m.MatchedIndexes
		}
	}
	return best, ok
}

// textSource is a fuzzy.Source of a row's texts.
type textSource []string

func (t textSource) String(i int) string { return t[i] }
func (t textSource) Len() int            { return len(t) }

func (s sorting) compare(a, b row, now time.Time) int {
	switch s {
	case byUsername:
		return cmp.Or(fold(a.username, b.username), fold(a.name, b.name))
	case byApp:
		return cmp.Or(fold(a.app, b.app), fold(a.name, b.name))
	case byState:
		return cmp.Or(cmp.Compare(urgency(a.bot, now), urgency(b.bot, now)), fold(a.name, b.name))
	case byName, sortings:
	}
	return fold(a.name, b.name)
}

func fold(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

func compareKeys(a, b row) int {
	return cmp.Or(cmp.Compare(a.bot.Environment, b.bot.Environment), cmp.Compare(a.bot.ID, b.bot.ID))
}

// urgency orders states: what needs the user first.
func urgency(b fleet.Bot, now time.Time) int {
	switch markOf(b, now) {
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

// markOf is a bot's state at a glance.
func markOf(b fleet.Bot, now time.Time) fault.Mark {
	mark, _ := fault.State(b, now)
	return mark
}
