package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// A counted task is one that goes through items and tells how far it is.
type counted struct {
	task

	counts chan fleet.MoveStep
	// at is the last that was told.
	at fleet.MoveStep
}

// countedMsg is how far a counted task is.
type countedMsg struct {
	task int
	at   fleet.MoveStep
}

// startCounted runs call beside the screens. What it tells faster than it can be shown is left out.
func (sh *shell) startCounted(does string, call func(context.Context, func(fleet.MoveStep)) (any, error)) (counted, tea.Cmd) {
	counts := make(chan fleet.MoveStep, 16)
	t, cmd := sh.start(does, func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		defer close(counts)
		return call(ctx, func(at fleet.MoveStep) {
			select {
			case counts <- at:
			default:
			}
		})
	})
	c := counted{task: t, counts: counts}
	return c, tea.Batch(cmd, c.count())
}

// count waits for the next. A screen returns it again after every countedMsg of its task.
func (c counted) count() tea.Cmd {
	return func() tea.Msg {
		at, ok := <-c.counts
		if !ok {
			return nil
		}
		return countedMsg{c.id, at}
	}
}

// update takes how far the task is.
func (c counted) update(msg tea.Msg) (counted, tea.Cmd) {
	if msg, ok := msg.(countedMsg); ok && msg.task == c.id {
		c.at = msg.at
		return c, c.count()
	}
	return c, nil
}
