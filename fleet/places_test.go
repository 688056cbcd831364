package fleet

import (
	"errors"
	"path/filepath"
	"testing"

	"botring/fleet/store"
)

// Where a token went holds the old one as soon as it is replaced, and the new one once that went there too.
func TestPlacesAfterAReplacement(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	out := func(by Outlet) {
		t.Helper()
		token, err := f.Token(t.Context(), key(7))
		if err != nil {
			t.Fatal(err)
		}
		f.TokenWentOut(t.Context(), key(7), token, by)
	}
	t.Chdir(t.TempDir())
	here, err := filepath.Abs("a.env")
	if err != nil {
		t.Fatal(err)
	}
	file, clip := Outlet{Way: store.ToFile, Place: "a.env", How: "token show"}, Outlet{Way: store.ToClipboard, How: "copy"}
	out(file)
	out(clip)
	opened, err := f.OpenSession(t.Context(), key(7), "", Use{Action: "export"})
	if err != nil {
		t.Fatal(err)
	}
	f.WentOut(t.Context(), []OpenedSession{opened}, ExportForm{Envelope: EnvFile}.Contents(), Outlet{Way: store.ToPipe, For: "c\x1b[31mi", How: "export env"})
	places := func() []Departure {
		t.Helper()
		places, err := f.Places(t.Context(), key(7))
		if err != nil {
			t.Fatal(err)
		}
		return places
	}
	all := places()
	if len(all) != 3 || all[0].For != "ci" || !all[0].App || all[2].Place != here || all[2].App || all[2].State != store.Current {
		t.Fatalf("%+v", all)
	}
	if _, err := f.ReplaceToken(t.Context(), key(7), tokenOf(7, "y"), true, nil); err != nil {
		t.Fatal(err)
	}
	out(file)
	state := func(name string, want store.DepartureState) []Departure {
		t.Helper()
		meant := PlacesCalled(places(), name)
		if len(meant) != 1 || meant[0].State != want {
			t.Errorf("%s: %+v, want %s", name, meant, want)
		}
		return meant
	}
	state("a.env", store.Current)
	state("ci", store.Stale)
	if err := f.SettlePlaces(t.Context(), state("clipboard", store.Stale), true); err != nil {
		t.Fatal(err)
	}
	if err := f.SettlePlaces(t.Context(), state("clipboard", store.Done), false); err != nil {
		t.Fatal(err)
	}
	state("clipboard", store.Stale)
}

// A file gets the tokens of the bots that it has older ones of, and only those bots' places are current then.
func TestRenew(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for _, id := range []int64{7, 8} {
		w.added(f, id)
	}
	before := "A=" + tokenOf(7, "a").Reveal() + "\nB=x\n"
	made, err := f.Renew(t.Context(), []Key{key(7), key(8)}, ".env", []byte(before), false)
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.Token(t.Context(), key(7))
	if err != nil || string(made.Data) != "A="+token.Reveal()+"\nB=x\n" || !made.Holds(key(7)) || made.Holds(key(8)) {
		t.Errorf("%q, %v", made.Data, err)
	}
	f.Renewed(t.Context(), made, "/srv/.env")
	for id, want := range map[int64]int{7: 1, 8: 0} {
		if places, err := f.Places(t.Context(), key(id)); err != nil || len(places) != want {
			t.Errorf("%d: %+v, %v", id, places, err)
		}
	}
	entries, err := f.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == "export" && e.Key == key(8) {
			t.Error("a token was read that is not in the file")
		}
	}
	other := key(7)
	other.Environment = "elsewhere"
	if _, err := f.Renew(t.Context(), []Key{key(7), other}, ".env", []byte(before), true); !errors.Is(err, ErrSameID) {
		t.Errorf("two bots of one id: %v", err)
	}
}
