package ui

import (
	"errors"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// flood shows how long Telegram asks to wait. It needs no timer of its own: the clock of the shell redraws
// it every second.
type flood struct {
	failure

	until time.Time
	// began is when the wait was first shown; of a wait from an earlier run only the rest is known.
	began time.Time
}

func newFlood(sh *shell, a attempt, err error, until time.Time) screen {
	now := sh.now().Round(0) // how much of the wait has passed is for the clock on the wall to say
	return flood{failure: failure{sh: sh, attempt: a, err: err, since: guard{sh.now()}}, until: until, began: now}
}

// over reports whether the wait is.
func (f flood) over() bool { return !f.sh.now().Before(f.until) }

func (f flood) Keys() []key.Binding {
	if f.over() {
		return append([]key.Binding{as(f.sh.keys.open, "log in")}, f.failure.Keys()...)
	}
	return f.failure.Keys()
}

func (f flood) Update(msg tea.Msg) (screen, tea.Cmd) {
	if press, ok := msg.(tea.KeyPressMsg); ok && f.over() && key.Matches(press, f.sh.keys.open) {
		return f.attempt.start(f.sh)
	}
	if moved, ok := msg.(driftedMsg); ok && moved.by < 0 {
		// The wait is as long as Telegram said: its end goes back with the clock.
		f.until, f.began = f.until.Add(moved.by), f.began.Add(moved.by)
		var told *fleet.FloodError
		if errors.As(f.err, &told) {
			again := *told
			again.Until = f.until
			f.err = &again
		}
		return f, nil
	}
	next, cmd := f.failure.Update(msg)
	if same, ok := next.(failure); ok {
		f.failure = same
		return f, cmd
	}
	return next, cmd
}

func (f flood) View(size size) view {
	v := f.failure.View(size)
	v.body, _ = f.pager.window(f.text(size), size.height)
	return v
}

// text is the fault with the bar in its middle.
func (f flood) text(size size) []string {
	t, said := f.sh.theme, f.fault()
	sign := t.waiting.Render(t.glyphs.waiting)
	if f.over() {
		sign = t.ok.Render(t.glyphs.done)
		said.What, said.Why = "The wait is over.", "This bot may log in again."
		said.Next, said.NotSaved = "", ""
	} else if f.attempt.aim == loggingIn {
		said.Next = "Nothing logs it in before then, restarts included."
	}
	return paragraphs([][]string{
		headline(t, sign, said, size.width),
		prose(said.Why, size.width),
		{f.bar(size.width)},
		prose(said.Next, size.width),
	}, size.height)
}

// bar is the wait as a bar, with what is left and when it ends.
func (f flood) bar(width int) string {
	t, now := f.sh.theme, f.sh.now()
	left := f.until.Sub(now)
	after := " until " + clockTime(f.until, now)
	if left > 0 {
		after += " " + t.glyphs.dot + " " + fault.Countdown(left)
	}
	cells := max(4, min(30, width-margin(width)-3-len(after)))
	full := cells
	if whole := f.until.Sub(f.began); left > 0 && whole > 0 {
		full = min(cells, int(int64(cells)*int64(now.Sub(f.began))/int64(whole)))
	}
	return indentBy(margin(width)) + t.dim.Render(t.glyphs.barL) +
		t.waiting.Render(strings.Repeat(t.glyphs.barFull, full)) +
		strings.Repeat(t.glyphs.barEmpty, cells-full) + t.dim.Render(t.glyphs.barR+after)
}
