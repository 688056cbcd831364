package fault

import (
	"context"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

func TestWordsOfPanic(t *testing.T) {
	now := time.Now()
	hostile := store.Bot{Profile: store.Profile{Username: "x\x1b[2J_bot"}, Key: store.Key{ID: 7}}
	manager := store.Bot{Label: "Boss\x1b[0m", Key: store.Key{ID: 9}}
	seen := map[string]bool{}
	once := func(text string) {
		t.Helper()
		checkSentences(t, "words", text)
		if seen[text] {
			t.Errorf("twice: %q", text)
		}
		seen[text] = true
	}
	once(PanicLimits)
	// None manages it, and that it is not known, are told apart; who can revoke it is said in both.
	busy := &fleet.ManagerError{Manager: manager, Err: fleet.ErrNoSession}
	once(NotRevocable(hostile, nil))
	once(NotRevocable(hostile, busy))
	if NotRevocable(hostile, fleet.ErrNotManaged) != NotRevocable(hostile, nil) {
		t.Error("that none manages it is told in two ways")
	}
	for _, text := range []string{NotRevocable(hostile, nil), NotRevocable(hostile, busy), NotRevocableOf(1, 1, 3)} {
		if !strings.HasSuffix(text, "@BotFather can: /revoke.") {
			t.Errorf("it does not say who can: %q", text)
		}
	}
	for _, n := range [][3]int{{0, 0, 3}, {3, 0, 3}, {2, 0, 3}, {0, 2, 3}, {1, 2, 4}, {1, 0, 3}} {
		once(NotRevocableOf(n[0], n[1], n[2]))
	}
	once(PanicSteps(true))
	once(PanicSteps(false))
	for _, session := range []fleet.EndedSession{
		{LostSession: store.LostSession{Name: store.DefaultSession, Runs: store.Here}},
		{LostSession: store.LostSession{Name: "ci", Runs: store.Elsewhere, At: "vps-1"}},
		{LostSession: store.LostSession{Name: "ci\x1b[2J", Runs: store.Elsewhere, At: "vps\x07-1"}, Err: &telegram.Error{Kind: telegram.Unreachable}},
		{LostSession: store.LostSession{Name: "ci", Runs: store.Elsewhere}, Err: context.Canceled},
	} {
		if says := PanicSession(session, now); strings.ContainsAny(says, "\x1b\x07") || strings.Contains(says, "did not end") != (session.Err != nil) {
			t.Errorf("%q", says)
		} else {
			seen[says] = true
		}
	}
	if n := len(seen); n != 15 {
		t.Errorf("%d sentences are not told apart", 15-n)
	}
}

// TestPanicTold: what became of the token and of the sessions, in a table and as a fault.
func TestPanicTold(t *testing.T) {
	bot, manager := store.Bot{Label: "Shop", Key: store.Key{ID: 7}}, store.Bot{Label: "Boss", Key: store.Key{ID: 9}}
	ended, not := fleet.EndedSession{}, fleet.EndedSession{Err: context.Canceled}
	for _, c := range []struct {
		p               fleet.Panicked
		token, sessions string
	}{
		{fleet.Panicked{Revoked: true, Manager: manager}, "revoked by Boss", "none"},
		{fleet.Panicked{Revoked: true, Sessions: []fleet.EndedSession{ended}}, "revoked", "ended"},
		{fleet.Panicked{Sessions: []fleet.EndedSession{ended, ended}}, "may still work", "all 2 ended"},
		{fleet.Panicked{Sessions: []fleet.EndedSession{ended, not}}, "may still work", "1 of 2 ended"},
		{fleet.Panicked{Sessions: []fleet.EndedSession{not}}, "may still work", "0 of 1 ended"},
	} {
		if token, sessions := PanicToken(c.p), PanicSessions(c.p); token != c.token || sessions != c.sessions {
			t.Errorf("%q, %q, want %q, %q", token, sessions, c.token, c.sessions)
		}
	}
	if said := OfPanic(fleet.Panicked{Revoked: true}, time.Now()); said.What != "" {
		t.Errorf("of a bot with nothing left to do: %+v", said)
	}
	for _, err := range []error{fleet.ErrNotManaged, context.Canceled, keyring.ErrDenied, &fleet.ManagerError{Manager: manager, Err: fleet.ErrNoSession}} {
		said := OfPanic(fleet.Panicked{Bot: bot, Err: err}, time.Now())
		checkWords(t, said)
		if !strings.HasPrefix(said.What, "The token may still work.") || !strings.Contains(said.Next, "@BotFather") || !strings.Contains(said.NotSaved, fleet.TagLeaked) {
			t.Errorf("%v: %+v", err, said)
		}
		if said.Kind != Of(err).Kind {
			t.Errorf("%v: kind %s", err, said.Kind)
		}
	}
	// The old token is dead, and that the new one is not saved is what is left.
	cut := OfPanic(fleet.Panicked{Bot: bot, Revoked: true, Err: &fleet.UnfinishedError{Bot: bot, Revoked: true, Step: store.RotationRevoking, Err: keyring.ErrDenied}}, time.Now())
	checkWords(t, cut)
	if !strings.Contains(cut.NotSaved, "The old token is dead") {
		t.Errorf("%+v", cut)
	}
}

func TestCountsOfPlaces(t *testing.T) {
	stale, current, done := fleet.Departure{State: store.Stale}, fleet.Departure{State: store.Current}, fleet.Departure{State: store.Done}
	for _, c := range []struct {
		places     []fleet.Departure
		older, out string
	}{
		{nil, NothingWentOut, NothingWentOut},
		{[]fleet.Departure{current}, "No place that is known holds the older token.", "1 place has what went out."},
		{[]fleet.Departure{stale, done}, "1 place holds the older token.", "2 places have what went out."},
		{[]fleet.Departure{stale, stale, current}, "2 places hold the older token.", "3 places have what went out."},
	} {
		if older, out := HoldOlder(c.places), WentOut(c.places); older != c.older || out != c.out {
			t.Errorf("%q, %q", older, out)
		}
	}
}
