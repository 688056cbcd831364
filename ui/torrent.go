package ui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// A torrent is a huge paste that a terminal without bracketed paste types key by key. Every key costs a
// frame, so a megabyte would keep the program busy for minutes; what no field can hold is dropped before
// that.
type torrent struct {
	now   func() time.Time
	leave key.Binding

	keys int       // since the last pause
	last time.Time // when the last key came
}

// filter is for tea.WithFilter: it lets as much pass as a burst of a form keeps, and leave always.
func (t *torrent) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return msg
	}
	now := t.now()
	if now.Sub(t.last) >= burstPause {
		t.keys = 0
	}
	t.last = now
	t.keys++
	if t.keys > maxBurst && !key.Matches(press, t.leave) {
		return nil
	}
	return msg
}
