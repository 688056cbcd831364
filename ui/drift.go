package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// A drift compares the clock on the wall with the one that timers run by, from tick to tick. They part when
// somebody sets the one, or while the computer sleeps, when the other stands still.
type drift struct {
	wall   time.Time
	steady time.Duration // since some beginning
}

// leastDrift is what is taken for a clock that was set rather than one that is being corrected.
const leastDrift = 2 * time.Second

// driftedMsg: the clock on the wall went so much further than the time that passed; less than 0 where it was set
// back.
type driftedMsg struct{ by time.Duration }

// to is by how much they have parted until a later reading, 0 where that is little.
func (d drift) to(later drift) time.Duration {
	if d.wall.IsZero() {
		return 0
	}
	by := later.wall.Round(0).Sub(d.wall.Round(0)) - (later.steady - d.steady)
	if by.Abs() < leastDrift {
		return 0
	}
	return by
}

// drifted tells the screens of a clock that was set, and reads the catalogue again: waits may have another end.
func (sh *shell) drifted() tea.Cmd {
	now := drift{sh.now(), time.Since(sh.began)}
	by := sh.drift.to(now)
	sh.drift = now
	if by == 0 {
		return nil
	}
	return tea.Batch(func() tea.Msg { return driftedMsg{by} }, sh.reload)
}
