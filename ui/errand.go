package ui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// An errand is something done for several bots that is under way. It belongs to the shell: going into a bot
// and back does not end it. There is one at a time.
type errand struct {
	order
	task task
	news chan event

	// pending are the bots that have not ended, steps what those among them are at that have begun.
	pending map[fleet.Key]bool
	steps   map[fleet.Key]fleet.Step
	// gone are those that were removed: their rows stay until all is done, so that nothing jumps.
	gone    map[fleet.Key]bool
	results []outcome

	// shown is how many of what is imported stood in the list when it was read last.
	shown int

	total    int
	since    time.Time
	pace     pace
	held     time.Time // until when Telegram does not hear this address
	stopping bool
}

func (e errand) running() bool { return e.total > 0 }

// An event is what an errand tells: a result, or else a step of a bot's, or how long everything is held up.
type event struct {
	outcome *outcome
	key     fleet.Key
	step    fleet.Step
	held    time.Time
}

// errandMsg is what an errand told since the last one. With last, it has ended.
type errandMsg struct {
	task   int
	events []event
	last   bool
}

// maxEvents bounds what one message carries, so that keys are heard between two.
const maxEvents = 256

// run starts an errand and reports whether it did: there is one at a time.
func (sh *shell) run(o order) (cmd tea.Cmd, began bool) {
	keys := o.keys()
	if sh.errand.running() || len(keys) == 0 {
		return nil, false
	}
	o.bots = slices.Clone(o.bots) // the shell's own change under what is done beside it
	news, f := make(chan event, maxEvents), sh.fleet
	program := sh.ctx
	t, cmd := sh.start(o.deed.task(), func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		defer close(news)
		tell := func(e event) {
			select {
			case news <- e:
			case <-program.Done(): // the program is gone, and with it who reads
			}
		}
		trace := fleet.Trace{Held: func(until time.Time) { tell(event{held: until}) }}
		if o.deed.steps() {
			trace.Step = func(key fleet.Key, s fleet.Step) { tell(event{key: key, step: s}) }
		}
		return nil, o.do(fleet.WithTrace(ctx, trace), f, func(r outcome) { tell(event{outcome: &r}) })
	})
	pending := make(map[fleet.Key]bool, len(keys))
	for _, k := range keys {
		pending[k] = true
	}
	sh.list.notice = ""
	sh.errand = errand{
		order: o, task: t, news: news, pending: pending, steps: map[fleet.Key]fleet.Step{}, gone: map[fleet.Key]bool{},
		total: len(keys), since: sh.now(), pace: newPace(sh.now(), 0),
	}
	return tea.Batch(cmd, sh.errand.watch()), true
}

// busyWords are what is said to somebody who wants two at once.
const busyWords = "Something else still runs for several bots: esc on the list stops it."

// check starts checking bots, hidden of which the filter does not show.
func (sh *shell) check(bots []fleet.Bot, hidden int) tea.Cmd {
	cmd, _ := sh.run(order{deed: checking, bots: bots, hidden: hidden})
	return cmd
}

// watch waits for news, and takes along what else there is.
func (e errand) watch() tea.Cmd {
	return func() tea.Msg {
		msg := errandMsg{task: e.task.id}
		for first := true; len(msg.events) < maxEvents; first = false {
			var more bool
			var got event
			if first {
				got, more = <-e.news
			} else {
				select {
				case got, more = <-e.news:
				default:
					return msg
				}
			}
			if !more {
				msg.last = true
				return msg
			}
			msg.events = append(msg.events, got)
		}
		return msg
	}
}

// stop cancels what runs; what has been done stays.
func (e errand) stop() errand {
	e.task.cancel()
	e.stopping = true
	return e
}

// update takes what an errand under way tells.
func (e errand) update(sh *shell, msg tea.Msg) (errand, tea.Cmd) {
	switch msg := msg.(type) {
	case tickMsg:
		e.pace = e.pace.at(sh.now(), len(e.results))
		if e.deed == importing && e.shown < len(e.results) {
			e.shown = len(e.results)
			return e, sh.reload // new bots have no rows yet
		}
	case driftedMsg:
		e = e.drifted(sh.now(), msg.by)
	case errandMsg:
		if msg.task != e.task.id || !e.running() {
			return e, nil
		}
		for _, each := range msg.events {
			e = e.take(sh, each)
		}
		if msg.last {
			return errand{}, e.end(sh)
		}
		return e, e.watch()
	}
	return e, nil
}

// drifted has an errand go on by a clock that was set. A wait is not longer than it was when it is set back.
func (e errand) drifted(now time.Time, by time.Duration) errand {
	e.since = e.since.Add(by)
	e.pace = newPace(now, len(e.results))
	if by < 0 {
		e.held = e.held.Add(by)
	}
	return e
}

// take enters one event.
func (e errand) take(sh *shell, ev event) errand {
	switch {
	case ev.outcome != nil:
		r := *ev.outcome
		delete(e.pending, r.key)
		delete(e.steps, r.key)
		switch {
		case e.deed.removes():
			e.gone[r.key] = r.ending(e.deed) == wentWell
		case r.bot.ID != 0:
			sh.replace(r.bot)
		}
		if r.bot.ID == 0 {
			r.bot = e.asItWas(r)
		}
		e.results = append(e.results, r)
	case ev.held.After(e.held):
		e.held = ev.held
	case ev.key.ID != 0 && !ev.step.Done:
		e.steps[ev.key] = ev.step
	}
	return e
}

// says is what stands in the row of a bot that the errand is for, false for any other.
func (e errand) says(sh *shell, key fleet.Key) (mark, state string, mine bool) {
	t := sh.theme
	switch {
	case e.gone[key]:
		return t.dim.Render(t.glyphs.done), e.deed.did(), true
	case !e.pending[key]:
		return "", "", false
	}
	step, begun := e.steps[key]
	left := step.Until.Sub(sh.now())
	switch {
	case begun && step.Stage == fleet.Queueing && left > 0:
		return t.waiting.Render(t.glyphs.waiting), "its turn in " + fault.Duration(left), true
	case begun:
		return t.dim.Render(t.glyphs.unknown), lowered(fault.Stage(step)) + t.glyphs.ellipsis, true
	case e.deed.steps():
		return t.dim.Render(t.glyphs.unknown), "waits", true
	}
	return t.dim.Render(t.glyphs.unknown), e.deed.String() + t.glyphs.ellipsis, true
}
