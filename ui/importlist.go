package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
	"botring/fleet/store"
)

// importList shows what was found in a file or folder, lets one choose, and asks once before anything is done.
type importList struct {
	sh    *shell
	from  importPath
	found foundToImport

	// chosen is which candidates are to be imported, by their places. It is replaced, not changed.
	chosen []bool
	at     int
	// tags are given to every bot that is logged in or saved anew.
	tags []string
	// app is the api_id of the saved app that tokens log in with which name none, 0 for none.
	app int

	// asking: what is about to be done is on show, and enter does it. noLogin: without logging in.
	asking, noLogin bool
	asked           guard
	pager           pager
	// says is what the last key did, or could not do.
	says string
	// looking: another of a bot's tokens is to count, and all are looked at anew for that.
	looking    task
	cancelling bool
}

// newImportList shows what was read. What is new is chosen already.
func newImportList(sh *shell, from importPath, found foundToImport) screen {
	l := importList{sh: sh, from: from, found: found, chosen: make([]bool, len(found.candidates))}
	app, _ := l.logsInWith()
	l.app = app.APIID
	for i, c := range found.candidates {
		l.chosen[i] = wanted(c)
	}
	return l
}

// wanted reports whether a candidate is chosen before anybody chooses.
func wanted(c fleet.Candidate) bool {
	return c.Verdict == fleet.New || c.Verdict == fleet.Same && choosable(c) && !loggedIn(c.Bot)
}

// A previewAgain is what was found, looked at anew after somebody has said more about it.
type previewAgain struct {
	entries    []files.Entry
	candidates []fleet.Candidate
}

func previewed(ctx context.Context, f *fleet.Fleet, entries []files.Entry) (previewAgain, error) {
	candidates, err := f.Preview(ctx, entries)
	return previewAgain{entries, candidates}, err
}

// anew is the list with what was looked at anew. What is as it was stays chosen or not.
func (l importList) anew(again previewAgain) importList {
	before := l.found.candidates
	l.found.doc.Entries, l.found.candidates = again.entries, again.candidates
	l.chosen = slices.Clone(l.chosen)
	for i, c := range again.candidates {
		if c.Verdict != before[i].Verdict || c.Key != before[i].Key {
			l.chosen[i] = wanted(c)
		}
	}
	return l
}

// choosable reports whether importing a candidate would do anything.
func choosable(c fleet.Candidate) bool {
	switch c.Verdict {
	case fleet.New, fleet.Changed:
		return true
	case fleet.Same:
		return !c.IsSession()
	case fleet.Invalid, fleet.Repeated, fleet.Contradicted, fleet.Ownerless:
	}
	return false
}

// loggedIn reports whether a bot has a session here.
func loggedIn(bot fleet.Bot) bool {
	return slices.ContainsFunc(bot.Sessions, func(s fleet.Session) bool { return s.Runs == store.Here })
}

func (l importList) Typing() bool { return false }

// notice takes the word of a form that was opened from here.
func (l importList) notice(text string) screen { l.says = text; return l }

func (l importList) Update(msg tea.Msg) (screen, tea.Cmd) {
	if done, ok := msg.(taskDoneMsg); ok && l.looking.id != 0 && done.task == l.looking.id {
		return l.looked(done), nil
	}
	if _, ok := msg.(catalogueMsg); ok && l.asking && l.lacksApp() {
		return l.unasked(), nil
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return l, nil
	}
	if l.looking.id != 0 {
		if key.Matches(press, l.sh.keys.back) {
			l.looking.cancel()
			l.cancelling = true
		}
		return l, nil
	}
	l.says = ""
	if l.asking {
		return l.answer(press)
	}
	if next, moved := l.move(press); moved {
		return next, nil
	}
	keys := l.sh.keys
	switch {
	case key.Matches(press, keys.back, keys.quit):
		return l.from, nil
	case key.Matches(press, keys.mark) && l.current().Verdict == fleet.Contradicted:
		return l.prefer()
	case key.Matches(press, keys.mark):
		return l.toggle(), nil
	case key.Matches(press, keys.markAll):
		return l.toggleAll(), nil
	case key.Matches(press, keys.problem):
		return l.nextProblem(), nil
	case key.Matches(press, keys.left):
		return l.nextApp(-1), nil
	case key.Matches(press, keys.right):
		return l.nextApp(1), nil
	case key.Matches(press, keys.tags) && l.takesTags():
		return newTagsToGive(l.sh, "what is imported", l.tags, l, func(tags []string) screen { l.tags = tags; return l }), nil
	case key.Matches(press, keys.edit) && l.current().OwnerOpen():
		return newImportOwner(l), nil
	case key.Matches(press, keys.add):
		form := newAppForm(l.sh).(appForm)
		form.from = l
		return form, nil
	case key.Matches(press, keys.open):
		return l.ask(false), nil
	case key.Matches(press, keys.saveOnly):
		return l.ask(true), nil
	}
	return l, nil
}

