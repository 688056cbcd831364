package fleet

import (
	"context"
	"database/sql" //nolint:depguard // to change the file behind the program's back
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// tamper changes the history behind the program's back.
func (w moving) tamper(statements ...string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.home, "catalogue.age.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, statement := range statements {
		if _, err := db.ExecContext(w.t.Context(), statement); err != nil {
			w.t.Fatal(statement, err)
		}
	}
}

// sealedHistory is a world with encrypted files, in which three bots were added, one was labelled and removed.
func sealedHistory(t *testing.T) moving {
	t.Helper()
	w := moving{newFakeWorld(t), t}
	f := w.on("age")
	for id := int64(7); id < 10; id++ {
		w.added(f, id)
	}
	if _, err := f.SetLabel(t.Context(), key(8), "Eight"); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), key(8)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// lines are a history as text, the first entry first.
func lines(t *testing.T, f *Fleet) []string {
	t.Helper()
	entries, err := f.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, strings.Join(strings.Fields(fmt.Sprintln(e.Seq, e.Key.ID, e.Name, e.Action, e.Outcome, e.Detail)), " "))
	}
	slices.Reverse(all)
	return all
}

func TestHistoryOfALife(t *testing.T) {
	w := sealedHistory(t)
	f := w.on("age")
	want := []string{"1 7 Bot 7 add ok", "2 8 Bot 8 add ok", "3 9 Bot 9 add ok", "4 8 Eight label ok", "5 8 Eight remove ok"}
	if got := lines(t, f); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	check, err := f.VerifyHistory(t.Context())
	if err != nil || check != (HistoryCheck{Entries: 5}) {
		t.Errorf("%+v, %v", check, err)
	}
	// A failure is an entry too, and a mistake in what was typed is none.
	w.fake.onLogin = func(context.Context, int64) error { return errors.New("down") }
	_, err = f.Add(t.Context(), w.bot(11), nil)
	if err == nil {
		t.Fatal("it was added")
	}
	if _, err := f.Add(t.Context(), NewBot{Token: secret.New("nonsense")}, nil); err == nil {
		t.Fatal("it was added")
	}
	if got := lines(t, f); len(got) != 6 || got[5] != "6 11 add failed" {
		t.Errorf("%q", got)
	}
	if check, err := f.VerifyHistory(t.Context()); err != nil || check != (HistoryCheck{Entries: 6}) {
		t.Errorf("%+v, %v", check, err)
	}
	_ = f.Close()

	// To label a bot no keyring is opened. The entry is sealed by the next one that has the key at hand.
	f = w.on("age")
	if _, err := f.SetLabel(t.Context(), key(7), "Seven"); err != nil {
		t.Fatal(err)
	}
	if check, err := f.VerifyHistory(t.Context()); err != nil || check != (HistoryCheck{Entries: 7, Unsealed: 1}) {
		t.Errorf("%+v, %v", check, err)
	}
	if _, err := f.Check(t.Context(), key(7), nil); err != nil {
		t.Fatal(err)
	}
	if check, err := f.VerifyHistory(t.Context()); err != nil || check != (HistoryCheck{Entries: 8}) {
		t.Errorf("%+v, %v", check, err)
	}
}

// TestHistoryTamperedWith: what was changed, removed or cut off is found, and where.
func TestHistoryTamperedWith(t *testing.T) {
	for name, c := range map[string]struct {
		statements []string
		fault      HistoryFault
		seq        int64
	}{
		"nothing":              {nil, HistorySound, 0},
		"another outcome":      {[]string{`UPDATE history SET outcome = 'failed' WHERE seq = 3`}, HistoryChanged, 3},
		"another time":         {[]string{`UPDATE history SET at = at + 1 WHERE seq = 1`}, HistoryChanged, 1},
		"another bot":          {[]string{`UPDATE history SET bot_id = 9 WHERE seq = 5`}, HistoryChanged, 5},
		"words moved":          {[]string{`UPDATE history SET action = 'la', outcome = 'belok' WHERE seq = 4`}, HistoryChanged, 4},
		"two swapped":          {[]string{`UPDATE history SET seq = 99 WHERE seq = 2`, `UPDATE history SET seq = 2 WHERE seq = 3`, `UPDATE history SET seq = 3 WHERE seq = 99`}, HistoryChanged, 2},
		"the first gone":       {[]string{`DELETE FROM history WHERE seq = 1`}, HistoryMissing, 1},
		"one gone":             {[]string{`DELETE FROM history WHERE seq = 3`}, HistoryMissing, 3},
		"the last gone":        {[]string{`DELETE FROM history WHERE seq = 5`}, HistoryCutOff, 5},
		"all gone":             {[]string{`DELETE FROM history`}, HistoryCutOff, 1},
		"unsealed":             {[]string{`UPDATE history SET seal = NULL WHERE seq = 2`}, HistoryChanged, 3},
		"unsealed at the end":  {[]string{`UPDATE history SET seal = NULL WHERE seq = 5`}, HistoryCutOff, 5},
		"replaced at the end":  {[]string{`UPDATE history SET seal = NULL, outcome = 'failed' WHERE seq > 3`}, HistoryCutOff, 4},
		"a checkpoint made up": {[]string{`INSERT INTO checkpoint SELECT 1, 2, seal, x'00' FROM history WHERE seq = 2`, `DELETE FROM history WHERE seq < 3`}, HistoryChanged, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedHistory(t)
			w.tamper(c.statements...)
			check, err := w.on("age").VerifyHistory(t.Context())
			if err != nil || check.Fault != c.fault || check.Seq != c.seq {
				t.Errorf("%+v, %v", check, err)
			}
		})
	}
}

