package fault

import (
	"testing"

	"botring/fleet"
	"botring/telegram"
)

// TestEveryKindHasAResult: whatever an action ends with, the history says it in words of its own.
func TestEveryKindHasAResult(t *testing.T) {
	kinds := []string{KindUnexpected, kindInput, kindForeign, kindNewer, kindNotWritable, kindUnreadable, kindMissingItem}
	for k := telegram.Unexpected; k <= telegram.BotRequired; k++ {
		kinds = append(kinds, k.String())
	}
	for _, row := range keyringWords() {
		kinds = append(kinds, row.Kind)
	}
	for _, row := range fleetWords() {
		kinds = append(kinds, row.Kind)
	}
	for _, kind := range kinds {
		mark, words := HistoryResult(kind)
		if words == "" || len(words) > 22 || mark == OK && kind != "session_works" {
			t.Errorf("%s: %v %q", kind, mark, words)
		}
		if _, own := historyResults()[kind]; mark == NeedsYou && !own {
			t.Errorf("%s has no words", kind)
		}
	}
}

func TestHistoryWords(t *testing.T) {
	for _, test := range []struct {
		action, outcome string
		mark            Mark
		does, ended     string
	}{
		{"log in", fleet.OutcomeOK, OK, "log in", "ok"},
		{"check many", "cancelled", Unknown, "check bots", "cancelled"},
		{"log in", "flood_wait", Waiting, "log in", "told to wait"},
		// A newer version may have written it, and somebody may have written into the file.
		{"dance\x1b[31m", "some_new_kind\n", NeedsYou, "dance", "some new kind"},
	} {
		mark, ended := HistoryResult(test.outcome)
		if does := HistoryAction(test.action); mark != test.mark || does != test.does || ended != test.ended {
			t.Errorf("%+v: %v %q %q", test, mark, does, ended)
		}
	}
}
