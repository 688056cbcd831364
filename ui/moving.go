package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// moving takes everything to another keyring: it asks how, copies with a bar, and says what was done.
type moving struct {
	sh    *shell
	ways  []moveWay
	at    int
	stage moveStage
	// asked is since when the question on show can be confirmed.
	asked guard

	run        counted
	cancelling bool
	moved      fleet.Moved
	err        error
	// notice is that the choice could not be written down.
	notice string
	pager  pager
}

// A moveWay is where to, and whether the old copies are removed when all is there.
type moveWay struct {
	to     string
	forget bool
}

// A moveStage is how far a move has come.
type moveStage int

const (
	moveChoose moveStage = iota
	moveConfirm
	moveRun
	moveDone
	moveFailed
)

// newMoving asks how to move. What is in memory is gone at quit anyway, so of it only the place is asked.
func newMoving(sh *shell) screen {
	m := moving{sh: sh, asked: guard{sh.now()}}
	switch sh.keyring.status.Kind {
	case kindMemory:
		m.ways = []moveWay{{to: kindSystem}, {to: kindAge}}
	case kindAge:
		m.ways = []moveWay{{to: kindSystem}, {to: kindSystem, forget: true}}
	default:
		m.ways = []moveWay{{to: kindAge}, {to: kindAge, forget: true}}
	}
	return m
}

func (m moving) way() moveWay { return m.ways[m.at] }

func (m moving) Typing() bool { return false }

func (m moving) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case countedMsg:
		var cmd tea.Cmd
		m.run, cmd = m.run.update(msg)
		return m, cmd
	case unrememberedMsg:
		m.notice = msg.words()
	case taskDoneMsg:
		if m.stage == moveRun && msg.task == m.run.id {
			return m.done(msg)
		}
	case tea.KeyPressMsg:
		switch m.stage {
		case moveChoose:
			return m.choose(msg)
		case moveConfirm:
			return m.confirm(msg)
		case moveRun:
			if key.Matches(msg, m.sh.keys.back, m.sh.keys.quit) {
				m.run.cancel()
				m.cancelling = true
			}
		case moveDone, moveFailed:
			return m.leave(msg)
		}
	}
	return m, nil
}

func (m moving) choose(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := m.sh.keys
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return newKeyring(m.sh)
	case key.Matches(msg, keys.down):
		m.at = min(m.at+1, len(m.ways)-1)
	case key.Matches(msg, keys.up):
		m.at = max(m.at-1, 0)
	case key.Matches(msg, keys.open) && m.asked.ready(m.sh.now()):
		if m.way().forget {
			m.stage, m.asked = moveConfirm, guard{m.sh.now()}
			return m, nil
		}
		return m.start()
	}
	return m, nil
}

func (m moving) confirm(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := m.sh.keys
	switch {
	case key.Matches(msg, keys.back):
		m.stage, m.asked = moveChoose, guard{m.sh.now()}
	case key.Matches(msg, keys.open) && m.asked.ready(m.sh.now()):
		return m.start()
	}
	return m, nil
}

// start moves, and has the choice remembered when everything is there.
func (m moving) start() (screen, tea.Cmd) {
	f, remember, passphrases, way := m.sh.fleet, m.sh.remember, m.sh.passphrases, m.way()
	m.stage, m.err, m.moved, m.pager = moveRun, nil, fleet.Moved{}, pager{}
	var cmd tea.Cmd
	m.run, cmd = m.sh.startCounted("move", func(ctx context.Context, report func(fleet.MoveStep)) (any, error) {
		moved, err := f.MoveKeyring(ctx, way.to, way.forget, report)
		if err != nil {
			return moved, err
		}
		if err := remember(way.to); err != nil {
			passphrases.tell(unrememberedMsg{err})
		}
		return moved, nil
	})
	return m, cmd
}

// done takes the end of the move. Even one that was stopped has done something.
func (m moving) done(msg taskDoneMsg) (screen, tea.Cmd) {
	m.moved, _ = msg.value.(fleet.Moved)
	again := tea.Batch(m.sh.lookAtKeyring, m.sh.reload)
	stopped := m.cancelling || errors.Is(msg.err, context.Canceled)
	m.cancelling, m.run, m.asked = false, counted{}, guard{m.sh.now()}
	switch {
	case msg.err == nil:
		m.stage = moveDone
	case stopped:
		next, cmd := newKeyringSaying(m.sh, m.stopped())
		return next, tea.Batch(cmd, m.sh.reload)
	default:
		m.stage, m.err = moveFailed, msg.err
	}
	return m, again
}

// leave takes the keys after the end.
func (m moving) leave(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := m.sh.keys
	if next, moved := m.pager.update(keys, msg, len(m.lines(m.sh.body)), m.sh.body.height); moved {
		m.pager = next
		return m, nil
	}
	switch {
	case key.Matches(msg, keys.open) && !m.asked.ready(m.sh.now()):
	case key.Matches(msg, keys.open) && m.stage == moveFailed:
		return m.start()
	case key.Matches(msg, keys.open, keys.back, keys.quit):
		return newKeyring(m.sh)
	}
	return m, nil
}

func (m moving) Keys() []key.Binding {
	k := m.sh.keys
	var shown []key.Binding
	switch m.stage {
	case moveChoose:
		return []key.Binding{as(k.open, m.verb()), k.back, k.down, k.up, as(k.quit, "back")}
	case moveConfirm:
		return []key.Binding{as(k.open, "copy, then remove"), k.back}
	case moveRun:
		if m.cancelling {
			return nil
		}
		return []key.Binding{as(k.back, "stop"), as(k.quit, "stop")}
	case moveDone:
		shown = []key.Binding{as(k.open, "go on"), k.back, as(k.quit, "back")}
	case moveFailed:
		shown = []key.Binding{as(k.open, "try again"), k.back, as(k.quit, "back")}
	}
	if len(m.lines(m.sh.body)) > m.sh.body.height {
		shown = append(shown, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return shown
}

// verb is what enter does with the way that is selected.
func (m moving) verb() string {
	if m.way().forget {
		return "go on"
	}
	return "copy"
}

func (m moving) View(size size) view {
	t := m.sh.theme
	v := view{trail: "Move to another keyring"}
	if size.width < narrow {
		v.trail = "Move" // which keyring it is has to stay in the title
	}
	var more bool
	v.body, more = m.pager.window(m.lines(size), size.height)
	switch {
	case m.stage == moveConfirm:
		v.status = t.waiting.Render("Remove the old copies afterwards?")
	case m.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case m.notice != "":
		v.status = m.notice
	case more:
		v.status = t.dim.Render("more below, j and k scroll")
	}
	return v
}
