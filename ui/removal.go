package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// removal is the removing of several bots, one after another, while it runs.
type removal struct {
	task     task
	way      removeWay
	outcomes chan outcome

	total, done int
	removed     []fleet.Bot
	failed      []outcome
	stopping    bool
}

// An outcome is what became of one bot. With logged out and err both, the logout worked and the removing
// did not.
type outcome struct {
	bot       fleet.Bot
	loggedOut bool
	err       error
}

// removedMsg is one outcome, or with last the end of them.
type removedMsg struct {
	task    int
	outcome outcome
	last    bool
}

// removal starts removing bots. A bot whose logout fails is kept: its session would live on with nobody
// knowing of it.
func (sh *shell) removal(bots []fleet.Bot, way removeWay) (removal, tea.Cmd) {
	outcomes := make(chan outcome, len(bots))
	t, cmd := sh.start("removal", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		defer close(outcomes)
		keys := make([]fleet.Key, len(bots))
		for i, b := range bots {
			keys[i] = b.Key
		}
		return nil, sh.fleet.RemoveMany(ctx, keys, fleet.Removal{LogOut: way == removeLogOut}, func(r fleet.Removed, err error) {
			outcomes <- outcome{bot: r.Bot, loggedOut: r.LoggedOut, err: err}
		})
	})
	r := removal{task: t, way: way, outcomes: outcomes, total: len(bots)}
	return r, tea.Batch(cmd, r.watch())
}

// forget takes rows out before the catalogue is read again, and their marks with them.
func (sh *shell) forget(gone []fleet.Bot) {
	isGone := func(b fleet.Bot) bool {
		return slices.ContainsFunc(gone, func(g fleet.Bot) bool { return g.Key == b.Key })
	}
	for _, b := range gone {
		delete(sh.list.marked, b.Key)
	}
	sh.took(catalogueMsg{bots: slices.DeleteFunc(slices.Clone(sh.bots), isGone), apps: sh.apps})
}

// watch waits for the next outcome.
func (r removal) watch() tea.Cmd {
	return func() tea.Msg {
		out, ok := <-r.outcomes
		return removedMsg{task: r.task.id, outcome: out, last: !ok}
	}
}

// stop lets the bot that is being removed be the last.
func (r removal) stop() removal {
	r.task.cancel()
	r.stopping = true
	return r
}

// update takes an outcome. It has ended when all outcomes have been read.
func (r removal) update(msg tea.Msg) (next removal, cmd tea.Cmd, ended bool) {
	got, ok := msg.(removedMsg)
	switch {
	case !ok || got.task != r.task.id:
		return r, nil, false
	case got.last:
		return r, nil, true
	case got.outcome.err == nil:
		r.removed = append(r.removed[:len(r.removed):len(r.removed)], got.outcome.bot)
	case !r.stopping || !errors.Is(got.outcome.err, context.Canceled):
		r.failed = append(r.failed[:len(r.failed):len(r.failed)], got.outcome)
	}
	r.done++
	return r, r.watch(), false
}

// status is the progress.
func (r removal) status(sh *shell) string {
	if r.stopping {
		return "Cancelling" + sh.theme.glyphs.ellipsis
	}
	line := "removing" + sh.theme.glyphs.ellipsis
	if r.total > 1 {
		line = fmt.Sprintf("removing %d of %d", min(r.done+1, r.total), r.total)
	}
	return line + " " + sh.theme.glyphs.dot + " esc stops"
}

// says sums up what was done, at Telegram and here.
func (r removal) says() string {
	did := "Removed"
	if r.way == removeLogOut {
		did = "Logged out and removed"
	}
	what := count(len(r.removed), "bot")
	if len(r.removed) == 1 {
		what = displayName(r.removed[0])
	}
	switch left := r.total - len(r.removed); {
	case left == 0:
		return did + " " + what + "."
	case len(r.failed) == 0:
		return fmt.Sprintf("Stopped: %d of %d removed.", len(r.removed), r.total)
	case len(r.removed) == 0:
		return "Nothing was removed."
	default:
		return fmt.Sprintf("%s %s; %d still here.", did, what, left)
	}
}
