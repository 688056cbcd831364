package fault

import (
	"strings"
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

func TestWordsOfRotations(t *testing.T) {
	hostile := store.Bot{Profile: store.Profile{Username: "x\x1b[2J_bot"}, Key: store.Key{ID: 7}}
	seen := map[string]bool{}
	once := func(text string) {
		t.Helper()
		checkSentences(t, "words", text)
		if seen[text] {
			t.Errorf("twice: %q", text)
		}
		seen[text] = true
	}
	var all []fleet.CutOffRotation
	for _, step := range []store.RotationStep{store.RotationRevoking, store.RotationPasted, store.RotationSaved} {
		all = append(all, fleet.CutOffRotation{Bot: hostile, Step: step})
		once(RotationCutOff(all[len(all)-1]))
	}
	if RotationsCutOff(nil) != "" || RotationsCutOff(all[:1]) != RotationCutOff(all[0]) {
		t.Error("none and one are not told as such")
	}
	once(RotationsCutOff(all))
	for _, lost := range []fleet.Lost{
		{LostSession: store.LostSession{Name: "ci", Runs: store.Elsewhere, At: "vps-1"}},
		{LostSession: store.LostSession{Name: "ci", Runs: store.Elsewhere, At: "vps-1"}, Remade: true},
		{LostSession: store.LostSession{Name: "ci", Runs: store.Elsewhere, At: "vps-1"}, Err: &telegram.Error{Kind: telegram.FloodWait}},
		{LostSession: store.LostSession{Name: "ci", Runs: store.Here}},
		{LostSession: store.LostSession{Name: "ci", Runs: store.Here}, Remade: true},
		{LostSession: store.LostSession{Name: store.DefaultSession, Runs: store.Elsewhere}},
	} {
		once(Bereft(lost))
	}
	once(OldToken(fleet.OldDead))
	once(OldToken(fleet.OldWorks))
	if OldToken(fleet.OldUnproven) != "" || OldTokenIs(fleet.OldUnproven) != "" {
		t.Error("something is said of what is not known")
	}
	steps := strings.Join(ByHand(hostile), "\n")
	if strings.Contains(steps, "\x1b") || !strings.Contains(steps, "Choose @x") || !strings.Contains(steps, "/revoke") {
		t.Errorf("%q", steps)
	}
}
