package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// checking is a check of several bots that is under way. It belongs to the shell: going into a bot and
// back does not end it.
type checking struct {
	task    task
	pending map[fleet.Key]bool
	results chan fleet.Outcome

	total, done int
	since       time.Time
	stopping    bool
	// trouble is the first error that is no bot's state: a locked keyring, say.
	trouble error
}

func (c checking) running() bool { return c.total > 0 }

// checkedMsg is one bot checked.
type checkedMsg struct {
	task    int
	checked fleet.Outcome
}

// check starts checking bots; while a check runs it does nothing.
func (sh *shell) check(keys []fleet.Key) tea.Cmd {
	if sh.checking.running() || len(keys) == 0 {
		return nil
	}
	results := make(chan fleet.Outcome, 64)
	t, cmd := sh.start("check", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		defer close(results)
		sh.fleet.CheckMany(ctx, keys, func(c fleet.Outcome) {
			select {
			case results <- c:
			case <-sh.ctx.Done(): // the program is gone, and with it who reads
			}
		})
		return nil, ctx.Err()
	})
	pending := make(map[fleet.Key]bool, len(keys))
	for _, k := range keys {
		pending[k] = true
	}
	sh.list.notice = ""
	sh.checking = checking{task: t, pending: pending, results: results, total: len(keys), since: sh.now()}
	return tea.Batch(cmd, sh.checking.watch())
}

// watch waits for the next result.
func (c checking) watch() tea.Cmd {
	return func() tea.Msg {
		checked, ok := <-c.results
		if !ok {
			return nil
		}
		return checkedMsg{c.task.id, checked}
	}
}

// stop cancels what runs; what has been checked stays.
func (c checking) stop() checking {
	c.task.cancel()
	c.stopping = true
	return c
}

// update takes the messages of a check under way.
func (c checking) update(sh *shell, msg tea.Msg) (checking, tea.Cmd) {
	switch msg := msg.(type) {
	case checkedMsg:
		if msg.task != c.task.id {
			return c, nil
		}
		delete(c.pending, msg.checked.Bot.Key)
		c.done++
		if err := msg.checked.Err; err != nil && c.trouble == nil && strings.HasPrefix(fault.Of(err).Kind, "keyring_") {
			c.trouble = err
		}
		sh.replace(msg.checked.Bot)
		if c.done == c.total {
			c.sumUp(sh)
			return checking{}, nil
		}
		return c, c.watch()
	case taskDoneMsg:
		// The results are read through their own channel, so the last of them may come after this.
		if msg.task == c.task.id && msg.err != nil {
			c.sumUp(sh)
			return checking{}, sh.reload
		}
	}
	return c, nil
}

// sumUp says in the list's status line what came of it.
func (c checking) sumUp(sh *shell) {
	took := fault.Duration(sh.now().Sub(c.since))
	switch {
	case c.trouble != nil:
		sh.list.notice = fault.Of(c.trouble).What
	case c.stopping || c.done < c.total:
		sh.list.notice = fmt.Sprintf("stopped: %d of %d checked", c.done, c.total)
	default:
		sh.list.notice = fmt.Sprintf("checked %s in %s", count(c.total, "bot"), took)
	}
}

// status is the progress as a line: "checking 112 of 248 ▕████    ▏ 310/s · esc stops".
func (c checking) status(sh *shell) string {
	t := sh.theme
	if c.stopping {
		return "Cancelling" + t.glyphs.ellipsis
	}
	line := fmt.Sprintf("checking %d of %d %s", c.done, c.total, t.bar(c.done, c.total, 16))
	if took := sh.now().Sub(c.since).Seconds(); took > 1 && c.done > 0 {
		line += fmt.Sprintf(" %.0f/s", float64(c.done)/took)
	}
	return line + " " + t.glyphs.dot + " esc stops"
}

// bar is a part of a whole in so many cells.
func (t theme) bar(done, total, cells int) string {
	full := min(cells, cells*done/max(1, total))
	return t.glyphs.barL + strings.Repeat(t.glyphs.barFull, full) + strings.Repeat(t.glyphs.barEmpty, cells-full) + t.glyphs.barR
}

// count is "1 bot", "2 bots".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
