package ui

import (
	"context"
	"errors"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/internal/secret"
)

// rotation replaces a bot's token: it finds out how that can be done, asks, shows what is done step by step, and says
// who needs the new token. One that was cut off it goes on with.
type rotation struct {
	sh    *shell
	bot   fleet.Bot
	from  screen // esc leads there
	stage rotationStage
	plan  fleet.RotationPlan
	how   fleet.Rotation

	task  task
	lines []rotationLine
	frame int       // of the spinner
	queue time.Time // until when the login waits for its turn
	// asked is since when the question on show can be confirmed.
	asked      guard
	cancelling bool

	rotated fleet.Rotated
	places  []fleet.Departure
	err     error
	pager   pager
	yank    yank
	// pasting is the form that a token is pasted into, as it was left; nil before the first, and where a manager revokes.
	pasting *replace
}

// A rotationStage is what the screen is at.
type rotationStage int

const (
	rotationLooking rotationStage = iota // who manages it
	rotationConfirm                      // its manager revokes
	rotationAgain                        // an earlier one was cut off, or turned out to have done nothing
	rotationByHand                       // the steps in @BotFather
	rotationRuns
	rotationDone
	rotationFailed
)

// A rotationLine is a stage of a rotation: those of the login come after the new token is saved.
type rotationLine struct {
	stageLine
	anew bool // belongs to the login
}

// newRotation finds out how a bot's token can be replaced.
func newRotation(sh *shell, bot fleet.Bot, from screen) (screen, tea.Cmd) {
	return rotation{sh: sh, bot: bot, from: from}.look()
}

// look asks who manages the bot. Nothing is revoked.
func (r rotation) look() (screen, tea.Cmd) {
	f, bot := r.sh.fleet, r.bot.Key
	t, cmd := r.sh.start("rotation", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		return f.PlanRotation(ctx, bot, fleet.Key{}, report)
	})
	r.stage, r.task, r.err, r.pager, r.pasting = rotationLooking, t, nil, pager{}, nil
	return r, tea.Batch(cmd, t.spin())
}

// start rotates, as it was found that it can be done.
func (r rotation) start() (screen, tea.Cmd) {
	f, bot, how := r.sh.fleet, r.bot.Key, r.how
	return r.run(func(ctx context.Context, report func(fleet.Step)) (fleet.Rotated, error) {
		return f.Rotate(ctx, bot, how, report)
	})
}

// paste rotates by hand: the new token comes from a form.
func (r rotation) paste(form replace, token secret.Secret, noLogin bool) (screen, tea.Cmd) {
	f, bot, how := r.sh.fleet, r.bot.Key, fleet.Rotation{NoLogin: noLogin}
	r.pasting, r.plan = &form, fleet.RotationPlan{Bot: r.bot, Lost: r.plan.Lost, CutOff: store.RotationPasted}
	return r.run(func(ctx context.Context, report func(fleet.Step)) (fleet.Rotated, error) {
		return f.RotateWith(ctx, bot, token, how, report)
	})
}

// A rotationEnd is what a rotation came to, and where what died with the old token went.
type rotationEnd struct {
	fleet.Rotated
	places []fleet.Departure
}

func (r rotation) run(rotate func(context.Context, func(fleet.Step)) (fleet.Rotated, error)) (screen, tea.Cmd) {
	f, bot := r.sh.fleet, r.bot.Key
	t, cmd := r.sh.start("rotation", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		end := rotationEnd{}
		var err error
		if end.Rotated, err = rotate(ctx, report); err != nil {
			return nil, err
		}
		// It is done, whether or not that can be told.
		end.places, _ = f.Places(context.WithoutCancel(ctx), bot)
		return end, nil
	})
	r.stage, r.task, r.lines, r.err, r.pager, r.queue = rotationRuns, t, r.stages(), nil, pager{}, time.Time{}
	return r, tea.Batch(cmd, t.spin())
}

// stages are those that a rotation goes through, in the lines that show them.
func (r rotation) stages() []rotationLine {
	var lines []rotationLine
	add := func(anew bool, stages ...fleet.Stage) {
		for _, stage := range stages {
			lines = append(lines, rotationLine{stageLine{step: fleet.Step{Stage: stage}}, anew})
		}
	}
	switch r.plan.CutOff {
	case store.RotationPasted:
		add(true, fleet.OpeningKeyring)
	case store.RotationSaved:
	case store.RotationRevoking, "":
		add(false, fleet.OpeningKeyring, fleet.Connecting, fleet.AskingManager, fleet.Saving)
	}
	add(true, fleet.Connecting, fleet.Securing, fleet.Moving, fleet.LoggingIn, fleet.Saving)
	return lines
}

