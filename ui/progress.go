package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// progress shows an attempt step by step. Its lines stand where they stand from the beginning: the list of
// stages is the attempt's, and each only changes its own line.
type progress struct {
	sh      *shell
	attempt attempt
	task    task
	lines   []stageLine
	frame   int // of the spinner

	// queue is until when the login waits for its turn, zero where it does not.
	queue time.Time
	// cancelling: esc was pressed, and the task has not ended yet.
	cancelling bool
}

// A stageLine is what is known of one stage: its last step.
type stageLine struct {
	begun, done bool
	step        fleet.Step
}

func newProgress(sh *shell, a attempt, t task) progress {
	p := progress{sh: sh, attempt: a, task: t}
	for _, stage := range a.stages() {
		p.lines = append(p.lines, stageLine{step: fleet.Step{Stage: stage}})
	}
	return p
}

func (p progress) Typing() bool { return false }

func (p progress) Keys() []key.Binding {
	if p.cancelling {
		return nil
	}
	return []key.Binding{as(p.sh.keys.back, "cancel")}
}

func (p progress) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if !p.cancelling && key.Matches(msg, p.sh.keys.back, p.sh.keys.quit) {
			p.cancelling = true
			p.task.cancel()
		}
	case spinMsg:
		if msg.task == p.task.id {
			p.frame++
			return p, p.task.spin()
		}
	case stepMsg:
		if msg.task == p.task.id {
			p.queue = msg.step.Until
			p.lines = took(p.lines, msg.step)
			return p, p.task.watch()
		}
	case taskDoneMsg:
		if msg.task == p.task.id {
			return p.ended(msg)
		}
	}
	return p, nil
}

// ended goes on from the end of the task. What was saved before the cancelling arrived is saved, and said
// so; a login that was granted meanwhile is logged out again.
func (p progress) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	var unsaved *fleet.UnsavedError
	switch {
	case !p.cancelling && !errors.Is(msg.err, context.Canceled) || msg.err == nil && msg.value != nil:
		return p.attempt.ended(p.sh, msg.value, msg.err)
	case errors.As(msg.err, &unsaved) && p.attempt.aim != savingAgain:
		p.sh.unsaved = unsaved
		next, cmd := newAbandoning(p.sh, p.attempt, "Cancelled. Nothing was saved.")
		return next, tea.Batch(cmd, p.sh.reload)
	case p.attempt.aim == savingAgain:
		return p.attempt.ended(p.sh, nil, msg.err)
	}
	return p.attempt.returning(p.sh, "Cancelled. Nothing was saved."), p.sh.reload
}

// took enters a step into the lines. Connecting and securing at another data centre are part of moving
// there, and tell the address at most.
func took(lines []stageLine, step fleet.Step) []stageLine {
	lines = slices.Clone(lines)
	line := func(stage fleet.Stage) *stageLine {
		if i := slices.IndexFunc(lines, func(l stageLine) bool { return l.step.Stage == stage }); i >= 0 {
			return &lines[i]
		}
		return &stageLine{}
	}
	if moving := line(fleet.Moving); moving.begun && !moving.done && (step.Stage == fleet.Connecting || step.Stage == fleet.Securing) {
		moving.step.Addr = cmp.Or(step.Addr, moving.step.Addr)
		return lines
	}
	if step.Stage == fleet.Moving && !step.Done {
		// What Telegram answered with another data centre did not happen yet.
		if login := line(fleet.LoggingIn); login.begun {
			login.begun = false
		}
	}
	at := line(step.Stage)
	step.Addr, step.DC = cmp.Or(step.Addr, at.step.Addr), cmp.Or(step.DC, at.step.DC)
	at.begun, at.done, at.step = true, step.Done, step
	return lines
}

