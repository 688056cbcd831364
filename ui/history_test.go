package ui

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
)

// someHistory is what was done with someBots, the last first.
func someHistory(sh *shell) []fleet.Entry {
	b := sh.current(someBots())
	entry := func(ago time.Duration, bot int, action, outcome, detail string) fleet.Entry {
		e := fleet.Entry{At: noon().Add(-ago), Action: action, Outcome: outcome, Detail: detail}
		if bot >= 0 {
			e.Key, e.Name = b[bot].Key, b[bot].Name()
		}
		return e
	}
	entries := []fleet.Entry{
		entry(20*time.Second, -1, "watch", "ok", "7 of 7, 1 not ok"),
		entry(25*time.Second, 3, "check", "session_revoked", ""),
		entry(31*time.Minute, 2, "log in", "flood_wait", ""),
		entry(5*time.Hour, 1, "check", "unreachable", ""),
		entry(26*time.Hour, 5, "label", "ok", ""),
		entry(40*24*time.Hour, -1, "tag", "ok", "2 bots +prod +eu"),
		entry(400*24*time.Hour, 0, "add", "ok", ""),
	}
	gone := entry(401*24*time.Hour, 0, "remove", "keyring_locked", "")
	gone.Key.ID, gone.Name = 42, "Long gone"
	entries = append(entries, gone)
	for i := range entries {
		entries[i].Seq = int64(len(entries) - i)
		entries[i].Seal = []byte{1}
	}
	return entries
}

// answered hands a history what it asked for: all of these entries.
func answeredHistory(s screen, entries []fleet.Entry) screen {
	h := s.(history)
	msg := historyMsg{historyAsk: historyAsk{id: h.asked, fresh: true, words: strings.Fields(h.field.Value())}, end: true}
	if h.of != (fleet.Key{}) {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e fleet.Entry) bool { return e.Key != h.of })
	}
	msg.take(entries)
	next, _ := s.Update(msg)
	return next
}

// shownHistory is the history of someBots on the screen.
func shownHistory(sh *shell) screen {
	s, _ := newHistory(sh)
	return answeredHistory(s, someHistory(sh))
}

func TestHistoryLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		sh.body = bodySize(size{80, 24})
		return sh, shownHistory(sh)
	}, nil)
}

func TestHistoryFilterLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		s := drive(shownHistory(sh), "/", "c", "h", "e", "c", "k", "enter")
		return sh, answeredHistory(s, someHistory(sh))
	}, nil)
}

func TestHistoryEntryLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, drive(shownHistory(sh), "G", "enter")
	}, nil)
}

func TestHistoryVerdictLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, verdict{sh: sh, from: shownHistory(sh).(history), found: fleet.HistoryCheck{
			Fault: fleet.HistoryCutOff, Seq: 9, Entries: 8, Pruned: 12,
		}}
	}, nil)
}

// TestHistoryGoesPlaces: enter opens the bot, from there 3 opens its own history, and esc goes all the way back.
func TestHistoryGoesPlaces(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := shownHistory(sh)
	if e, ok := drive(s, "enter").(historyEntry); !ok || e.row.entry.Action != "watch" {
		t.Fatalf("an entry about many opens %T", drive(s, "enter"))
	}
	s = drive(s, "j", "enter")
	c, ok := s.(card)
	if !ok || c.key != someBots()[3].Key {
		t.Fatalf("enter opens %T", s)
	}
	s = answeredHistory(drive(s, "3"), someHistory(sh))
	h := s.(history)
	if h.of != c.key || len(h.rows) != 1 || h.rows[0].bot != "Old support" {
		t.Fatalf("the bot's history: %+v", h.rows)
	}
	sees(t, s, "Old support › History")
	if _, ok := drive(s, "enter").(historyEntry); !ok {
		t.Errorf("enter in a bot's own history opens %T", drive(s, "enter"))
	}
	if s = drive(s, "esc"); !is[card](s) {
		t.Fatalf("esc leads to %T", s)
	}
	if s = drive(s, "esc"); !is[history](s) || s.(history).selected != 1 {
		t.Fatalf("esc on the card leads to %T", s)
	}
	if s = drive(s, "esc"); !is[bots](s) {
		t.Errorf("esc leads to %T", s)
	}
}

