package ui

import (
	"fmt"
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
)

// remove asks how to remove bots, and does it. Nothing is chosen beforehand: enter alone removes nothing.
type remove struct {
	sh     *shell
	bots   []fleet.Bot
	hidden int // how many of them the filter does not show
	// from is the screen that asked, home when nil.
	from  screen
	stage removeStage
	way   removeWay
	asked guard
	// count is where the number is typed when many are to be removed.
	count  form
	notice string
	pager  pager
}

// A removeStage is how far a removal has come.
type removeStage int

const (
	removeChoose removeStage = iota
	removeConfirm
)

// A removeWay is what happens at Telegram.
type removeWay int

const (
	removeHere   removeWay = iota // nothing: sessions live on
	removeLogOut                  // the sessions that run here are logged out first
)

// typeAbove is the number of bots above which it has to be typed: more than one sees at a glance.
const typeAbove = 10

// newRemove asks how to remove bots, hidden of which the filter does not show, and does it.
func newRemove(sh *shell, bots []fleet.Bot, hidden int) screen {
	return remove{sh: sh, bots: bots, hidden: hidden}
}

func (r remove) Typing() bool { return r.counting() }

// counting: the number is being typed.
func (r remove) counting() bool { return r.stage == removeConfirm && len(r.bots) > typeAbove }

func (r remove) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return r, nil // a number that is pasted confirms nothing
	case tea.KeyPressMsg:
		r.notice = ""
		if next, moved := r.scroll(msg); moved {
			return next, nil
		}
		switch r.stage {
		case removeChoose:
			return r.choose(msg)
		case removeConfirm:
			return r.confirm(msg)
		}
	}
	return r, nil
}

func (r remove) scroll(msg tea.KeyPressMsg) (remove, bool) {
	if r.counting() {
		return r, false
	}
	next, moved := r.pager.update(r.sh.keys, msg, len(r.lines(r.sh.body)), r.sh.body.height)
	r.pager = next
	return r, moved
}

func (r remove) choose(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := r.sh.keys
	switch {
	case key.Matches(msg, keys.removeHere):
		return r.ask(removeHere), nil
	case key.Matches(msg, keys.logOut) && r.live() > 0:
		return r.ask(removeLogOut), nil
	case key.Matches(msg, keys.back, keys.quit):
		return r.leave(), nil
	}
	return r, nil
}

// leave goes back to where the removal was asked for.
func (r remove) leave() screen {
	if r.from != nil && r.stage == removeChoose {
		return r.from
	}
	return r.sh.home()
}

// ask goes on to the last question.
func (r remove) ask(way removeWay) remove {
	r.stage, r.way, r.asked, r.pager = removeConfirm, way, guard{r.sh.now()}, pager{}
	want := strconv.Itoa(len(r.bots))
	f := newField("count", "Type "+want, maskNone, nil)
	f.hint = "to confirm"
	r.count = form{fields: []field{f}}
	return r
}

func (r remove) confirm(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := r.sh.keys
	if key.Matches(msg, keys.back) {
		r.stage, r.pager = removeChoose, pager{}
		return r, nil
	}
	if r.counting() {
		var cmd tea.Cmd
		var event formEvent
		r.count, cmd, event = r.count.update(r.sh, msg)
		if event != formSubmitted || r.count.field("count").value() != strconv.Itoa(len(r.bots)) {
			return r, cmd
		}
	} else if !key.Matches(msg, keys.open) {
		return r, nil
	}
	if !r.asked.ready(r.sh.now()) {
		return r, nil
	}
	o := order{deed: removing, bots: r.bots, hidden: r.hidden, keep: r.keeps()}
	if r.way == removeLogOut {
		o = order{deed: loggingOutAway, bots: r.bots, hidden: r.hidden}
	}
	cmd, began := r.sh.run(o)
	if !began {
		r.notice = busyWords
		return r, nil
	}
	return r.sh.home(), cmd
}

// keeps reports whether what is removed is kept for a while. Encrypted files that are locked would ask for their
// passphrase to be read, and removing needs none.
func (r remove) keeps() bool {
	k := r.sh.keyring.status
	return r.way == removeHere && (k.Kind != kindAge || !k.Locked)
}

// undoable is how many of the bots can be brought back: where the secret is missing nothing is left to keep.
func (r remove) undoable() int {
	if !r.keeps() {
		return 0
	}
	n := 0
	for _, b := range r.bots {
		if b.Health.Status != store.SecretMissing {
			n++
		}
	}
	return n
}

// live is how many sessions logging out would end.
func (r remove) live() int { n, _ := sessionsOf(r.bots); return n }

func (r remove) Keys() []key.Binding {
	k := r.sh.keys
	var keys []key.Binding
	switch r.stage {
	case removeChoose:
		keys = []key.Binding{k.removeHere}
		if r.live() > 0 {
			keys = append(keys, as(k.logOut, "log out, then remove"))
		}
		keys = append(keys, k.back)
	case removeConfirm:
		keys = []key.Binding{as(k.open, "remove"), k.back}
	}
	if !r.counting() && len(r.lines(r.sh.body)) > r.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	if r.stage == removeChoose {
		keys = append(keys, as(k.quit, "back"))
	}
	return keys
}

func (r remove) View(size size) view {
	v := view{trail: "Remove " + whom(r.bots), status: r.status()}
	if r.counting() {
		v.body, v.cursor = r.count.lines(r.sh, size.width)
		v.body = append(v.body, prose(r.question(), size.width)...)
		return v
	}
	var more bool
	v.body, more = r.pager.window(r.lines(size), size.height)
	if more && v.status == "" {
		v.status = r.sh.theme.dim.Render("more below, j and k scroll")
	}
	return v
}

// question says once more what enter will do.
func (r remove) question() string {
	what := whom(r.bots)
	if r.way == removeLogOut {
		return "This logs " + what + " out at Telegram and removes what this keyring holds. It cannot be undone."
	}
	n := r.undoable()
	if n == 0 {
		return "This removes " + what + " from this keyring. It cannot be undone."
	}
	return "This removes " + what + " from this keyring. " + r.sh.keys.undo.Help().Key + " on the list brings " + ofThem(n, len(r.bots)) +
		" back for ten minutes, while botring is open."
}

// ofThem is n of so many that were spoken of: "it", "them", "2 of them".
func ofThem(n, all int) string {
	switch {
	case n < all:
		return fmt.Sprintf("%d of them", n)
	case n == 1:
		return "it"
	}
	return "them"
}

func (r remove) status() string {
	if r.stage != removeConfirm || r.notice != "" {
		return r.notice
	}
	if n, err := strconv.Atoi(r.count.field("count").value()); r.counting() && err == nil && n != len(r.bots) {
		return fmt.Sprintf("%d is not the number of bots.", n)
	}
	return ""
}
