//go:build linux

package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring/secretservice/servicetest"
)

// twice runs a row with --json and as text, each in a house of its own.
func (r faultRow) twice(t *testing.T) {
	t.Run(r.name, func(t *testing.T) {
		for name, asJSON := range map[string]bool{"json": true, "text": false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r.run(t, asJSON)
			})
		}
	})
}

// atCall does something before or after the nth call of a name, counted from now on; n of 0 is every one.
func atCall(call string, n int, do func()) func(string) {
	calls := make(chan int, 1)
	calls <- 0
	return func(called string) {
		if called != call {
			return
		}
		seen := <-calls + 1
		calls <- seen
		if n == 0 || seen == n {
			do()
		}
	}
}

// before makes a Before of what atCall makes.
func before(at func(string)) func(string) error {
	return func(call string) error { at(call); return nil }
}

// theItem is what the keyring calls the suite's bot, theWrite the call that writes it. Its first one is the
// command's; a second one puts the old item back.
const (
	theItem  = "bot/custom/7001"
	theWrite = "CreateItem " + theItem
)

func faultsOfWriting() []faultRow {
	replaced := replace("--no-login")
	gone := []string{"went away", "counts as not saved"}
	readBack := []string{"did not keep what it was given", "only one keyring"}
	return []faultRow{
		{
			name: "nothing is wrong", saved: true, order: replaced, holds: "B",
		}, {
			name: "dies before a write", saved: true, order: replaced, kind: "keyring_gone", says: gone, code: exitFailure, holds: "A",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() { s.Before = before(atCall(theWrite, 1, s.Die)) })
			},
		}, {
			name: "dies during a write", saved: true, order: replaced, kind: "keyring_gone", says: gone, code: exitFailure, holds: "B",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() { s.After = atCall(theWrite, 1, s.Die) })
			},
		}, {
			name: "dies after a write", saved: true, order: replaced, kind: "keyring_gone", says: gone, code: exitFailure, holds: "B",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() {
					s.After = atCall(theWrite, 1, func() {
						s.Set(func() { s.Before = before(atCall("SearchItems", 1, s.Die)) })
					})
				})
			},
		}, {
			name: "dies after a write and comes back", saved: true, order: replaced, kind: "keyring_gone", says: gone, code: exitFailure, holds: "A",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() {
					s.After = atCall(theWrite, 1, func() {
						s.Set(func() { s.Before = before(atCall("SearchItems", 1, s.Restart)) })
					})
				})
			},
		}, {
			name: "acknowledges and does not save", order: addBot(faultBot), kind: "keyring_read_back", says: readBack, code: exitFailure, holds: "-",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() { s.Keep = func(*servicetest.Item) *servicetest.Item { return nil } })
			},
		}, {
			name: "acknowledges and does not save the bot", saved: true, order: replaced, kind: "keyring_read_back", says: readBack,
			code: exitFailure, holds: "A", spoil: keepBots(func(string) (string, bool) { return "", false }),
		}, {
			name: "truncates what it saves", saved: true, order: replaced, kind: "keyring_read_back", says: readBack,
			code: exitFailure, holds: "A", spoil: keepOnce(func(text string) (string, bool) { return text[:len(text)/2], true }),
		}, {
			name: "changed by another between read and write", saved: true, order: replaced, holds: "B",
			spoil: func(h *house, s *servicetest.Service) {
				other := strings.Replace(s.Texts(faultRing)[theItem], "AAA", "AAC", 1)
				s.Set(func() {
					s.Before = before(atCall(theWrite, 1, func() { s.Write(faultRing, theItem, other) }))
				})
				h.secrets = append(h.secrets, tokenOf(faultBot, "C").Reveal())
			},
		}, {
			name: "changed by another between write and read-back", saved: true, order: replaced, kind: "keyring_read_back", says: readBack,
			code: exitFailure, holds: "A",
			spoil: func(_ *house, s *servicetest.Service) {
				other := strings.Replace(s.Texts(faultRing)[theItem], "AAA", "AAC", 1)
				s.Set(func() {
					s.After = atCall(theWrite, 1, func() { s.Write(faultRing, theItem, other) })
				})
			},
		}, {
			name: "deleted between read and write", saved: true, order: replaced, holds: "B",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() {
					s.Before = before(atCall(theWrite, 1, func() { s.Remove(faultRing, theItem) }))
				})
			},
		}, {
			name: "deleted between write and read-back", saved: true, order: replaced, kind: "keyring_read_back", says: readBack,
			code: exitFailure, holds: "A",
			spoil: func(_ *house, s *servicetest.Service) {
				s.Set(func() {
					s.After = atCall(theWrite, 1, func() { s.Remove(faultRing, theItem) })
				})
			},
		}, {
			name: "refuses every write", order: addBot(faultBot), kind: "keyring_denied", says: []string{"refused access"}, code: exitSecret, holds: "-",
			spoil: refuse("CreateItem", "org.freedesktop.DBus.Error.AccessDenied"),
		}, {
			name: "has a fault of its own", order: addBot(faultBot), kind: "keyring_unavailable", says: []string{"fault of its own", "Restart it"},
			code: exitFailure, holds: "-", spoil: refuse("CreateItem", "org.freedesktop.DBus.Error.Failed"),
		}, {
			name: "never answers a write", saved: true, order: replaced, patience: "1m", kind: "keyring_gone", says: []string{"Whether the write arrived is not known"},
			code: exitFailure, holds: "A", within: 50 * time.Second,
			spoil: func(h *house, s *servicetest.Service) {
				s.Set(func() { s.Before = before(atCall(theWrite, 1, func() { <-h.t.Context().Done() })) })
			},
		},
	}
}

