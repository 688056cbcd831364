package fault

import (
	"testing"

	"botring/fleet/store"
	"botring/telegram"
)

// TestOfHealth: what the catalogue keeps of an error is enough to say it again.
func TestOfHealth(t *testing.T) {
	for kind := telegram.Unexpected; kind <= telegram.BotRequired; kind++ {
		got := OfHealth(store.Health{Status: store.SessionDead, Kind: kind.String(), Code: 401, Type: "SOMETHING"})
		if got.Kind != kind.String() || got.What == "" || got.Code != 401 || got.Type != "SOMETHING" {
			t.Errorf("%v is said as %s %d %s: %q", kind, got.Kind, got.Code, got.Type, got.What)
		}
	}
}

func TestOfHealthOfTheKeyring(t *testing.T) {
	if got := OfHealth(store.Health{Status: store.SecretMissing}); got.Kind != kindMissingItem || got.What == "" {
		t.Errorf("kind %q: %q", got.Kind, got.What)
	}
}

func TestOfHealthThatIsWell(t *testing.T) {
	for _, status := range []store.Status{store.OK, store.NotLoggedIn, store.Unchecked, ""} {
		if got := OfHealth(store.Health{Status: status}); got.What != "" || got.Kind != "" {
			t.Errorf("%s is said as %q", status, got.What)
		}
	}
}
