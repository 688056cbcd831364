package fault

import (
	"testing"

	"botring/fleet"
	"botring/fleet/store"
)

func TestAllRun(t *testing.T) {
	at := func(places ...string) (bots []fleet.Bot) {
		for _, place := range places {
			bots = append(bots, fleet.Bot{Sessions: []fleet.Session{{Name: "ci", Runs: store.Elsewhere, At: place}}})
		}
		return bots
	}
	for want, bots := range map[string][]fleet.Bot{
		"at vps-1":           at("vps-1", "vps-1"),
		"where it is":        at("vps-1", "vps-1", "vps-2"),
		"under botring exec": at(fleet.PlaceExec),
	} {
		if got := AllRun(bots, "ci"); got != want {
			t.Errorf("%d bots run %q, want %q", len(bots), got, want)
		}
	}
}
