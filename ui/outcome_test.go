package ui

import (
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

// started is the progress screen of a token that was pasted and sent off.
func started(t *testing.T, sh *shell, h *hands) progress {
	t.Helper()
	p, ok := h.keys(h.paste(newAdd(sh), testToken), "enter").(progress)
	if !ok {
		t.Fatal("nothing was started")
	}
	return p
}

// end hands a progress screen the end of its task.
func end(s screen, value any, err error) screen {
	s, _ = s.Update(taskDoneMsg{task: s.(progress).task.id, value: value, err: err})
	return s
}

func savedBot() fleet.Saved {
	return fleet.Saved{
		Bot: fleet.Bot{
			Key:      fleet.Key{Environment: "production", ID: 7123456789},
			APIID:    10001,
			Profile:  fleet.Profile{FirstName: "Shop orders", Username: "shop_orders_bot", DC: 4, Inline: true, Groups: true},
			Health:   store.Health{Status: store.OK, CheckedAt: noon()},
			Sessions: []fleet.Session{{Name: store.DefaultSession, DC: 4, Runs: store.Here}},
		},
		Keyring: fleet.KeyringStatus{Kind: "system", Provider: "gnome-keyring", Collection: "Login"},
	}
}

func refusal(kind telegram.Kind, code int, typ string) *telegram.Error {
	return &telegram.Error{Kind: kind, Code: code, Type: typ, DC: 2, Sent: true}
}
