package ui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A paste that comes as keys is cut off where no field can hold more; leaving stays possible, and a person
// who types on afterwards is heard.
func TestTorrent(t *testing.T) {
	h := &hands{now: noon()}
	keys := torrent{now: func() time.Time { return h.now }, leave: newKeymap().leave}
	letter, leave := press("a"), press("ctrl+c")

	passed := 0
	for range 10 * maxBurst {
		h.wait(100 * time.Microsecond)
		if keys.filter(nil, letter) != nil {
			passed++
		}
	}
	if passed != maxBurst {
		t.Errorf("%d keys of a torrent passed, want %d", passed, maxBurst)
	}
	if keys.filter(nil, leave) == nil {
		t.Error("ctrl+c was dropped with a torrent")
	}
	if size := (tea.WindowSizeMsg{Width: 80}); keys.filter(nil, size) != size {
		t.Error("a message that is no key was dropped with a torrent")
	}
	h.wait(burstPause)
	if keys.filter(nil, letter) == nil {
		t.Error("a key after the torrent was dropped")
	}
}