func TestFaultsOfWriting(t *testing.T) {
	t.Parallel()
	for _, row := range faultsOfWriting() {
		row.twice(t)
	}
}

// keepBots replaces what is stored of bots; keepOnce does so for the next one only.
func keepBots(change func(string) (string, bool)) func(*house, *servicetest.Service) {
	return func(_ *house, s *servicetest.Service) {
		s.Set(func() {
			s.Keep = func(item *servicetest.Item) *servicetest.Item {
				if !strings.HasPrefix(item.Attributes["username"], "bot/") {
					return item
				}
				var keep bool
				if item.Text, keep = change(item.Text); !keep {
					return nil
				}
				return item
			}
		})
	}
}

func keepOnce(change func(string) (string, bool)) func(*house, *servicetest.Service) {
	return func(h *house, s *servicetest.Service) {
		done := false // under the service's lock
		keepBots(func(text string) (string, bool) {
			if done {
				return text, true
			}
			done = true
			return change(text)
		})(h, s)
	}
}

// refuse answers every call of a name with an error.
func refuse(call, name string) func(*house, *servicetest.Service) {
	return func(_ *house, s *servicetest.Service) {
		s.Set(func() {
			s.Before = func(called string) error {
				if called == call {
					return servicetest.Refusal(name)
				}
				return nil
			}
		})
	}
}

// prompts makes writes and deletions prompt, as KeePassXC's may.
func prompts(answer servicetest.Answer) func(*house, *servicetest.Service) {
	return func(_ *house, s *servicetest.Service) { s.Set(func() { s.WritePrompts, s.Answer = true, answer }) }
}

// lockItems locks every item by itself, as KeePassXC's are.
func lockItems(answer servicetest.Answer) func(*house, *servicetest.Service) {
	return func(_ *house, s *servicetest.Service) {
		s.Set(func() {
			s.Answer = answer
			for _, item := range s.Items {
				item.Locked = true
			}
		})
	}
}

// locks locks the collection.
func locks(answer servicetest.Answer) func(*house, *servicetest.Service) {
	return func(_ *house, s *servicetest.Service) {
		s.Set(func() { s.Locked, s.HideLocked, s.Answer = true, true, answer })
	}
}

