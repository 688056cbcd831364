package ui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// series adds several tokens one after another and sums up. One at a time: a login each is what Telegram
// counts, and the first refusal may concern them all.
type series struct {
	sh      *shell
	form    add // what the tokens have in common
	members []member
	at      int
	task    task
	frame   int
	pager   pager

	cancelling, over bool
}

// A member is one token of a series and what became of it.
type member struct {
	found fleet.Found
	state memberState
	says  string
}

type memberState int

const (
	memberWaits memberState = iota
	memberAdded
	memberWas // here already, and its session works
	memberFailed
	memberLeft // never tried
)

// addAll starts the series.
func (a add) addAll() (screen, tea.Cmd) {
	a = a.extract()
	var ok bool
	if a.form, ok = a.form.complete(); !ok {
		return a, nil
	}
	a.useProxy()
	s := series{sh: a.sh, form: a, members: make([]member, len(a.found))}
	for i, found := range a.found {
		s.members[i].found = found
	}
	return s.next()
}

// next starts the member that is on.
func (s series) next() (series, tea.Cmd) {
	call := s.attempt().call(s.sh)
	var cmd tea.Cmd
	s.task, cmd = s.sh.start("login", call)
	return s, tea.Batch(cmd, s.task.spin())
}

// attempt is the adding of the member that is on. A label is one bot's alone, so it goes to the first.
func (s series) attempt() attempt {
	a := s.form.attempt(s.members[s.at].found.Token, false)
	a.rest = nil
	if s.at > 0 {
		a.bot.Label = ""
	}
	return a
}

func (s series) Typing() bool { return false }

func (s series) Keys() []key.Binding {
	keys := s.sh.keys
	switch {
	case s.cancelling:
		return nil
	case !s.over:
		return []key.Binding{as(keys.back, "stop")}
	}
	shown := []key.Binding{as(keys.open, "list")}
	if n := len(s.rest()); n > 0 {
		shown = append(shown, as(keys.add, fmt.Sprintf("go on with %d left", n)))
	}
	if len(s.members) > s.sh.body.height {
		shown = append(shown, keys.down, keys.up)
	}
	return shown
}

func (s series) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case spinMsg:
		if msg.task == s.task.id && !s.over {
			s.frame++
			return s, s.task.spin()
		}
	case stepMsg:
		if msg.task == s.task.id {
			return s, s.task.watch()
		}
	case taskDoneMsg:
		if msg.task == s.task.id && !s.over {
			return s.ended(msg)
		}
	case tea.KeyPressMsg:
		return s.press(msg)
	}
	return s, nil
}

func (s series) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := s.sh.keys
	switch {
	case !s.over && key.Matches(msg, keys.back, keys.quit):
		s.cancelling = true
		s.task.cancel()
	case !s.over:
	case key.Matches(msg, keys.add) && len(s.rest()) > 0:
		return newAddNext(s.sh, s.rest()), nil
	case key.Matches(msg, keys.open, keys.back, keys.quit):
		return s.sh.home(), nil
	default:
		s.pager, _ = s.pager.update(keys, msg, len(s.members), s.sh.body.height)
	}
	return s, nil
}

// ended enters what became of a member and goes on to the next.
func (s series) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	s.members = slices.Clone(s.members)
	m := &s.members[s.at]
	saved, ok := msg.value.(fleet.Saved)
	switch {
	case ok && msg.err == nil:
		m.state, m.says = memberAdded, displayName(saved.Bot)
	case errors.Is(msg.err, fleet.ErrSessionWorks):
		m.state, m.says = memberWas, "here already, its session works"
	case s.cancelling:
		m.state, m.says = memberLeft, "stopped"
	default:
		m.state, m.says = memberFailed, fault.OfAt(msg.err, s.sh.now()).What
	}
	var unsaved *fleet.UnsavedError
	if errors.As(msg.err, &unsaved) {
		return s.unsaved(unsaved)
	}
	if s.cancelling || s.at+1 == len(s.members) || m.state == memberFailed && concernsAll(msg.err) {
		return s.sum(), s.sh.reload
	}
	s.at++
	next, cmd := s.next()
	return next, tea.Batch(cmd, s.sh.reload)
}