func (r rotation) Typing() bool { return false }

func (r rotation) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case spinMsg:
		if msg.task == r.task.id {
			r.frame++
			return r, r.task.spin()
		}
	case stepMsg:
		if msg.task == r.task.id {
			if r.stage == rotationRuns {
				r.queue, r.lines = msg.step.Until, tookRotation(r.lines, msg.step)
			}
			return r, r.task.watch()
		}
	case taskDoneMsg:
		if msg.task == r.task.id {
			return r.ended(msg)
		}
	case tea.PasteMsg:
		if _, typed := r.kept(); typed || r.stage == rotationByHand {
			return r.form().paste(msg.Content), nil
		}
	case tea.KeyPressMsg:
		return r.press(msg)
	}
	return r, nil
}

// tookRotation enters a step into the lines: those of the login once the new token is saved.
func tookRotation(lines []rotationLine, step fleet.Step) []rotationLine {
	anew := true
	for _, l := range lines {
		if !l.anew && l.step.Stage == fleet.Saving {
			anew = l.done
		}
	}
	if step.Stage == fleet.OpeningKeyring {
		anew = lines[0].anew // it is opened once, for all of it
	}
	var part []stageLine
	var at []int
	for i, l := range lines {
		if l.anew == anew {
			part, at = append(part, l.stageLine), append(at, i)
		}
	}
	out := append([]rotationLine(nil), lines...)
	for i, l := range took(part, step) {
		out[at[i]].stageLine = l
	}
	return out
}

// ended goes on from the end of the task.
func (r rotation) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	looked := r.stage == rotationLooking
	stopped := r.cancelling
	r.task, r.cancelling, r.asked, r.pager, r.queue = task{}, false, guard{r.sh.now()}, pager{}, time.Time{}
	var cut *fleet.UnfinishedError
	var input *fleet.InputError
	switch {
	case msg.err == nil && looked:
		r.plan, _ = msg.value.(fleet.RotationPlan)
		r.how.Manager = r.plan.Manager.Key
		r.stage = r.found()
		return r, nil
	case msg.err == nil:
		end, _ := msg.value.(rotationEnd)
		r.rotated, r.places, r.stage = end.Rotated, end.places, rotationDone
		return r, r.sh.reload
	case stopped && !errors.As(msg.err, &cut) && r.pasting != nil:
		return r.pasting.notice("Cancelled. " + fault.Unchanged), r.sh.reload
	case stopped && !errors.As(msg.err, &cut):
		back, cmd := resumed(told(r.from, "Cancelled. "+fault.Unchanged))
		return back, tea.Batch(cmd, r.sh.reload)
	case errors.Is(msg.err, fleet.ErrNotRevoked):
		r.stage, r.err = rotationAgain, msg.err
		return r, nil
	case r.pasting != nil && errors.As(msg.err, &input):
		if next, shown := r.pasting.refuse(input); shown {
			return next, nil
		}
	}
	r.stage, r.err = rotationFailed, msg.err
	return r, r.sh.reload
}

// found is the stage that a plan leads to.
func (r rotation) found() rotationStage {
	switch {
	case r.plan.CutOff != "":
		return rotationAgain
	case r.plan.Manager.ID == 0:
		return rotationByHand
	}
	return rotationConfirm
}

// kept is the form that a token came from which was not taken.
func (r rotation) kept() (form replace, ok bool) {
	var cut *fleet.UnfinishedError
	if r.stage != rotationFailed || r.pasting == nil || errors.As(r.err, &cut) {
		return replace{}, false
	}
	return *r.pasting, true
}

// form is where a token is pasted that was made by hand, with what was typed there before.
func (r rotation) form() replace {
	if r.pasting != nil {
		return *r.pasting
	}
	form := newReplaceFrom(r.sh, r.bot, r).(replace)
	form.rotation = &r
	return form
}