func TestFaultsOfPrompts(t *testing.T) {
	t.Parallel()
	denied := []string{"refused access", "dismissed", "Nothing was saved"}
	silent := []string{"does not answer", "waits for you"}
	unasked := []string{"wants to ask first", "nobody is to be asked", "Nothing was saved"}
	for _, row := range []faultRow{
		{name: "dismissed on create", order: addBot(faultBot), spoil: prompts(servicetest.Dismissed), kind: "keyring_denied", says: denied, code: exitSecret, holds: "-"},
		{name: "dismissed on replace", saved: true, order: replace("--no-login"), spoil: prompts(servicetest.Dismissed), kind: "keyring_denied", says: denied, code: exitSecret, holds: "A"},
		{name: "dismissed on unlock", saved: true, order: replace("--no-login"), spoil: locks(servicetest.Dismissed), kind: "keyring_denied", says: denied, code: exitSecret, holds: "A"},
		{name: "dismissed on delete", saved: true, order: on("remove", "--yes"), spoil: prompts(servicetest.Dismissed), kind: "keyring_denied", says: denied[:2], code: exitSecret, holds: "A"},
		{name: "unanswered on create", order: addBot(faultBot), spoil: prompts(servicetest.Unanswered), kind: "keyring_unavailable", says: silent, code: exitFailure, holds: "-"},
		{name: "unanswered on replace", saved: true, order: replace("--no-login"), spoil: prompts(servicetest.Unanswered), kind: "keyring_unavailable", says: silent, code: exitFailure, holds: "A"},
		{name: "unanswered on unlock", saved: true, order: replace("--no-login"), spoil: locks(servicetest.Unanswered), kind: "keyring_locked", says: []string{"is locked", "Nobody unlocked it in time"}, code: exitSecret, holds: "A"},
		{name: "unanswered on delete", saved: true, order: on("remove", "--yes"), spoil: prompts(servicetest.Unanswered), kind: "keyring_unavailable", says: silent, code: exitFailure, holds: "A"},
		{name: "nobody asked on create", order: addBot(faultBot).with("--no-input"), spoil: prompts(servicetest.Unanswered), patience: "1m", kind: "keyring_locked", says: unasked, code: exitSecret, holds: "-"},
		{name: "nobody asked on replace", saved: true, order: replace("--no-login", "--no-input"), spoil: prompts(servicetest.Unanswered), patience: "1m", kind: "keyring_locked", says: unasked, code: exitSecret, holds: "A"},
		{name: "nobody asked on delete", saved: true, order: on("remove", "--yes", "--no-input"), spoil: prompts(servicetest.Unanswered), patience: "1m", kind: "keyring_locked", says: unasked[:2], code: exitSecret, holds: "A"},
		{name: "nobody asked about an item", saved: true, order: on("check", "--no-input"), spoil: lockItems(servicetest.Unanswered), patience: "1m", kind: "keyring_locked", says: unasked[:2], code: exitSecret, holds: "A"},
		{name: "dies on unlock", saved: true, order: replace("--no-login"), spoil: locks(servicetest.Death), kind: "keyring_gone", says: []string{"went away"}, code: exitFailure, holds: "A"},
		{name: "dies on delete", saved: true, order: on("remove", "--yes"), spoil: prompts(servicetest.Death), kind: "keyring_gone", says: []string{"went away"}, code: exitFailure, holds: "A"},
	} {
		row.twice(t)
	}
}

// What nobody answered in time cannot be answered later: the keyring and the list agree when somebody comes back
// to the screen on which the prompt was.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	late := func(h *house, s *servicetest.Service) {
		if n := s.AcceptLate(); n != 0 {
			h.t.Errorf("%d prompts were left on the screen", n)
		}
	}
	for _, row := range []faultRow{
		{name: "create", order: addBot(faultBot), holds: "-"},
		{name: "create without a login", order: addBot(faultBot).with("--no-login"), holds: "-"},
		{name: "replace", saved: true, order: replace("--no-login"), holds: "A"},
		{name: "delete", saved: true, order: on("remove", "--yes"), holds: "A"},
	} {
		row.spoil, row.kind, row.code = prompts(servicetest.Unanswered), "keyring_unavailable", exitFailure
		row.says, row.then = []string{"does not answer"}, late
		row.twice(t)
	}
}