// unsaved leaves the series for the login that waits to be saved: no other could be saved either.
func (s series) unsaved(unsaved *fleet.UnsavedError) (screen, tea.Cmd) {
	a := s.attempt()
	a.rest = s.found(s.at + 1)
	a.back = s.form.offer(s.found(s.at))
	if s.cancelling {
		s.sh.unsaved = unsaved
		next, cmd := newAbandoning(s.sh, a, "Cancelled. The last one was not saved.")
		return next, tea.Batch(cmd, s.sh.reload)
	}
	return a.ended(s.sh, nil, unsaved)
}

// concernsAll reports whether the next token would meet the same fault: it is the keyring's, the app's or
// the network's.
func concernsAll(err error) bool {
	kind := fault.Of(err).Kind
	return strings.HasPrefix(kind, "keyring_") || strings.HasPrefix(kind, "api_id_") ||
		strings.HasPrefix(kind, "proxy_") || kind == "unreachable" || kind == "not_telegram" || kind == "clock_wrong"
}

// sum ends the series.
func (s series) sum() series {
	s.over, s.cancelling = true, false
	for i := range s.members {
		if s.members[i].state == memberWaits {
			s.members[i].state, s.members[i].says = memberLeft, "not tried"
		}
	}
	s.sh.draft = draft{}
	if rest := s.rest(); len(rest) > 0 {
		left := s.form.offer(rest)
		s.sh.draft = draft{kept: true, form: left.form, found: left.found}
	}
	return s
}

// found are the tokens from one on.
func (s series) found(from int) []fleet.Found {
	var out []fleet.Found
	for _, m := range s.members[from:] {
		out = append(out, m.found)
	}
	return out
}

// rest are the tokens that were not added.
func (s series) rest() []fleet.Found {
	var out []fleet.Found
	for _, m := range s.members {
		if m.state == memberFailed || m.state == memberLeft {
			out = append(out, m.found)
		}
	}
	return out
}

func (s series) count(state memberState) int {
	n := 0
	for _, m := range s.members {
		if m.state == state {
			n++
		}
	}
	return n
}

func (s series) View(size size) view {
	t := s.sh.theme
	v := view{trail: fmt.Sprintf("Adding %d of %d bots", s.at+1, len(s.members))}
	lines := make([]string, len(s.members))
	for i, m := range s.members {
		lines[i] = s.line(m, i == s.at && !s.over, size.width)
	}
	height := size.height
	window := s.pager
	if !s.over {
		window.top = max(0, s.at-height/2) // what is on stays in sight
	}
	shown, _ := window.window(lines, height)
	v.body = shown
	switch {
	case s.cancelling:
		v.status = t.waiting.Render("Cancelling" + t.glyphs.ellipsis)
	case s.over:
		v.trail = "Added " + strconv.Itoa(s.count(memberAdded)) + " of " + strconv.Itoa(len(s.members))
		v.status = s.summary()
	}
	return v
}

// summary counts what became of all.
func (s series) summary() string {
	dot := " " + s.sh.theme.glyphs.dot + " "
	out := fmt.Sprintf("%d added", s.count(memberAdded))
	for _, each := range []struct {
		state memberState
		says  string
	}{{memberWas, "here already"}, {memberFailed, "failed"}, {memberLeft, "not tried"}} {
		if n := s.count(each.state); n > 0 {
			out += dot + strconv.Itoa(n) + " " + each.says
		}
	}
	return out
}

func (s series) line(m member, running bool, width int) string {
	t := s.sh.theme
	sign := " "
	switch m.state {
	case memberWaits:
		if running {
			sign = t.focus.Render(t.glyphs.spinner[s.frame%len(t.glyphs.spinner)])
		}
	case memberAdded, memberWas:
		sign = t.ok.Render(t.glyphs.done)
	case memberFailed:
		sign = t.bad.Render(t.glyphs.cross)
	case memberLeft:
		sign = t.unknown.Render(t.glyphs.unknown)
	}
	return t.cut(indentBy(margin(width))+sign+" "+t.pad(strconv.FormatInt(m.found.ID, 10), 14)+" "+t.dim.Render(m.says), width)
}
