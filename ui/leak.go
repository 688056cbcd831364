package ui

import (
	"context"
	"errors"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// leak does at once what can be done about tokens that got out: it finds out which can be revoked from here, says first
// what cannot be done, asks once, does it, and says what is left. Of several bots the shell's errand does it.
type leak struct {
	sh     *shell
	bots   []fleet.Bot
	hidden int    // how many of them the filter does not show
	from   screen // esc leads there, home when nil
	stage  leakStage
	plans  []leakPlan // of the bots, as far as they were looked at

	task  task
	lines []leakLine
	frame int // of the spinner
	// asked is since when the question on show can be confirmed.
	asked      guard
	cancelling bool

	panicked fleet.Panicked
	err      error
	says     string
	pager    pager
}

// A leakStage is what the screen is at.
type leakStage int

const (
	leakLooking leakStage = iota // who can revoke
	leakConfirm
	leakRuns
	leakDone
	leakFailed // nothing was done
)

// A leakPlan is what can be done for one bot. err is why it is not known whether its token can be revoked.
type leakPlan struct {
	fleet.RotationPlan
	err error
}

// revocable reports whether a bot here revokes the token.
func (p leakPlan) revocable() bool { return p.err == nil && p.Manager.ID != 0 }

// A leakLine is one thing that is done: the token revoked, or a session ended.
type leakLine struct {
	does        string
	session     string // "" of the token
	begun, done bool
	step        fleet.Step // the last
}

// newLeak finds out what can be done about bots whose tokens got out.
func newLeak(sh *shell, bots []fleet.Bot, hidden int, from screen) (screen, tea.Cmd) {
	return leak{sh: sh, bots: bots, hidden: hidden, from: from}.look()
}

// newLeakResult shows what was done about one of several.
func newLeakResult(sh *shell, done fleet.Panicked, from screen) screen {
	return leak{sh: sh, bots: []fleet.Bot{done.Bot}, from: from, stage: leakDone, panicked: done, asked: guard{sh.now()}}
}

// look asks who manages the bots, one after the other. Nothing is revoked.
func (l leak) look() (screen, tea.Cmd) {
	l.stage, l.plans, l.err, l.says, l.pager = leakLooking, nil, nil, "", pager{}
	return l.lookAtNext()
}

func (l leak) lookAtNext() (screen, tea.Cmd) {
	f, bot := l.sh.fleet, l.bots[len(l.plans)].Key
	t, cmd := l.sh.start("panic", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		return f.PlanPanic(ctx, bot, fleet.Key{}, report)
	})
	l.task = t
	return l, tea.Batch(cmd, t.spin())
}

// start does it.
func (l leak) start() (screen, tea.Cmd) {
	if len(l.bots) > 1 {
		cmd, began := l.sh.run(order{deed: makingSafe, bots: l.bots, hidden: l.hidden})
		if !began {
			l.says = busyWords
			return l, nil
		}
		return l.back(), cmd
	}
	f, bot, manager := l.sh.fleet, l.bots[0].Key, l.plans[0].Manager.Key
	t, cmd := l.sh.start("panic", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		return f.Panic(ctx, bot, manager, report)
	})
	l.stage, l.task, l.lines, l.pager = leakRuns, t, l.deeds(), pager{}
	return l, tea.Batch(cmd, t.spin())
}

// deeds are the lines that show what is done.
func (l leak) deeds() []leakLine {
	plan := l.plans[0]
	var lines []leakLine
	if plan.revocable() || plan.err != nil {
		lines = append(lines, leakLine{does: "Revoking the token"})
	}
	if !plan.revocable() {
		for i, says := range dying(plan.Lost) {
			if i < len(plan.Lost) {
				lines = append(lines, leakLine{does: "Ending " + says, session: plan.Lost[i].Name})
			}
		}
	}
	return lines
}

func (l leak) Typing() bool { return false }

func (l leak) notice(text string) screen { l.says = text; return l }

func (l leak) placed(all []fleet.Departure) screen { l.panicked.Places = all; return l }

func (l leak) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case spinMsg:
		if msg.task == l.task.id {
			l.frame++
			return l, l.task.spin()
		}
	case stepMsg:
		if msg.task == l.task.id {
			if l.stage == leakRuns {
				l.lines = tookDeed(l.lines, msg.step)
			}
			return l, l.task.watch()
		}
	case taskDoneMsg:
		if l.task.id != 0 && msg.task == l.task.id {
			return l.ended(msg)
		}
	case tea.KeyPressMsg:
		return l.press(msg)
	}
	return l, nil
}

// tookDeed enters a step into the line that it is about. What was begun and is not done when another line begins did
// not work.
func tookDeed(lines []leakLine, step fleet.Step) []leakLine {
	lines = slices.Clone(lines)
	for i := range lines {
		if lines[i].session == step.Session {
			lines[i].begun, lines[i].step = true, step
			lines[i].done = step.Stage == fleet.Saving && step.Done
		}
	}
	return lines
}

// ended goes on from the end of the task. What was done before the cancelling arrived is told.
func (l leak) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := l.cancelling
	l.task, l.cancelling, l.asked, l.pager = task{}, false, guard{l.sh.now()}, pager{}
	if l.stage == leakLooking {
		return l.looked(msg, stopped)
	}
	done, _ := msg.value.(fleet.Panicked)
	switch {
	case done.Revoked || done.Err != nil:
		l.stage, l.panicked, l.err = leakDone, done, msg.err
		if done.Bot.ID == 0 {
			l.panicked.Bot = l.bots[0]
		} else {
			l.sh.replace(done.Bot)
		}
		if stopped && !done.Revoked {
			l.says = "Stopped. This is how far it came."
		}
	case stopped:
		back, cmd := resumed(l.leave("Cancelled. " + fault.Unchanged))
		return back, tea.Batch(cmd, l.sh.reload)
	default:
		l.stage, l.err = leakFailed, msg.err
	}
	return l, l.sh.reload
}

