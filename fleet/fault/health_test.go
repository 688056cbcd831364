package fault

import (
	"testing"

	"botring/fleet/store"
	"botring/telegram"
)

func TestOfHealth(t *testing.T) {
	for i, name := range constants(t, "../../telegram", "Kind") {
		kind := telegram.Kind(i)
		f := OfHealth(store.Health{Status: store.SessionRevoked, Kind: kind.String(), Code: 401, Type: "SESSION_REVOKED"})
		checkWords(t, f)
		if f.Kind != kind.String() || f.Code != 401 || f.Type != "SESSION_REVOKED" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := OfHealth(store.Health{Status: store.SecretMissing}); f.Kind != "keyring_missing_item" {
		t.Errorf("secret missing: %+v", f)
	}
	if f := OfHealth(store.Health{Status: store.OK}); f.What != "" {
		t.Errorf("a bot that is well: %+v", f)
	}
	for _, row := range keyringWords() {
		if f := OfKind(row.Kind); f.Kind != row.Kind {
			t.Errorf("%s: %+v", row.Kind, f)
		}
	}
	if f := OfKind("no_such_kind"); f.Kind != "" {
		t.Errorf("no such kind: %+v", f)
	}
}