func (r rotation) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := r.sh, r.sh.keys
	if r.stage == rotationByHand || r.stage == rotationDone {
		if next, cmd, taken := r.yank.update(sh, msg, r.bot); taken {
			r.yank = next
			return r, cmd
		}
	}
	if next, moved := r.pager.update(keys, msg, len(r.body(sh.body)), sh.body.height); moved {
		r.pager = next
		return r, nil
	}
	ready := r.asked.ready(sh.now())
	switch {
	case r.running():
		if !r.cancelling && key.Matches(msg, keys.back, keys.quit) {
			r.cancelling = true
			r.task.cancel()
		}
	case key.Matches(msg, keys.back, keys.quit):
		if form, typed := r.kept(); typed {
			return form, nil
		}
		return resumed(r.from)
	case key.Matches(msg, keys.newToken) && r.offersByHand():
		r.stage, r.pager = rotationByHand, pager{}
	case key.Matches(msg, keys.places) && r.stage == rotationDone:
		return openPlaces(sh, r.bot.Key, r)
	case !key.Matches(msg, keys.open) || !ready:
	case r.stage == rotationDone:
		return resumed(r.from)
	case r.stage == rotationByHand:
		return r.form(), nil
	case r.stage == rotationFailed && r.lines == nil:
		return r.look()
	case r.stage == rotationFailed:
		r.how.Again = false
		return r.again()
	case r.stage == rotationAgain && errors.Is(r.err, fleet.ErrNotRevoked):
		r.how.Again = true
		return r.start()
	default:
		return r.start()
	}
	return r, nil
}

// again goes on where it failed. How far it came the next look at the journal tells.
func (r rotation) again() (screen, tea.Cmd) {
	var cut *fleet.UnfinishedError
	if errors.As(r.err, &cut) {
		r.plan.CutOff, r.pasting = cut.Step, nil
		return r.start()
	}
	if form, typed := r.kept(); typed {
		return form, nil
	}
	return r.start()
}

func (r rotation) placed(all []fleet.Departure) screen { r.places = all; return r }

func (r rotation) running() bool { return r.stage == rotationLooking || r.stage == rotationRuns }

// offersByHand: it can be done in @BotFather in place of what is on show.
func (r rotation) offersByHand() bool {
	return r.stage == rotationConfirm || r.stage == rotationFailed && r.lines == nil
}

func (r rotation) Keys() []key.Binding {
	k := r.sh.keys
	var shown []key.Binding
	switch {
	case r.yank.pending:
		return r.yank.keys(r.sh)
	case r.cancelling:
		return nil
	case r.running():
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}
	case r.stage == rotationDone:
		shown = append(shown, as(k.open, "go on"), k.places, k.copy)
	case r.stage == rotationByHand:
		shown = append(shown, as(k.open, "paste the new token"), k.copy)
	case r.stage == rotationConfirm, errors.Is(r.err, fleet.ErrNotRevoked):
		shown = append(shown, as(k.open, "revoke it"))
	case r.stage == rotationFailed:
		does := "try again"
		if _, typed := r.kept(); typed {
			does = "edit"
		}
		shown = append(shown, as(k.open, does))
	default:
		shown = append(shown, as(k.open, "go on with it"))
	}
	if r.offersByHand() {
		shown = append(shown, as(k.newToken, "by hand in @BotFather"))
	}
	shown = append(shown, k.back)
	if len(r.body(r.sh.body)) > r.sh.body.height {
		shown = append(shown, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return append(shown, as(k.quit, "back"))
}

func (r rotation) View(size size) view {
	t := r.sh.theme
	v := view{trail: "Rotate the token of " + displayName(r.bot)}
	if size.width < narrow {
		v.trail = "Rotate " + displayName(r.bot)
	}
	var more bool
	v.body, more = r.pager.window(r.body(size), size.height)
	copied, fresh := r.sh.clipboard.status(r.sh.now()), r.sh.clipboard.fresh(r.sh.now())
	switch {
	case r.yank.pending:
		v.status = r.yank.status(r.sh)
	case r.cancelling:
		v.status = t.waiting.Render("Cancelling" + t.glyphs.ellipsis)
	case r.stage == rotationConfirm:
		v.body = r.pager.windowAsked(t, r.body(size), size.height, size.width)
		v.status = t.waiting.Render("Revoke the token? " + upperFirst(fault.LostWith(r.plan.Lost)) + ".")
	case errors.Is(r.err, fleet.ErrNotRevoked):
		v.body = r.pager.windowAsked(t, r.body(size), size.height, size.width)
		v.status = t.waiting.Render("Revoke it now?")
	case r.queue.After(r.sh.now()):
		v.status = t.waiting.Render("Waiting " + fault.Duration(r.queue.Sub(r.sh.now())) + " for its turn.")
	case fresh != "":
		v.status = fresh
	case more:
		v.status = t.dim.Render("more below, j and k scroll")
	default:
		v.status = copied
	}
	return v
}
