package ui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// errStopped is the cause of a task's context when the user stopped it.
var errStopped = errors.New("stopped by the user")

// A task is a call that takes long enough to be watched and cancelled. Its context is made in Update, its
// steps come over a channel that a re-issued command reads, and its end is one taskDoneMsg. A screen that
// started one recognises the answers by the id and drops those of any other.
type task struct {
	id   int
	does string // what is running, for the question at quitting: "login", "check"

	stop  context.CancelCauseFunc
	steps chan fleet.Step
}

// stepMsg is a step of a task that is still running.
type stepMsg struct {
	task int
	step fleet.Step
}

// taskDoneMsg is the end of a task: with the value its call returned, or the error.
type taskDoneMsg struct {
	task  int
	value any
	err   error
}

// start runs call beside the screens. The command must be returned from Update.
func (sh *shell) start(does string, call func(context.Context, func(fleet.Step)) (any, error)) (task, tea.Cmd) {
	sh.lastTask++
	ctx, stop := context.WithCancelCause(withTask(sh.ctx, sh.lastTask))
	t := task{id: sh.lastTask, does: does, stop: stop, steps: make(chan fleet.Step, 16)}
	sh.tasks[t.id] = t

	sh.calls.Add(1)
	run := func() tea.Msg {
		defer sh.calls.Done()
		// The channel is closed before the end is told, so that the reader below never outlives the task.
		defer stop(nil)
		value, err := call(ctx, func(s fleet.Step) {
			select {
			case t.steps <- s:
			case <-ctx.Done(): // nobody watches what is being cancelled
			}
		})
		close(t.steps)
		done := taskDoneMsg{task: t.id, value: value, err: err}
		sh.untold.Store(t.id, done)
		return done
	}
	return t, tea.Batch(run, t.watch())
}

// watch waits for the next step. A screen returns it again after every stepMsg of its task.
func (t task) watch() tea.Cmd {
	return func() tea.Msg {
		step, ok := <-t.steps
		if !ok {
			return nil
		}
		return stepMsg{task: t.id, step: step}
	}
}

// cancel asks the task to end. It has ended when its taskDoneMsg arrives.
func (t task) cancel() {
	if t.stop != nil {
		t.stop(errStopped)
	}
}

// spinMsg turns the spinner of a screen that waits.
type spinMsg struct{ task int }

func (t task) spin() tea.Cmd {
	id := t.id
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return spinMsg{id} })
}

// A guard keeps a destructive step from being confirmed by a key that was on its way already: a paste
// without bracketed paste ends in enter as well.
type guard struct{ since time.Time }

// guardTime is how long a confirmation is deaf.
const guardTime = 300 * time.Millisecond

func (g guard) ready(now time.Time) bool { return now.Sub(g.since) >= guardTime }