func (p progress) View(size size) view {
	t := p.sh.theme
	v := view{trail: p.attempt.trail()}
	running := p.running()
	for i, line := range p.lines {
		v.body = append(v.body, p.line(line, i == running, size.width))
	}
	switch {
	case p.cancelling:
		v.status = t.waiting.Render("Cancelling" + t.glyphs.ellipsis)
	case p.queue.After(p.sh.now()):
		v.status = t.waiting.Render("Waiting " + fault.Duration(p.queue.Sub(p.sh.now())) + " for its turn: Telegram asked another bot of the app to wait.")
	case running < 0 && p.attempt.first != nil, running >= 0 && p.lines[running].step.Stage == fleet.OpeningKeyring:
		v.status = t.dim.Render("If it is locked, its prompt may be on the machine's own screen.")
	}
	return v
}

// running is the line that turns: the last that has begun and is not done.
func (p progress) running() int {
	for i := len(p.lines) - 1; i >= 0; i-- {
		if p.lines[i].begun && !p.lines[i].done {
			return i
		}
	}
	return -1
}

// line draws one stage in fixed columns: sign, name, time, address.
func (p progress) line(l stageLine, running bool, width int) string {
	t := p.sh.theme
	sign, name := " ", t.dim
	switch {
	case l.done:
		sign, name = t.ok.Render(t.glyphs.done), t.text
	case running:
		sign, name = t.focus.Render(t.glyphs.spinner[p.frame%len(t.glyphs.spinner)]), t.text
	}
	if l.step.Stage == fleet.Moving && !l.begun {
		// The place of the line is kept, and filled when the bot turns out to live elsewhere.
		return ""
	}
	out := indentBy(margin(width)) + sign + " " + name.Render(t.pad(fault.Stage(l.step), 20))
	if l.done {
		out += t.dim.Render(fmt.Sprintf(" %7s", millis(l.step.Took)))
	} else {
		out += indentBy(8)
	}
	if !l.begun {
		return out
	}
	to := l.step
	if width < 60 || width < 90 && to.Proxy != "" {
		to.Addr = "" // the number says enough
	}
	return out + t.dim.Render("   "+fault.Where(to))
}

// millis is how long a stage took, in the unit that fits.
func millis(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// abandoning logs out a login that nobody wants to save any more, and goes back.
type abandoning struct {
	sh      *shell
	attempt attempt
	task    task
	says    string
	frame   int
}

// newAbandoning starts the logging out; says is told when it is done.
func newAbandoning(sh *shell, a attempt, says string) (screen, tea.Cmd) {
	f, unsaved := sh.fleet, sh.unsaved
	t, cmd := sh.start("logout", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return nil, f.Abandon(ctx, unsaved)
	})
	return abandoning{sh: sh, attempt: a, task: t, says: says}, tea.Batch(cmd, t.spin())
}

func (a abandoning) Typing() bool        { return false }
func (a abandoning) Keys() []key.Binding { return nil }

func (a abandoning) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case spinMsg:
		if msg.task == a.task.id {
			a.frame++
			return a, a.task.spin()
		}
	case stepMsg:
		if msg.task == a.task.id {
			return a, a.task.watch()
		}
	case taskDoneMsg:
		if msg.task != a.task.id {
			return a, nil
		}
		// Where even that failed the key is forgotten all the same; Telegram lists the session until it
		// drops it.
		a.sh.unsaved = nil
		var kept *fleet.NotUndoneError
		switch {
		case errors.As(msg.err, &kept):
			a.says = "Logged out again. The keyring could not be asked to forget it: " + fault.Of(kept.Err).What
		case msg.err != nil:
			a.says = "Nothing was saved. Telegram could not be told to end the session: " + fault.Of(msg.err).What
		}
		return a.attempt.returning(a.sh, a.says), a.sh.reload
	}
	return a, nil
}

func (a abandoning) View(size size) view {
	t := a.sh.theme
	sign := t.focus.Render(t.glyphs.spinner[a.frame%len(t.glyphs.spinner)])
	return view{
		trail:  a.attempt.trail(),
		body:   []string{indentBy(margin(size.width)) + sign + " Logging out again, so that nothing stays behind"},
		status: t.waiting.Render("Cancelling" + t.glyphs.ellipsis),
	}
}
