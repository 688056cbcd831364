package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// A finished errand is kept until the next one ends, so that what came of it can be looked at.
type finished struct {
	order
	// results are all bots: first those that ended, as they did, and then those whose turn did not come.
	results []outcome
	ending  map[ending]int
	what    string // what it was for several of

	total int
	took  time.Duration
	at    time.Time
	// trouble is the keyring's, where nothing but that was the matter with any bot: one line says it all.
	trouble error
	// unseen: something failed, and it has not been shown yet.
	unseen bool
}

// end sums up what came of an errand, in the list's status line and for whoever asks for more.
func (e errand) end(sh *shell) tea.Cmd {
	f, gone, removed := e.sumUp(sh.now())
	sh.finished = f
	if len(gone) > 0 {
		sh.forget(gone)
	}
	if e.deed == restoring {
		sh.restored(f)
	}
	until := sh.keep(removed)
	sh.list.notice = f.says(sh, len(removed), until)
	return sh.reload
}

// sumUp judges all outcomes. It returns who is gone, and what was taken with them: that is kept nowhere else,
// so that it is forgotten when its time is over.
func (e errand) sumUp(now time.Time) (f *finished, gone []fleet.Bot, removed []fleet.Removed) {
	f = &finished{
		order: e.order, results: slices.Concat(e.results, e.left(e.results)), ending: map[ending]int{}, what: e.noun(),
		total: e.total, took: now.Sub(e.since), at: now,
	}
	f.removed, f.candidates = nil, nil
	others := false
	for i, r := range slices.Clone(f.results) {
		f.results[i].removed = fleet.Removed{LoggedOut: r.removed.LoggedOut}
		v := r.ending(e.deed)
		f.ending[v]++
		if f.deed == importing && v.listed() {
			// They hold tokens and keys, and are kept for another try alone.
			f.results[i].candidate = len(f.candidates)
			f.candidates = append(f.candidates, e.candidates[r.candidate])
		}
		switch {
		case v.listed() && shut(r.err):
			f.trouble = r.err
		case v.listed():
			others = true
		case v == wentWell && e.deed.removes():
			gone = append(gone, r.bot)
			if r.removed.Whole() {
				removed = append(removed, r.removed)
			}
		}
	}
	if others || len(gone) > 0 {
		f.trouble = nil
	}
	f.unseen = f.listed() > 0 && f.trouble == nil
	return f, gone, removed
}

// forget takes rows out before the catalogue is read again, and their marks with them.
func (sh *shell) forget(gone []fleet.Bot) {
	is := make(map[fleet.Key]bool, len(gone))
	for _, b := range gone {
		is[b.Key] = true
		delete(sh.list.marked, b.Key)
	}
	left := slices.DeleteFunc(slices.Clone(sh.bots), func(b fleet.Bot) bool { return is[b.Key] })
	sh.took(catalogueMsg{bots: left, apps: sh.apps, waits: sh.waits})
}

// noun is what it was for several of.
func (f *finished) noun() string { return f.what }

// listed is how many bots a summary names.
func (f *finished) listed() int { return f.ending[failed] + f.ending[waits] }

// says is what came of it as one line. kept is how many of what was removed can be brought back, and until how long.
func (f *finished) says(sh *shell, kept int, until time.Time) string {
	if f.trouble != nil {
		return joined(" ", fault.OfAt(f.trouble, sh.now()).What, f.more(sh))
	}
	line := ""
	switch good := f.ending[wentWell]; {
	case f.ending[untried] > 0:
		n := good
		if f.deed == checking {
			n = f.total - f.ending[untried]
		}
		line = fmt.Sprintf("Stopped: %d of %d %s", n, f.total, f.deed.did())
	case f.deed == checking:
		line = fmt.Sprintf("Checked %s in %s", count(f.total, "bot"), fault.Duration(f.took))
	case good == 0:
		line = "No " + f.noun() + " was " + f.deed.did()
	default:
		line = raised(f.deed.did()) + " " + f.named()
	}
	dot := " " + sh.theme.glyphs.dot + " "
	for _, v := range []ending{leftAlone, waits, failed} {
		if n := f.ending[v]; n > 0 && (v != leftAlone || f.deed != checking) {
			line += dot + fmt.Sprint(n) + " " + v.String()
		}
	}
	switch more := f.more(sh); {
	case more != "":
		return line + dot + more
	case kept > 0:
		line += dot + sh.keys.undo.Help().Key
		at, good := " until "+clockTime(until, sh.now()), f.ending[wentWell]
		short := " undoes"
		if kept < good {
			short = fmt.Sprintf(" brings %d back", kept)
		}
		return sh.theme.roomy(sh.body.width-2, line+" brings "+ofThem(kept, good)+" back"+at, line+short+at)
	case f.deed == rotatingMany && f.ending[wentWell] > 0:
		return line + "; what else has the tokens needs the new ones"
	case f.deed == makingSafe && f.ending[wentWell] > 0:
		return line + "; l logs in with the new tokens"
	case f.deed == loggingOutAway && f.ending[wentWell] > 0:
		return line + "; with the sessions ended, nothing can be undone"
	case f.deed == loggingOut && f.ending[wentWell] > 0:
		if f.ending[wentWell] == 1 {
			return line + " at Telegram; the keyring keeps the token"
		}
		return line + " at Telegram; the keyring keeps the tokens"
	}
	return line
}

// named is whom it went well with: by name where that is one.
func (f *finished) named() string {
	if n := f.ending[wentWell]; n != 1 {
		return count(n, f.noun())
	}
	for _, r := range f.results {
		if r.ending(f.deed) == wentWell {
			return r.name()
		}
	}
	return "1 bot"
}

// more says where the rest is told, "" where this is all.
func (f *finished) more(sh *shell) string {
	if f.listed() == 0 {
		return ""
	}
	return sh.keys.results.Help().Key + " lists them"
}

// counts are all the endings with their numbers: "241 ok · 4 failed".
func (f *finished) counts(dot string) string {
	var parts []string
	for _, v := range []ending{wentWell, leftAlone, waits, failed, untried} {
		n := f.ending[v]
		switch {
		case n == 0:
		case v == wentWell && f.deed == checking:
			parts = append(parts, fmt.Sprintf("%d ok", n))
		case v == wentWell:
			parts = append(parts, fmt.Sprintf("%d %s", n, f.deed.did()))
		case v == leftAlone && f.deed == checking:
			parts = append(parts, fmt.Sprintf("%d without a session here", n))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, dot)
}

// again is the same order for those bots alone that a summary names.
func (f *finished) again() order {
	next := order{deed: f.deed, keep: f.keep, how: f.how}
	for _, r := range f.results {
		switch {
		case !r.ending(f.deed).listed():
		case f.deed == importing:
			next.candidates = append(next.candidates, f.candidates[r.candidate])
		default:
			next.bots = append(next.bots, r.bot)
		}
	}
	return next
}