// A login that was granted and cannot be saved is given up: nothing is left, neither here nor at Telegram.
func TestFaultsAfterTheLogin(t *testing.T) {
	t.Parallel()
	afterLogin := func(do func(*servicetest.Service)) func(*house, *servicetest.Service) {
		return func(h *house, s *servicetest.Service) {
			s.Set(func() {
				s.Before = before(atCall("CreateItem", 0, func() {
					if h.server.Stats().Logins > 0 {
						do(s)
					}
				}))
			})
		}
	}
	nothingLeft := func(h *house, _ *servicetest.Service) {
		if n := h.server.Stats().Sessions; n != 0 {
			h.t.Errorf("%d sessions are left at Telegram", n)
		}
	}
	said := []string{"is logged in, and the login could not be saved", "that login was ended again", "Nothing was saved"}
	unsure := append(slices.Clone(said), "as far as the keyring tells; the next start looks again")
	for _, row := range []faultRow{
		{name: "prompt dismissed", kind: "keyring_denied", code: exitSecret,
			spoil: afterLogin(func(s *servicetest.Service) { s.Set(func() { s.WritePrompts, s.Answer = true, servicetest.Dismissed }) })},
		{name: "prompt unanswered", kind: "keyring_unavailable", code: exitFailure,
			spoil: afterLogin(func(s *servicetest.Service) {
				s.Set(func() { s.WritePrompts, s.Answer = true, servicetest.Unanswered })
			})},
		{name: "dies", kind: "keyring_gone", code: exitFailure, says: unsure, spoil: afterLogin(func(s *servicetest.Service) { s.Die() })},
		{name: "does not save", kind: "keyring_read_back", code: exitFailure, spoil: keepBots(func(string) (string, bool) { return "", false })},
		{name: "locked", kind: "keyring_denied", code: exitSecret, says: unsure,
			spoil: afterLogin(func(s *servicetest.Service) { s.Set(func() { s.Locked, s.Answer = true, servicetest.Dismissed }) })},
	} {
		row.order, row.holds, row.logins, row.then = addBot(faultBot), "-", 2, nothingLeft
		if row.says == nil {
			row.says = said
		}
		row.twice(t)
	}
}

// What is wrong with an item is said of the item, by every command that needs it, and a new token mends it.
func TestFaultsOfItems(t *testing.T) {
	damaged := []string{"cannot be read", "Paste the token again"}
	for n, fault := range []struct {
		name  string
		spoil func(*house, *servicetest.Service)
		kind  string
		says  []string
		code  int
		then  store.Status
	}{
		{"deleted", func(_ *house, s *servicetest.Service) { s.Remove(faultRing, theItem) },
			"keyring_missing_item", []string{"is missing from the keyring", "stays in the list"}, exitSecret, store.SecretMissing},
		{"truncated", func(_ *house, s *servicetest.Service) {
			text := s.Texts(faultRing)[theItem]
			s.Write(faultRing, theItem, text[:len(text)/2])
		}, "keyring_item_damaged", damaged, exitFailure, store.OK},
		{"empty", func(_ *house, s *servicetest.Service) { s.Write(faultRing, theItem, "") }, "keyring_item_damaged", damaged, exitFailure, store.OK},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			h, service := scripted(t)
			h.mustRun(addBot(faultBot))
			fault.spoil(h, service)
			for i, o := range []order{on("check"), on("token show"), on("login"), on("login", "--force"), on("logout")} {
				o.shows = false
				faultRow{kind: fault.kind, says: fault.says, code: fault.code}.orders(h, o, i%2 == n%2)
			}
			if row := h.rows()[faultBot]; row.Status != string(fault.then) {
				t.Errorf("the list says %s", row.Status)
			}
			h.mustRun(replace("--no-login"))
			h.holds(faultBot, "B")
			h.settle()
		})
	}
}