// TestHistoryIsPruned: what was pruned is proved by a checkpoint, and the rest is sound.
func TestHistoryIsPruned(t *testing.T) {
	w := sealedHistory(t)
	f := w.on("age")
	on := f.at.Load()
	if _, err := f.Check(t.Context(), key(7), nil); err != nil {
		t.Fatal(err)
	}
	prove := func(m store.Mark) []byte { return proveMark(on.history.key, m) }
	if err := on.Prune(t.Context(), 2, 100, prove); err != nil || len(lines(t, f)) != 6 {
		t.Fatalf("pruned what is within bounds: %q, %v", lines(t, f), err)
	}
	if err := on.Prune(t.Context(), 2, 5, prove); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, f); !slices.Equal(got, []string{"5 8 Eight remove ok", "6 7 Bot 7 check ok"}) {
		t.Errorf("%q", got)
	}
	if check, err := f.VerifyHistory(t.Context()); err != nil || check != (HistoryCheck{Entries: 2, Pruned: 4}) {
		t.Errorf("%+v, %v", check, err)
	}
	if err := on.Prune(t.Context(), 0, 1, prove); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Check(t.Context(), key(9), nil); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	w.tamper(`UPDATE checkpoint SET seq = seq - 1`)
	if check, err := w.on("age").VerifyHistory(t.Context()); err != nil || check.Fault != HistoryChanged {
		t.Errorf("a checkpoint that was moved: %+v, %v", check, err)
	}
}

// TestHistoryOfTwo: processes that append at the same time make one chain, and the one that ends first does
// not take the head back.
func TestHistoryOfTwo(t *testing.T) {
	w := sealedHistory(t)
	one, two := w.on("age"), w.on("age")
	for i := range 5 {
		for j, f := range []*Fleet{one, two} {
			if _, err := f.SetLabel(t.Context(), key(7), fmt.Sprint("label ", i, j)); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Check(t.Context(), key(9), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = two.Close()
	_ = one.Close()
	f := w.on("age")
	if check, err := f.VerifyHistory(t.Context()); err != nil || check != (HistoryCheck{Entries: 25}) {
		t.Errorf("%+v, %v", check, err)
	}
	_ = f.Close()
	w.tamper(`DELETE FROM history WHERE seq = 25`)
	if check, err := w.on("age").VerifyHistory(t.Context()); err != nil || check.Fault != HistoryCutOff || check.Seq != 25 {
		t.Errorf("%+v, %v", check, err)
	}
}

// TestHistoriesOfTwoHomes: each catalogue of a ring has a history of its own, of which the other's length says nothing.
func TestHistoriesOfTwoHomes(t *testing.T) {
	w := newFakeWorld(t)
	// Where everything is forgotten nothing is sealed, so this one does not say that it is in memory.
	w.ring = keyring.Wrap(struct{ keyring.Store }{w.store}, keyring.Options{})
	homes := []string{t.TempDir(), t.TempDir()}
	use := func(home string, ids ...int64) HistoryCheck {
		t.Helper()
		w.home = home
		f := w.open()
		for _, id := range ids {
			w.added(f, id)
		}
		check, err := f.VerifyHistory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return check
	}
	use(homes[0], 1, 2, 3)
	use(homes[1], 4)
	for i, home := range homes {
		if check := use(home); check != (HistoryCheck{Entries: 3 - 2*i}) {
			t.Errorf("home %d: %+v", i, check)
		}
	}
}

// TestHistoryWithoutItsKey: without the key nothing can be said, which is said.
func TestHistoryWithoutItsKey(t *testing.T) {
	w := sealedHistory(t)
	f := w.on("age")
	r, err := f.at.Load().ring.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), historyKeyItem); err != nil {
		t.Fatal(err)
	}
	if check, err := f.VerifyHistory(t.Context()); err != nil || check.Fault != HistoryNoKey {
		t.Errorf("%+v, %v", check, err)
	}
	if err := r.Put(t.Context(), keyring.Item{Name: historyKeyItem, Value: secret.New(`{"v":1,"key":"AAAA"}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.VerifyHistory(t.Context()); !errors.Is(err, ErrItemDamaged) {
		t.Errorf("a key that is none: %v", err)
	}
}

// TestHistoryOfAMemoryRing: nothing is sealed where everything is forgotten, and nothing is lost by that.
func TestHistoryOfAMemoryRing(t *testing.T) {
	w := moving{newFakeWorld(t), t}
	f := w.on("memory")
	w.added(f, 7)
	if got := lines(t, f); !slices.Equal(got, []string{"1 7 Bot 7 add ok"}) {
		t.Errorf("%q", got)
	}
	if check, err := f.VerifyHistory(t.Context()); err != nil || check != (HistoryCheck{Entries: 1, Unsealed: 1}) {
		t.Errorf("%+v, %v", check, err)
	}
}

// TestAKeyringThatAsksBeforeReplacing: no prompt is shown for what is written when a process ends.
func TestAKeyringThatAsksBeforeReplacing(t *testing.T) {
	w := newFakeWorld(t)
	head := keyring.Item{Name: historyHeadItem("catalogue.db"), Value: secret.New("of another process")}
	if err := w.ring.Put(t.Context(), head); err != nil {
		t.Fatal(err)
	}
	var asked int
	w.store.put = func(item *keyring.Item) error {
		if w.item(item.Name).Empty() {
			return nil
		}
		asked++
		return keyring.ErrLocked
	}
	head.Value = secret.New("of this one")
	if err := putQuietly(t.Context(), w.ring, head); err != nil || !w.item(head.Name).Equal(head.Value) {
		t.Errorf("%v; the head is %q", err, w.item(head.Name).Reveal())
	}
	if asked != 1 {
		t.Errorf("it was tried %d times to replace it", asked)
	}
}
