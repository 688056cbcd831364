//go:build linux

package cli

import (
	"strings"
	"sync"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring/secretservice/servicetest"
)

// real makes a house with a gnome-keyring of its own.
func realGnome(t *testing.T) (*house, *servicetest.Gnome, *servicetest.Bus) {
	t.Helper()
	bus := servicetest.StartBus(t)
	gnome := servicetest.StartGnome(t, bus)
	h := newHouse(t, bus, gnome)
	h.environ[patienceVariable] = "1m"
	return h, gnome, bus
}

// What the scripted service plays is what a real keyring does, too: one that is locked and has no screen for
// its prompt, one that is killed, and one in which another program writes.
func TestFaultsOfGnomeKeyring(t *testing.T) {
	half := func(text string) string { return text[:len(text)/2] }
	change := func(how func(string) string) func(*servicetest.Gnome) {
		return func(g *servicetest.Gnome) { g.Write(faultRing, theItem, how(g.Texts(faultRing)[theItem])) }
	}
	damaged := []string{"cannot be read", "Paste the token again"}
	for _, fault := range []struct {
		name   string
		orders []order
		spoil  func(*servicetest.Gnome)
		kind   string
		says   []string
		code   int
		heal   func(*testing.T, *servicetest.Gnome)
		status store.Status
		holds  string // "" where the item is what the fault made it
	}{
		{
			name: "locked and no prompter", orders: []order{replace("--no-login"), on("check"), on("remove", "--yes")},
			spoil: (*servicetest.Gnome).Lock, kind: "keyring_locked", code: exitSecret, holds: "A", status: store.OK,
			says: []string{"The keyring is locked", "Its prompt needs a screen"},
			heal: func(t *testing.T, g *servicetest.Gnome) {
				if err := g.Unlock(servicetest.MasterPassword); err != nil {
					t.Fatal(err)
				}
			},
		}, {
			name: "killed", orders: []order{replace("--no-login"), on("check"), on("remove", "--yes")},
			spoil: (*servicetest.Gnome).Kill, kind: "keyring_unavailable", code: exitFailure, holds: "A", status: store.OK,
			says: []string{"There is no keyring here", "Secret Service is missing"},
			heal: func(_ *testing.T, g *servicetest.Gnome) { g.Start() },
		}, {
			name: "item deleted", orders: []order{on("check"), on("login", "--force")},
			spoil: func(g *servicetest.Gnome) { g.Remove(faultRing, theItem) },
			kind:  "keyring_missing_item", code: exitSecret, says: []string{"is missing from the keyring"}, status: store.SecretMissing,
		}, {
			name: "item truncated", orders: []order{on("check"), on("login", "--force")}, spoil: change(half),
			kind: "keyring_item_damaged", code: exitFailure, says: damaged, status: store.OK,
		}, {
			name: "item of 9 MB", orders: []order{on("check")}, spoil: change(func(string) string { return strings.Repeat("9", 9<<20) }),
			kind: "keyring_item_damaged", code: exitFailure, says: damaged, status: store.OK,
		},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			h, gnome, _ := realGnome(t)
			h.mustRun(addBot(faultBot))
			fault.spoil(gnome)
			h.shut = true
			for i, o := range fault.orders {
				faultRow{kind: fault.kind, says: fault.says, code: fault.code, within: 50 * time.Second}.orders(h, o, i%2 == 0)
			}
			if fault.heal != nil {
				fault.heal(t, gnome)
			}
			if fault.holds != "" {
				h.holds(faultBot, fault.holds)
			}
			row := h.rows()[faultBot]
			if row.Status != string(fault.status) {
				t.Errorf("the list says %s", row.Status)
			}
			h.mustRun(replace("--no-login"))
			h.shut = false
			h.holds(faultBot, "B")
			h.settle()
		})
	}
}

// Several processes at once: different bots are all saved, and of one bot what is saved is whole and somebody's.
func TestBotringsAtOnce(t *testing.T) {
	for name, build := range map[string]func(*testing.T) *house{
		"gnome-keyring":  func(t *testing.T) *house { h, _, _ := realGnome(t); return h },
		"scripted":       func(t *testing.T) *house { h, _ := scripted(t); return h },
		"encrypted file": func(t *testing.T) *house { h, _ := encrypted(t); return h },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			for _, got := range h.atOnce(addBot(faultBot), addBot(faultBot+1), addBot(faultBot+2), addBot(faultBot+3)) {
				if got.code != exitOK {
					t.Errorf("different bots: exit code %d\n%s", got.code, got.err)
				}
			}
			for id := int64(faultBot); id < faultBot+4; id++ {
				h.holds(id, "A")
			}
			other := replace("--no-login")
			other.token = tokenOf(faultBot, "C").Reveal()
			won := 0
			for _, got := range h.atOnce(replace("--no-login"), other, replace("--no-login"), other) {
				if got.code == exitOK {
					won++
				} else if !strings.Contains(got.err, "Another botring has this session open") {
					t.Errorf("the same bot: exit code %d\n%s", got.code, got.err)
				}
			}
			if won == 0 {
				t.Error("nobody replaced the token")
			}
			h.holds(faultBot, "BC")
			h.settle()
		})
	}
}

// atOnce runs several orders at the same time.
func (h *house) atOnce(orders ...order) []outcome {
	h.t.Helper()
	var processes []*started
	for _, o := range orders {
		processes = append(processes, h.start(o))
	}
	outcomes := make([]outcome, len(orders))
	var all sync.WaitGroup
	for i, p := range processes {
		all.Go(func() { outcomes[i] = p.ended() })
	}
	all.Wait()
	for i, got := range outcomes {
		h.nothingWritten(orders[i], got)
	}
	return outcomes
}

// TestSecretsCrossTheBusEncrypted: all that the program says to a real keyring and hears from it, while a bot
// is added, replaced, shown, checked and removed.
func TestSecretsCrossTheBusEncrypted(t *testing.T) {
	t.Parallel()
	h, _, bus := realGnome(t)
	traffic := bus.Listen(t)
	h.mustRun(addBot(faultBot))
	for _, o := range []order{on("check"), on("token show"), on("login", "--force"), replace("--no-login")} {
		h.mustRun(o)
	}
	h.mustRun(on("remove", "--yes"))
	seen := traffic()
	for _, call := range []string{"OpenSession", "CreateItem", "GetSecret", "Delete"} {
		if !strings.Contains(seen, call) {
			t.Errorf("the monitor did not see %s", call)
		}
	}
	if len(h.known) < 2 {
		t.Error("fewer than two sessions were in the keyring")
	}
	if leaks([]byte(seen), h.forms()) {
		t.Errorf("a secret is in the %d bytes on the bus", len(seen))
	}
}