// TestHistoryFilter: every word has to be found, in the bot, the action, the result or the detail.
func TestHistoryFilter(t *testing.T) {
	sh := testShell(t, someBots()...)
	for filter, want := range map[string]int{
		"": 8, "check": 2, "Old supp": 1, "check telegram": 1, "shop add": 1, "+eu": 1, "keyring locked": 1, "zzz": 0, "log wait": 1,
	} {
		s := drive(shownHistory(sh), "/")
		for _, r := range filter {
			s, _ = s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
		s = answeredHistory(s, someHistory(sh))
		if got := len(s.(history).rows); got != want {
			t.Errorf("%q: %d entries, want %d", filter, got, want)
		}
		if back := answeredHistory(drive(s, "esc"), someHistory(sh)); len(back.(history).rows) != 8 {
			t.Errorf("%q: esc shows %d", filter, len(back.(history).rows))
		}
	}
}

func TestHistoryVerifies(t *testing.T) {
	sh := testShell(t, someBots()...)
	s, cmd := shownHistory(sh).Update(press("r"))
	if cmd == nil || s.(history).verifying.id == 0 {
		t.Fatal("nothing is looked for")
	}
	sees(t, s, "Following the seals")
	id := s.(history).verifying.id
	found, _ := s.Update(taskDoneMsg{task: id, value: fleet.HistoryCheck{Entries: 8, Unsealed: 2}})
	sees(t, found, "The history is as it was written: 8 entries.", "The last 2 are not sealed yet",
		"What this cannot find", "can read the keyring.")
	failed, _ := s.Update(taskDoneMsg{task: id, err: keyring.ErrLocked})
	sees(t, failed, "locked")
	if back := drive(failed, "esc"); !is[history](back) {
		t.Errorf("esc leads to %T", back)
	}
	stopped, _ := drive(s, "esc").Update(taskDoneMsg{task: id, err: errors.New("stopped")})
	sees(t, stopped, "Cancelled.")
}

// aHistoryOf is a shell whose catalogue has so many entries.
func aHistoryOf(t testing.TB, n int) (sh *shell, more func(fleet.Entry)) {
	t.Helper()
	home := t.TempDir()
	catalogue, err := store.Open(t.Context(), filepath.Join(home, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = catalogue.Close() })
	write := func(entries ...fleet.Entry) {
		if _, err := catalogue.Append(t.Context(), entries, nil); err != nil {
			t.Fatal(err)
		}
	}
	entries := make([]fleet.Entry, n)
	for i := range entries {
		entries[i] = fleet.Entry{
			At: noon().Add(time.Duration(i-n) * time.Minute), Key: fleet.Key{Environment: "production", ID: int64(i%50 + 1)},
			Name: fmt.Sprintf("Bot %d", i%50+1), Action: "check", Outcome: fleet.OutcomeOK,
		}
	}
	if n > 100 {
		entries[100].Name, entries[n-100].Name = "Needle", "Needle"
	}
	write(entries...)
	f, err := fleet.Open(t.Context(), fleet.Options{Home: home, Keyring: "system"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	sh = testShell(t)
	sh.fleet = f
	sh.body = bodySize(size{80, 24})
	return sh, func(e fleet.Entry) { write(e) }
}

// readOn runs what a history asks to be read until it asks for nothing more.
func readOn(t testing.TB, s screen, cmd tea.Cmd) history {
	t.Helper()
	for range 100 {
		h := s.(history)
		if h.asked == 0 || cmd == nil {
			return h
		}
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, each := range batch {
				if each == nil {
					continue
				}
				if read, ok := each().(historyMsg); ok {
					msg = read
				}
			}
		}
		s, cmd = s.Update(msg)
	}
	t.Fatal("it never ends reading")
	return history{}
}

// typedKey presses a key and has read what is asked for then.
func typedKey(t testing.TB, h history, key string) history {
	t.Helper()
	s, cmd := h.Update(press(key))
	return readOn(t, s, cmd)
}

// TestHistoryOfTensOfThousands: one gets from the last entry to the first and back, sees each, and only a part of
// them is ever held.
func TestHistoryOfTensOfThousands(t *testing.T) {
	const n = 30_000
	sh, _ := aHistoryOf(t, n)
	s, cmd := newHistory(sh)
	h := readOn(t, s, cmd)
	check := func(what string, wantSeq int64) {
		t.Helper()
		r, _ := h.current()
		if r.entry.Seq != wantSeq || len(h.rows) > historyHeld+historyPage || h.selected < h.top || h.selected >= h.top+h.height() {
			t.Fatalf("%s: entry %d, want %d; %d held, row %d from %d", what, r.entry.Seq, wantSeq, len(h.rows), h.selected, h.top)
		}
		for i := 1; i < len(h.rows); i++ {
			if h.rows[i].entry.Seq != h.rows[i-1].entry.Seq-1 {
				t.Fatalf("%s: %d follows %d", what, h.rows[i].entry.Seq, h.rows[i-1].entry.Seq)
			}
		}
	}
	page := int64(h.height() / 2)
	check("at the end", n)
	at := int64(n)
	for at > 1 {
		h = typedKey(t, h, "ctrl+d")
		at = max(1, at-page)
		if r, _ := h.current(); r.entry.Seq != at {
			t.Fatalf("going back: entry %d, want %d", r.entry.Seq, at)
		}
	}
	check("at the beginning", 1)
	for at < n {
		h = typedKey(t, h, "ctrl+u")
		at = min(n, at+page)
		if r, _ := h.current(); r.entry.Seq != at {
			t.Fatalf("coming back: entry %d, want %d", r.entry.Seq, at)
		}
	}
	check("at the end again", n)
	h = typedKey(t, h, "G")
	check("G", 1)
	h = typedKey(t, h, "k")
	check("one up", 2)
	h = typedKey(t, h, "g")
	check("g", n)
}

// TestHistoryFindsAmongTensOfThousands: a filter looks through all entries, and does so in a command.
func TestHistoryFindsAmongTensOfThousands(t *testing.T) {
	const n = 30_000
	sh, _ := aHistoryOf(t, n)
	s, cmd := newHistory(sh)
	h := readOn(t, s, cmd)
	h = typedKey(t, h, "/")
	for _, r := range "needle" {
		h = typedKey(t, h, string(r))
	}
	var seqs []int64
	for _, r := range h.rows {
		seqs = append(seqs, r.entry.Seq)
	}
	if !slices.Equal(seqs, []int64{n - 99, 101}) || !h.newest || !h.oldest {
		t.Errorf("found %v (%v, %v)", seqs, h.newest, h.oldest)
	}
}

// TestHistoryGrows: what is done appears at the top. Who looks at an older entry stays there.
func TestHistoryGrows(t *testing.T) {
	sh, more := aHistoryOf(t, 40)
	s, cmd := newHistory(sh)
	h := readOn(t, s, cmd)
	tick := func() {
		t.Helper()
		s, cmd := h.Update(tickMsg{})
		if cmd == nil {
			t.Fatal("nobody looks")
		}
		h = readOn(t, s, cmd)
	}
	more(fleet.Entry{At: noon(), Action: "lock keyring", Outcome: fleet.OutcomeOK})
	tick()
	if r, _ := h.current(); r.entry.Seq != 41 || r.action != "lock keyring" {
		t.Errorf("the last entry is %+v", r)
	}
	h = typedKey(t, h, "j")
	more(fleet.Entry{At: noon(), Action: "unlock keyring", Outcome: "keyring_denied"})
	tick()
	if r, _ := h.current(); r.entry.Seq != 40 || h.rows[0].entry.Seq != 42 {
		t.Errorf("selected is %d, the first row %d", r.entry.Seq, h.rows[0].entry.Seq)
	}
	// From a screen that took the answer it comes back and looks again.
	h.asked = 99
	s, cmd = historyEntry{sh: sh, row: h.rows[0], from: h}.Update(press("esc"))
	if h = readOn(t, s, cmd); h.asked != 0 || len(h.rows) != 42 {
		t.Errorf("%d rows", len(h.rows))
	}
}

// TestHistoryOwesTheFilter: where the answer to a new filter was taken by another screen, or did not come, it is asked for
// again; rows of the old one are not added to.
func TestHistoryOwesTheFilter(t *testing.T) {
	sh, _ := aHistoryOf(t, 200)
	s, cmd := newHistory(sh)
	for name, missed := range map[string]func(history) (screen, tea.Cmd){
		"another screen took it": func(h history) (screen, tea.Cmd) { return h.resume() },
		"it failed": func(h history) (screen, tea.Cmd) {
			s, _ := h.Update(historyMsg{historyAsk: historyAsk{id: h.asked, fresh: true}, err: errors.New("busy")})
			return s.Update(tickMsg{})
		},
	} {
		h := readOn(t, s, cmd)
		for _, key := range []string{"/", "N", "e", "e", "d"} {
			next, _ := h.Update(press(key))
			h = next.(history)
		}
		next, read := missed(h)
		if h = readOn(t, next, read); len(h.rows) != 1 {
			t.Errorf("%s: %d rows", name, len(h.rows))
		}
	}
}

// TestHistoryThatCannotBeRead says so, and looks again.
func TestHistoryThatCannotBeRead(t *testing.T) {
	sh := testShell(t, someBots()...)
	s, _ := newHistory(sh)
	s, _ = s.Update(historyMsg{historyAsk: historyAsk{id: s.(history).asked, fresh: true}, err: &store.OpenError{Path: "x", Err: store.ErrNotACatalogue}})
	sees(t, s, "catalogue")
	if _, cmd := s.Update(tickMsg{}); cmd == nil {
		t.Error("it gives up for good")
	}
}

// TestStaleHistoryIsDropped: what was asked for before the filter changed is not shown.
func TestStaleHistoryIsDropped(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := drive(shownHistory(sh), "/", "z")
	old := historyMsg{historyAsk: historyAsk{id: s.(history).asked - 1, fresh: true}, end: true}
	old.take(someHistory(sh)[:1])
	s, _ = s.Update(old)
	if got := len(s.(history).rows); got != 8 {
		t.Errorf("%d rows", got)
	}
}

func BenchmarkHistoryFilter(b *testing.B) {
	sh, _ := aHistoryOf(b, 12_000)
	for b.Loop() {
		ask := historyAsk{words: []string{"needle"}, fresh: true}
		if got := ask.read(b.Context(), func() {}, sh.fleet)().(historyMsg); got.err != nil || len(got.rows) != 2 {
			b.Fatal(len(got.rows), got.err)
		}
	}
}
