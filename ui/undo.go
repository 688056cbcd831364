package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// undoTime is how long what was removed is kept for bringing it back. It is in memory, and goes with the
// program.
const undoTime = 10 * time.Minute

// A batch is what one removal took.
type batch struct {
	removed []fleet.Removed
	until   time.Time
}

// keep keeps what was removed, and returns until when, zero where there is nothing to keep.
func (sh *shell) keep(removed []fleet.Removed) time.Time {
	if len(removed) == 0 {
		return time.Time{}
	}
	b := batch{removed, sh.now().Add(undoTime)}
	sh.undo = append(slices.Clip(sh.undo), b)
	return b.until
}

// expire forgets what was kept for long enough.
func (sh *shell) expire() {
	now := sh.now()
	sh.undo = slices.DeleteFunc(slices.Clone(sh.undo), func(b batch) bool { return !b.until.After(now) })
}

// bringBack undoes the last removal. What it does not do it says.
func (sh *shell) bringBack() tea.Cmd {
	sh.expire()
	if len(sh.undo) == 0 {
		sh.list.notice = "Nothing to bring back."
		return nil
	}
	last := sh.undo[len(sh.undo)-1]
	cmd, began := sh.run(order{deed: restoring, removed: last.removed})
	if !began {
		sh.list.notice = busyWords
	}
	return cmd
}

// restored takes what came back out of what is kept. What did not can be tried again, unless it is there
// already.
func (sh *shell) restored(f *finished) {
	over := map[fleet.Key]bool{}
	for _, r := range f.results {
		over[r.key] = r.over()
	}
	left := make([]batch, 0, len(sh.undo))
	for _, b := range sh.undo {
		b.removed = slices.DeleteFunc(slices.Clone(b.removed), func(r fleet.Removed) bool { return over[r.Bot.Key] })
		if len(b.removed) > 0 {
			left = append(left, b)
		}
	}
	sh.undo = left
}
