package ui

import (
	"fmt"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
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
	count form
	run   removal
	pager pager
}

// A removeStage is how far a removal has come.
type removeStage int

const (
	removeChoose removeStage = iota
	removeConfirm
	removeRun
	removeFailed // some could not be removed, and stay
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
	case removedMsg, taskDoneMsg:
		if r.stage == removeRun {
			return r.progress(msg)
		}
	case tea.KeyPressMsg:
		if next, moved := r.scroll(msg); moved {
			return next, nil
		}
		switch r.stage {
		case removeChoose, removeFailed:
			return r.choose(msg)
		case removeConfirm:
			return r.confirm(msg)
		case removeRun:
			if key.Matches(msg, r.sh.keys.back) {
				r.run = r.run.stop()
			}
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
	case key.Matches(msg, keys.logOutRemove) && r.live() > 0:
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
	r.stage = removeRun
	var cmd tea.Cmd
	r.run, cmd = r.sh.removal(r.bots, r.way)
	return r, cmd
}

// progress takes what was removed, and the end.
func (r remove) progress(msg tea.Msg) (screen, tea.Cmd) {
	next, cmd, ended := r.run.update(msg)
	r.run = next
	if !ended {
		return r, cmd
	}
	r.sh.forget(r.run.removed)
	if len(r.run.failed) == 0 {
		r.sh.list.notice = r.run.says()
		return r.sh.home(), r.sh.reload
	}
	r.stage, r.pager = removeFailed, pager{}
	r.bots, r.hidden = nil, 0
	for _, f := range r.run.failed {
		r.bots = append(r.bots, f.bot)
	}
	return r, r.sh.reload
}

// live is how many sessions logging out would end.
func (r remove) live() int { n, _ := r.sessions(); return n }

// sessions counts those that run here and those that run elsewhere.
func (r remove) sessions() (here, elsewhere int) {
	for _, b := range r.bots {
		for _, s := range b.Sessions {
			if s.Runs == store.Here {
				here++
			} else {
				elsewhere++
			}
		}
	}
	return here, elsewhere
}

func (r remove) Keys() []key.Binding {
	k := r.sh.keys
	var keys []key.Binding
	switch r.stage {
	case removeChoose, removeFailed:
		keys = []key.Binding{k.removeHere}
		if r.live() > 0 {
			keys = append(keys, k.logOutRemove)
		}
		keys = append(keys, k.back)
	case removeConfirm:
		keys = []key.Binding{as(k.open, "remove"), k.back}
	case removeRun:
		if r.run.stopping {
			return nil
		}
		keys = []key.Binding{as(k.back, "stop")}
	}
	if !r.counting() && len(r.lines(r.sh.body)) > r.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	if r.stage == removeChoose || r.stage == removeFailed {
		keys = append(keys, as(k.quit, "back"))
	}
	return keys
}

func (r remove) View(size size) view {
	v := view{trail: "Remove " + r.what(), status: r.status()}
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

// what names the bot, or says how many there are.
func (r remove) what() string {
	if len(r.bots) == 1 {
		return displayName(r.bots[0])
	}
	return count(len(r.bots), "bot")
}

// question says once more what enter will do.
func (r remove) question() string {
	if r.way == removeLogOut {
		return "This logs " + r.what() + " out at Telegram and removes what this keyring holds. It cannot be undone."
	}
	return "This removes " + r.what() + " from this keyring. It cannot be undone."
}

func (r remove) status() string {
	switch r.stage {
	case removeConfirm:
		if n, err := strconv.Atoi(r.count.field("count").value()); r.counting() && err == nil && n != len(r.bots) {
			return fmt.Sprintf("%d is not the number of bots.", n)
		}
	case removeRun:
		return r.run.status(r.sh)
	case removeFailed:
		return r.run.says()
	case removeChoose:
	}
	return ""
}

// lowRemove is the height of body below which only what is needed to decide is said.
const lowRemove = 12

// lines is the body: which bots, and then what there is to decide. The bots give way to that, so that
// nothing has to be confirmed unseen.
func (r remove) lines(size size) []string {
	var gap, rest []string
	if size.height >= lowRemove {
		gap = []string{""}
	}
	switch r.stage {
	case removeChoose:
		rest = append(prose(r.lost(size.height < lowRemove), size.width), gap...)
		rest = append(rest, r.ways(size.width)...)
	case removeFailed:
		rest = r.ways(size.width)
		return append(append(r.failures(size.width), gap...), rest...)
	case removeConfirm:
		rest = prose(r.question(), size.width)
	case removeRun:
	}
	names := r.names(size.width, size.height-len(rest)-len(gap))
	return append(append(names, gap...), rest...)
}

// names are the bots in at most height lines, or as few as say how many there are.
func (r remove) names(width, height int) []string {
	t := r.sh.theme
	var lines, hint []string
	if r.hidden > 0 {
		hint = []string{t.waiting.Render(fmt.Sprintf("The filter hides %d of them.", r.hidden))}
	}
	shown := min(len(r.bots), max(1, height-len(hint)))
	if shown < len(r.bots) {
		// A line for how many more there are.
		shown = max(1, shown-1)
	}
	for _, b := range r.bots[:shown] {
		mark, _ := fault.State(b, r.sh.now())
		line := t.mark(mark) + " " + displayName(b)
		if b.Profile.Username != "" {
			line += "   " + t.dim.Render("@"+fault.Clean(b.Profile.Username))
		}
		lines = append(lines, line)
	}
	if more := len(r.bots) - shown; more > 0 {
		lines = append(lines, t.dim.Render(fmt.Sprintf("and %d more", more)))
	}
	return indent(append(lines, hint...), margin(width))
}

// lost says what is gone afterwards and what is not.
func (r remove) lost(short bool) string {
	switch one := len(r.bots) == 1; {
	case short && one:
		return "Token and sessions leave the keyring; the bot stays at Telegram."
	case short:
		return "Tokens and sessions leave the keyring; the bots stay at Telegram."
	case one:
		return "Its token and sessions leave the keyring; label, tags and state leave the list. The bot stays at Telegram and its token stays valid: @BotFather shows it."
	}
	return "Their tokens and sessions leave the keyring; labels, tags and states leave the list. The bots stay at Telegram and their tokens stay valid: @BotFather shows them."
}

// ways are the two ways, with what each means for the sessions.
func (r remove) ways(width int) []string {
	here, elsewhere := r.sessions()
	alive := "no session to log out"
	if here+elsewhere > 0 {
		alive = count(here+elsewhere, "session") + " stay alive at Telegram"
		if here+elsewhere == 1 {
			alive = "its session stays alive at Telegram"
		}
	}
	lines := r.option(r.sh.keys.removeHere, alive, width)
	if here == 0 {
		return lines
	}
	ended := count(here, "session") + " of this keyring will end"
	if elsewhere > 0 {
		ended += fmt.Sprintf("; %d that run elsewhere will not", elsewhere)
	}
	return append(lines, r.option(r.sh.keys.logOutRemove, ended, width)...)
}

// beside is the width from which a way and its meaning stand on one line.
const beside = 70

// option is one of them: key, what it does, what that means.
func (r remove) option(b key.Binding, means string, width int) []string {
	t, m := r.sh.theme, margin(width)
	head := t.key.Render(b.Help().Key) + "   " + t.pad(b.Help().Desc, 22)
	if width >= beside {
		return indent([]string{t.cut(head+"   "+t.dim.Render(means), width-m)}, m)
	}
	return indent([]string{head, "    " + t.dim.Render(t.cut(means, width-m-4))}, m)
}

// failuresShown is how many bots are named with what went wrong; of the rest it is said how many they are.
const failuresShown = 6

// failures names the bots that are still there, each with its reason.
func (r remove) failures(width int) []string {
	t := r.sh.theme
	var lines []string
	for i, f := range r.run.failed {
		if i == failuresShown && len(r.run.failed) > failuresShown+1 {
			lines = append(lines, prose(fmt.Sprintf("and %d more", len(r.run.failed)-i), width)...)
			break
		}
		words := fault.OfAt(f.err, r.sh.now())
		lines = append(lines, indent([]string{t.mark(fault.NeedsYou) + " " + displayName(f.bot)}, margin(width))...)
		lines = append(lines, indent(wrap(strings.TrimSpace(words.What+" "+words.Why), width-margin(width)-3), margin(width)+2)...)
	}
	return lines
}
