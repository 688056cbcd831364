package ui

import (
	"testing"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
)

// TestHistoryLife: what is done stands in the history, by whomever, and its seals are followed with the key that is
// in the keyring.
func TestHistoryLife(t *testing.T) {
	w := newWhole(t, 2)
	w.See("2 bots")
	w.Type("3")
	w.See("add")
	if _, err := w.fleet.SetLabel(t.Context(), fleet.Key{Environment: "test", ID: wholeID(2)}, "Second"); err != nil {
		t.Fatal(err)
	}
	// Nobody pressed a key for it.
	w.See("label")
	w.Press(uv.KeyEnter)
	w.See("Health")
	w.Type("3")
	w.See("Second › History")
	w.Press(uv.KeyEscape)
	w.See("Health")
	w.Press(uv.KeyEscape)
	w.See("Result")
	w.Type("r")
	w.See("The history is as it was written:")
	w.See("What this cannot find")
	w.Press(uv.KeyEscape)
	w.See("Result")
	w.Type("1")
	w.See("2 bots")
	w.Type("W")
	w.See("The watch is on")
	w.Type("q")
	if err := w.Ended(); err != nil {
		t.Error(err)
	}
}