// looked takes what can be done for one bot, and goes on with the next.
func (l leak) looked(msg taskDoneMsg, stopped bool) (screen, tea.Cmd) {
	plan, _ := msg.value.(fleet.RotationPlan)
	at := len(l.plans)
	switch {
	case stopped:
		return resumed(l.leave("Cancelled. " + fault.Unchanged))
	case errors.Is(msg.err, store.ErrNotFound) && len(l.bots) > 1: // removed meanwhile
		l.bots = slices.Delete(slices.Clone(l.bots), at, at+1)
	case msg.err != nil && (plan.Bot.ID == 0 || shut(msg.err)):
		l.stage, l.err = leakFailed, msg.err // it would be the same for each
		return l, nil
	default:
		l.plans = append(slices.Clip(l.plans), leakPlan{plan, msg.err})
	}
	if len(l.plans) < len(l.bots) {
		return l.lookAtNext()
	}
	l.stage = leakConfirm
	return l, nil
}

// back goes to where it was asked for. One of several leads home: there it is seen how they do.
func (l leak) back() screen {
	if l.from != nil {
		return l.from
	}
	return l.sh.home()
}

// leave goes back, with a word on why.
func (l leak) leave(says string) screen {
	l.sh.list.notice = says
	return told(l.back(), says)
}

func (l leak) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := l.sh, l.sh.keys
	if next, moved := l.pager.update(keys, msg, len(l.body(sh.body)), sh.body.height); moved {
		l.pager = next
		return l, nil
	}
	if l.running() {
		if !l.cancelling && key.Matches(msg, keys.back, keys.quit) {
			l.cancelling = true
			l.task.cancel()
		}
		return l, nil
	}
	l.says = ""
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return resumed(l.back())
	case key.Matches(msg, keys.open) && l.asked.ready(sh.now()):
		switch l.stage {
		case leakConfirm:
			return l.start()
		case leakFailed:
			return l.look()
		case leakDone, leakLooking, leakRuns:
		}
		return resumed(l.back())
	case l.stage != leakDone:
	case key.Matches(msg, keys.places):
		return openPlaces(sh, l.panicked.Bot.Key, l)
	case key.Matches(msg, keys.login) && l.offersLogin():
		return newLoginFrom(sh, l.bot(), l), nil
	case key.Matches(msg, keys.rotate) && l.offersRotation():
		return newRotation(sh, l.bot(), l)
	case key.Matches(msg, keys.leaked) && l.offersAgain():
		l.bots = []fleet.Bot{l.bot()}
		return l.look()
	}
	return l, nil
}

func (l leak) running() bool { return l.stage == leakLooking || l.stage == leakRuns }

// bot is the one that something was done about, as it is now.
func (l leak) bot() fleet.Bot { return l.sh.current([]fleet.Bot{l.panicked.Bot})[0] }

// settled reports whether somebody has seen to a token since that could not be revoked.
func (l leak) settled() bool {
	return !l.panicked.Revoked && slices.Contains(l.panicked.Bot.Tags, fleet.TagLeaked) && !slices.Contains(l.bot().Tags, fleet.TagLeaked)
}

// offersLogin: the token is replaced, and nothing but a login is left.
func (l leak) offersLogin() bool {
	return l.panicked.Revoked && l.panicked.Err == nil && len(l.bot().Sessions) == 0
}

// offersRotation: the token could not be revoked, or the new one is not in its place yet.
func (l leak) offersRotation() bool { return l.panicked.Err != nil && !l.settled() }

// offersAgain: another try may do what this one could not.
func (l leak) offersAgain() bool {
	if l.settled() || l.panicked.Revoked {
		return false
	}
	return !errors.Is(l.panicked.Err, fleet.ErrNotManaged) ||
		slices.ContainsFunc(l.panicked.Sessions, func(s fleet.EndedSession) bool { return s.Err != nil })
}

func (l leak) Keys() []key.Binding {
	k := l.sh.keys
	var shown []key.Binding
	switch l.stage {
	case leakLooking, leakRuns:
		if l.cancelling {
			return nil
		}
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}
	case leakConfirm:
		shown = append(shown, as(k.open, l.does()))
	case leakFailed:
		shown = append(shown, as(k.open, "try again"))
	case leakDone:
		if l.offersRotation() {
			shown = append(shown, as(k.rotate, l.rotates()))
		}
		if l.offersLogin() {
			shown = append(shown, k.login)
		}
		shown = append(shown, k.places)
		if l.offersAgain() {
			shown = append(shown, as(k.leaked, "once more"))
		}
		shown = append(shown, as(k.open, "go on"))
	}
	shown = append(shown, k.back)
	if len(l.body(l.sh.body)) > l.sh.body.height {
		shown = append(shown, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return append(shown, as(k.quit, "back"))
}

// rotates says what a rotation does next.
func (l leak) rotates() string {
	var cut *fleet.UnfinishedError
	if errors.As(l.panicked.Err, &cut) {
		return "go on with it"
	}
	return "rotate by hand"
}