// current is the selected candidate.
func (l importList) current() fleet.Candidate { return l.found.candidates[l.at] }

// takesTags reports whether there is a bot that tags could be given to.
func (l importList) takesTags() bool {
	return slices.ContainsFunc(l.found.candidates, func(c fleet.Candidate) bool { return choosable(c) && !c.IsSession() })
}

func (l importList) move(msg tea.KeyPressMsg) (importList, bool) {
	all := len(l.found.candidates)
	by, moved := l.sh.keys.steps(msg, l.sh.body.height/2, all)
	if moved {
		l.at = clamp(l.at+by, 0, all-1)
	}
	return l, moved
}

// toggle chooses the selected one or not, and goes on to the next.
func (l importList) toggle() importList {
	if !choosable(l.found.candidates[l.at]) {
		l.says = "There is nothing to import there: " + lowered(candidateWords(l.found.candidates[l.at])) + "."
		return l
	}
	l.chosen = slices.Clone(l.chosen)
	l.chosen[l.at] = !l.chosen[l.at]
	l.at = min(l.at+1, len(l.chosen)-1)
	return l
}

// prefer has the selected token count instead of the one of its bot that does, which changes what both come to.
func (l importList) prefer() (screen, tea.Cmd) {
	f, entries, of := l.sh.fleet, slices.Clone(l.found.doc.Entries), l.current().Key
	for i, c := range l.found.candidates {
		if c.Key == of && !c.IsSession() {
			entries[i].Preferred = i == l.at
		}
	}
	var cmd tea.Cmd
	l.looking, cmd = l.sh.start("reading", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return previewed(ctx, f, entries)
	})
	return l, cmd
}

// looked takes what came of it. A token that somebody has preferred is chosen, whatever it comes to.
func (l importList) looked(msg taskDoneMsg) importList {
	cancelled := l.cancelling || errors.Is(msg.err, context.Canceled)
	l.looking, l.cancelling = task{}, false
	again, ok := msg.value.(previewAgain)
	switch {
	case cancelled:
		l.says = "Stopped. Nothing was changed."
	case msg.err != nil || !ok:
		l.says = l.sh.says(msg.err)
	default:
		l = l.anew(again)
		l.chosen[l.at] = choosable(l.current())
		l.says = "This token counts now, in place of the other."
	}
	return l
}

// toggleAll chooses all, or none where all are. A token that would take the place of another is chosen one by one:
// nobody replaces a hundred by mistake.
func (l importList) toggleAll() importList {
	all := true
	for i, c := range l.found.candidates {
		all = all && (l.chosen[i] || !choosable(c) || c.Verdict == fleet.Changed)
	}
	chosen := make([]bool, len(l.chosen))
	for i, c := range l.found.candidates {
		chosen[i] = !all && choosable(c) && (c.Verdict != fleet.Changed || l.chosen[i])
	}
	l.chosen = chosen
	return l
}

// nextProblem selects the next one that needs somebody to look.
func (l importList) nextProblem() importList {
	all := l.found.candidates
	for i := 1; i <= len(all); i++ {
		at := (l.at + i) % len(all)
		if candidateMark(all[at]) == needsLooking {
			l.at = at
			return l
		}
	}
	l.says = "There is nothing wrong with any of them."
	return l
}

// nextApp takes the next app of those that are saved, or the one before. Where there is no room to show it, it is said.
func (l importList) nextApp(step int) importList {
	all := l.sh.apps
	if len(all) == 0 {
		return l
	}
	now, _ := l.logsInWith()
	at := slices.IndexFunc(all, func(a fleet.App) bool { return a.APIID == now.APIID })
	app := all[(at+step+len(all))%len(all)]
	if l.app = app.APIID; l.sh.body.height < lowRows && l.needsApp() {
		l.says = fmt.Sprintf("App: %s %s api_id %d", fault.Clean(app.Name), l.sh.theme.glyphs.dot, app.APIID)
	}
	return l
}