// Every command that needs the keyring says the same of one that cannot be had.
func TestFaultsOfTheKeyring(t *testing.T) {
	for n, fault := range []struct {
		name    string
		spoil   func(*house, *servicetest.Service)
		args    []string
		kind    string
		says    []string
		code    int
		address string
	}{
		{name: "no bus", address: "unix:path=/nonexistent/bus", kind: "keyring_unavailable", code: exitFailure,
			says: []string{"There is no keyring here", "no D-Bus session", "never stores secrets in plain text"}},
		{name: "bus without service", spoil: func(_ *house, s *servicetest.Service) { s.Die() }, kind: "keyring_unavailable", code: exitFailure,
			says: []string{"There is no keyring here", "Secret Service is missing", "never stores secrets in plain text"}},
		{name: "no collection", spoil: func(_ *house, s *servicetest.Service) { s.Set(func() { s.NoCollection = true }) },
			kind: "keyring_unavailable", code: exitFailure, says: []string{"no default keyring"}},
		{name: "no encryption", spoil: func(_ *house, s *servicetest.Service) {
			s.Set(func() { s.PublicKey = func([]byte) any { return "plain" } })
		}, kind: "keyring_unavailable", code: exitFailure, says: []string{"only in the clear"}},
		{name: "locked without a prompt", spoil: func(_ *house, s *servicetest.Service) { s.Set(func() { s.Locked, s.Mute = true, true }) },
			kind: "keyring_locked", code: exitSecret, says: []string{"The keyring is locked", "shows no prompt here"}},
		{name: "locked and no prompter", spoil: func(_ *house, s *servicetest.Service) {
			s.Set(func() { s.Locked, s.Before = true, refusal("Prompt", "org.freedesktop.DBus.Error.Failed") })
		}, kind: "keyring_unavailable", code: exitFailure, says: []string{"fault of its own"}},
		{name: "locked and nobody to ask", spoil: locks(servicetest.Unanswered), args: []string{"--no-input"},
			kind: "keyring_locked", code: exitSecret, says: []string{"Nobody is to be asked"}},
		{name: "prompt dismissed", spoil: locks(servicetest.Dismissed), kind: "keyring_denied", code: exitSecret, says: []string{"refused access"}},
		{name: "prompt unanswered", spoil: locks(servicetest.Unanswered), kind: "keyring_locked", code: exitSecret, says: []string{"Nobody unlocked it in time"}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			h, service := scripted(t)
			h.environ[patienceVariable] = "300ms"
			h.mustRun(addBot(faultBot))
			before := h.server.Stats().Calls
			if fault.spoil != nil {
				fault.spoil(h, service)
			}
			bus := h.environ["DBUS_SESSION_BUS_ADDRESS"]
			if fault.address != "" {
				h.environ["DBUS_SESSION_BUS_ADDRESS"] = fault.address
			}
			for i, o := range []order{
				addBot(faultBot + 1), replace(), on("check"), on("login", "--force"), on("logout"), on("token show"),
				on("remove", "--yes"), on("remove", "--log-out", "--yes"), {args: []string{"check", "--all"}},
				{args: []string{"app", "edit", "main", "--hash"}, environ: map[string]string{"API_HASH": faultHash}},
			} {
				o = o.with(fault.args...)
				o.shows = false
				faultRow{kind: fault.kind, says: fault.says, code: fault.code}.orders(h, o, i%2 == n%2)
			}
			if n := h.server.Stats().Calls - before; n != 0 {
				t.Errorf("%d calls to Telegram without a keyring", n)
			}
			service.Heal()
			h.environ["DBUS_SESSION_BUS_ADDRESS"] = bus
			h.holds(faultBot, "A")
			h.holds(faultBot+1, "-")
			h.settle()
		})
	}
}

// refusal is refuse as a Before.
func refusal(call, name string) func(string) error {
	return func(called string) error {
		if called == call {
			return servicetest.Refusal(name)
		}
		return nil
	}
}
