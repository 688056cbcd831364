package ui

import (
	"cmp"
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// A watch has all bots checked again and again as long as the program is open. It is no task: nobody waits for
// it, and leaving does not ask about it.
type watch struct {
	id int
	// every is how often, also of one that is turned on later.
	every  time.Duration
	stop   context.CancelFunc // nil while it is off
	events chan any

	next time.Time
	// bots are those of the round that is under way, 0 between rounds; done of them have been checked, and bad
	// are those that need the user since then.
	bots, done int
	bad        []fleet.Key
}

// What a watch tells, besides each fleet.Outcome.
type (
	watchNext  struct{ at time.Time }
	watchBegan struct{ bots int }
	watchEnded struct{ err error }
)

// watchMsg is what a watch tells.
type watchMsg struct {
	watch int
	event any
}

func (w watch) on() bool { return w.stop != nil }

// toggleWatch turns the watch on or off.
func (sh *shell) toggleWatch() tea.Cmd {
	if sh.watch.on() {
		sh.watch.stop()
		sh.watch = watch{id: sh.watch.id, every: sh.watch.every}
		sh.list.notice = "The watch is off."
		return sh.reload // what a round had found so far
	}
	cmd := sh.startWatch()
	often := fault.Duration(sh.watch.every)
	if sh.watch.every == time.Hour {
		often = "hour"
	}
	sh.list.notice = fmt.Sprintf("The watch is on: every %s all bots are checked, while this is open.", often)
	return cmd
}

// startWatch turns the watch on.
func (sh *shell) startWatch() tea.Cmd {
	ctx, stop := context.WithCancel(sh.ctx)
	w := watch{
		id: sh.watch.id + 1, every: cmp.Or(sh.watch.every, fleet.LeastWatch), stop: stop, events: make(chan any),
	}
	sh.watch = w
	tell := func(event any) {
		select {
		case w.events <- event:
		case <-ctx.Done():
		}
	}
	sh.calls.Add(1)
	run := func() tea.Msg {
		defer sh.calls.Done()
		defer close(w.events)
		sh.fleet.Watch(ctx, w.every, fleet.Watcher{
			Next:    func(at time.Time) { tell(watchNext{at}) },
			Began:   func(bots int) { tell(watchBegan{bots}) },
			Checked: func(o fleet.Outcome) { tell(o) },
			Ended:   func(err error) { tell(watchEnded{err}) },
		})
		return nil
	}
	return tea.Batch(run, w.listen())
}

// watchAtStart turns the watch on where the configuration says so.
func (sh *shell) watchAtStart() tea.Cmd {
	if sh.watch.every == 0 {
		return nil
	}
	return sh.startWatch()
}

// listen waits for what the watch tells next.
func (w watch) listen() tea.Cmd {
	return func() tea.Msg {
		event, ok := <-w.events
		if !ok {
			return nil
		}
		return watchMsg{w.id, event}
	}
}

// update takes what a watch tells.
func (w watch) update(sh *shell, msg tea.Msg) (watch, tea.Cmd) {
	told, ok := msg.(watchMsg)
	if !ok || !w.on() || told.watch != w.id {
		return w, nil
	}
	switch event := told.event.(type) {
	case watchNext:
		w.next = event.at
	case watchBegan:
		w.bots, w.done, w.bad = event.bots, 0, nil
	case fleet.Outcome:
		w.done++
		before, known := sh.bot(event.Key)
		if event.Bot.Key == event.Key && known {
			if now := sh.now(); fault.MarkAt(&before, now) != fault.NeedsYou && fault.MarkAt(&event.Bot, now) == fault.NeedsYou {
				w.bad = append(w.bad, event.Key)
			}
			sh.replace(event.Bot)
		}
	case watchEnded:
		if says := w.found(sh, event.err); says != "" {
			sh.list.notice = says
		}
		w.bots, w.done, w.bad = 0, 0, nil
	}
	return w, w.listen()
}

// found is what a round has to say, "" where all is as it was.
func (w watch) found(sh *shell, err error) string {
	if err != nil {
		return "The watch checked nothing. " + fault.Of(err).What
	}
	if len(w.bad) == 0 {
		return ""
	}
	first, known := sh.bot(w.bad[0])
	if !known {
		return ""
	}
	_, state := fault.State(first, sh.now())
	says := fmt.Sprintf("The watch found %s: %s.", displayName(first), state)
	if more := len(w.bad) - 1; more > 0 {
		says += fmt.Sprintf(" %s more.", count(more, "bot"))
	}
	return says + " ! goes there"
}

// beside puts the watch beside the counts of the list, before them where there is little room.
func (w watch) beside(sh *shell, counts string) string {
	if !w.on() || w.next.IsZero() {
		return counts
	}
	at := clockTime(w.next, sh.now())
	long, short := "watch: next "+at, "watch "+at
	if w.bots > 0 {
		long, short = fmt.Sprintf("watch: checking %d of %d", w.done, w.bots), fmt.Sprintf("watch %d/%d", w.done, w.bots)
	}
	dot := " " + sh.theme.glyphs.dot + " "
	if both := counts + dot + long; ansi.StringWidth(both)+1 <= sh.body.width {
		return both
	}
	return short + dot + counts
}