// logsInWith is the app of tokens that name none: the one that was taken, else the one that most bots have.
func (l importList) logsInWith() (app fleet.App, ok bool) {
	for _, each := range l.sh.apps {
		switch {
		case each.APIID == l.app:
			return each, true
		case !ok || each.Bots > app.Bots:
			app, ok = each, true
		}
	}
	return app, ok
}

// lacksApp reports whether the app is gone that is asked about.
func (l importList) lacksApp() bool {
	app, _ := l.logsInWith()
	return l.usesApp() && app.APIID != l.app
}

// usesApp reports whether one of those that are to be logged in names no app.
func (l importList) usesApp() bool {
	o := l.order()
	return !l.noLogin && o.how.NeedsApp(o.candidates)
}

// unasked takes the question back.
func (l importList) unasked() importList {
	l.asking, l.says = false, "The app to log in with is gone meanwhile. Nothing was written."
	return l
}

// order is what was chosen. Those that would replace a token were chosen one by one.
func (l importList) order() order {
	o := order{deed: importing, how: fleet.Importing{APIID: l.app, Tags: l.tags, NoLogin: l.noLogin, Replace: true}}
	for i, c := range l.found.candidates {
		if l.chosen[i] {
			o.candidates = append(o.candidates, c)
		}
	}
	return o
}

// ask shows what is about to be done, if it can be.
func (l importList) ask(noLogin bool) importList {
	app, _ := l.logsInWith()
	l.noLogin, l.app = noLogin, app.APIID
	o := l.order()
	switch {
	case len(o.candidates) == 0:
		l.says = "Nothing is chosen."
	case !noLogin && o.how.NeedsApp(o.candidates) && o.how.APIID == 0:
		l.says = "No app to log in with: a adds one, ctrl+s saves only."
	default:
		l.asking, l.asked, l.pager = true, guard{l.sh.now()}, pager{}
	}
	return l
}

// answer takes the keys of the question.
func (l importList) answer(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := l.sh.keys
	if next, moved := l.pager.update(keys, msg, len(l.question(l.sh.body)), l.sh.body.height); moved {
		l.pager = next
		return l, nil
	}
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		l.asking = false
	case key.Matches(msg, keys.open) && l.lacksApp():
		return l.unasked(), nil
	case key.Matches(msg, keys.open) && l.asked.ready(l.sh.now()):
		cmd, began := l.sh.run(l.order())
		if !began {
			l.says = busyWords
			return l, nil
		}
		return l.sh.home(), cmd
	}
	return l, nil
}

func (l importList) Keys() []key.Binding {
	k := l.sh.keys
	switch {
	case l.cancelling:
		return nil
	case l.looking.id != 0:
		return []key.Binding{as(k.back, "stop")}
	}
	if l.asking {
		does := "log in and save"
		if l.noLogin || !l.logsIn() {
			does = "save"
		}
		keys := []key.Binding{as(k.open, does), k.back, as(k.quit, "back")}
		if len(l.question(l.sh.body)) > l.sh.body.height {
			keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
		}
		return keys
	}
	chooses := "choose"
	if l.current().Verdict == fleet.Contradicted {
		chooses = "take this one"
	}
	keys := []key.Binding{as(k.open, "import")}
	if l.current().OwnerOpen() {
		keys = append(keys, as(k.edit, "whose it is"))
	}
	keys = append(keys, as(k.saveOnly, l.sh.words("save without logging in", "save only")), as(k.mark, chooses))
	if l.takesTags() {
		keys = append(keys, k.tags)
	}
	keys = append(keys, as(k.markAll, "all"))
	if l.needsApp() {
		if len(l.sh.apps) > 1 {
			keys = append(keys, as(k.right, "next app"), as(k.left, "previous app"))
		}
		keys = append(keys, as(k.add, "add an app"))
	}
	keys = append(keys, k.back)
	if len(l.found.candidates) > 1 {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.problem, "next that is not new"), as(k.quit, "back"))
}

// needsApp reports whether one of those that were found names no app.
func (l importList) needsApp() bool {
	return fleet.Importing{Replace: true}.NeedsApp(l.found.candidates)
}

// logsIn reports whether a token is among those that are chosen.
func (l importList) logsIn() bool {
	for i, c := range l.found.candidates {
		if l.chosen[i] && !c.IsSession() {
			return true
		}
	}
	return false
}
