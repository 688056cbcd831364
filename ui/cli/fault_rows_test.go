//go:build linux

package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring/secretservice/servicetest"
)

// A faultRow is one thing that goes wrong, and what has to be said, done and left.
type faultRow struct {
	name string
	// saved: the suite's bot was saved with its first token, before anything went wrong.
	saved bool
	spoil func(*house, *servicetest.Service)
	order order
	// kind is the error's in JSON, "" where all goes well in spite of it; says are words of its sentences.
	kind string
	says []string
	code int
	// holds are the tokens of which the keyring may have one in the end, by generation; "-" is none.
	holds string
	// logins is how often Telegram may have been asked to log the suite's bot in.
	logins int
	within time.Duration // 20 s when zero
	// patience is how long an answer to a prompt is waited for, 1 s when empty.
	patience string
	// then looks at what else is to be looked at.
	then func(*house, *servicetest.Service)
}

// run makes a house, spoils it, runs the order and judges what became of it.
func (r faultRow) run(t *testing.T, asJSON bool) {
	h, service := scripted(t)
	h.environ[patienceVariable] = cmp.Or(r.patience, "1s")
	if r.saved {
		h.mustRun(addBot(faultBot))
	}
	before := h.server.Stats()
	if r.spoil != nil {
		r.spoil(h, service)
	}
	r.orders(h, r.order, asJSON)
	if logins := h.server.Stats().Logins - before.Logins; logins > r.logins {
		t.Errorf("Telegram was asked for %d logins", logins)
	}
	service.Heal()
	h.holds(faultBot, r.holds)
	if r.then != nil {
		r.then(h, service)
	}
	h.settle()
}

// orders runs an order, as JSON or as text, and judges what it says.
func (r faultRow) orders(h *house, o order, asJSON bool) {
	h.t.Helper()
	if asJSON {
		o = o.with("--json")
	}
	r.judge(h.t, h.run(o), asJSON)
}

// judge looks at what a process said.
func (r faultRow) judge(t *testing.T, got outcome, asJSON bool) {
	t.Helper()
	if within := cmp.Or(r.within, 20*time.Second); got.took > within {
		t.Errorf("took %v of %v", got.took, within)
	}
	if got.code != r.code {
		t.Errorf("exit code %d, want %d", got.code, r.code)
	}
	said := got.err
	if asJSON {
		e := errorOf(t, got)
		said = e.Message + " " + e.Hint
		if e.Kind != r.kind || e.Saved {
			t.Errorf("kind %q, want %q", e.Kind, r.kind)
		}
	} else if r.kind != "" && !strings.HasPrefix(got.err, "botring: ") {
		// Of a prompt that is waited for there is a note before.
		if _, after, _ := strings.Cut(got.err, "\n"); !strings.HasPrefix(after, "botring: ") {
			t.Errorf("it begins with something else")
		}
	}
	for _, word := range r.says {
		if !strings.Contains(said, word) {
			t.Errorf("it does not say %q", word)
		}
	}
	// A keyring's fault is never told as the token's, and never by the names that errors have inside.
	for _, word := range []string{"token_", "session_", "org.freedesktop", "rejected", "goroutine", "secretservice"} {
		if r.kind != "" && strings.Contains(said+got.out, word) && !strings.Contains(r.kind, word) && !strings.Contains(got.out, `"bots":`) {
			t.Errorf("it says %q", word)
		}
	}
	if t.Failed() {
		t.Logf("after %v:\n%s%s", got.took, got.out, got.err)
	}
}

// errorOf reads the one JSON object of an outcome, and the error in it, of the command or of the one bot it
// was about.
func errorOf(t *testing.T, got outcome) errorJSON {
	t.Helper()
	var object struct {
		Error errorJSON `json:"error"`
		Bots  []struct {
			Error errorJSON `json:"error"`
		} `json:"bots"`
	}
	if err := json.Unmarshal([]byte(got.out), &object); err != nil || got.err != "" {
		t.Errorf("not one object: %v; on standard error %q", err, got.err)
	}
	if len(object.Bots) == 1 {
		return object.Bots[0].Error
	}
	return object.Error
}

// holds expects the keyring to hold one of some tokens of a bot.
func (h *house) holds(id int64, generations string) {
	h.t.Helper()
	item, there := h.item(id)
	for _, generation := range generations {
		if there && item.Token == tokenOf(id, string(generation)).Reveal() || !there && generation == '-' {
			return
		}
	}
	h.t.Errorf("the keyring holds none of %q for %d (there is an item: %v)", generations, id, there)
}

// settle looks whether the next start tells the truth: every bot that is in the keyring is in the list, and
// every bot of the list is in the keyring or marked as missing there, with the session that it says.
func (h *house) settle() {
	h.t.Helper()
	checked := h.run(order{args: []string{"check", "--all", "--json"}})
	if checked.code != exitOK && checked.code != exitNotOK && checked.code != exitSecret && checked.code != exitFailure {
		h.t.Errorf("the next check ends with %d\n%s", checked.code, checked.out)
	}
	rows := h.rows()
	for id := int64(faultBot); id < faultBot+4; id++ {
		row, listed := rows[id]
		text := h.vault.Texts(faultRing)[fmt.Sprintf("bot/custom/%d", id)]
		if (text != "") != (listed && row.Status != string(store.SecretMissing)) {
			h.t.Errorf("bot %d: in the keyring %v, in the list %v, %s", id, text != "", listed, row.Status)
		}
		var item keptBot
		if text == "" || json.Unmarshal([]byte(text), &item) != nil {
			continue
		}
		if (item.Session != nil) != (len(row.Sessions) == 1) {
			h.t.Errorf("bot %d: a session in the keyring %v, in the list %d", id, item.Session != nil, len(row.Sessions))
		}
		if shown := h.mustRun(order{args: []string{"token", "show", fmt.Sprint(id)}, shows: true}); strings.TrimSpace(shown.out) != item.Token {
			h.t.Errorf("bot %d: another token is shown than the keyring holds", id)
		}
	}
	if names := slices.Collect(probes(h.vault.Texts(faultRing))); len(names) > 0 && !h.probesMayStay {
		h.t.Errorf("left in the keyring: %q", names)
	}
}

// probes are the names of items that were only to find out whether writing works.
func probes(texts map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range texts {
			if strings.HasPrefix(name, "probe/") && !yield(name) {
				return
			}
		}
	}
}
