package fleet

import (
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
