package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"botring/fleet/store"
	"botring/telegram/telegramtest"
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
	folder, err := filepath.Abs(".")
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(folder, "a.env")
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

// A rotation leaves what went out before it with an older token.
func TestPlacesAfterARotation(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	manager := w.bot(9, func(b *telegramtest.Bot) { b.Profile.ManagesBots, b.Manages = true, []int64{7} })
	if _, err := f.Add(t.Context(), manager, nil); err != nil {
		t.Fatal(err)
	}
	f.TokenWentOut(t.Context(), key(7), tokenOf(7, "x"), Outlet{Way: store.ToFile, Place: "/srv/.env"})
	if _, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err != nil {
		t.Fatal(err)
	}
	if places, err := f.Places(t.Context(), key(7)); err != nil || len(places) != 1 || places[0].State != store.Stale {
		t.Errorf("%+v, %v", places, err)
	}
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

// A file is one place, whichever way leads to its folder: a shell that opens it tells of no links, and what is typed may.
func TestPlaceBehindALink(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folder, link := filepath.Join(root, "real"), filepath.Join(root, "link")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.Symlink(folder, link)); err != nil {
		t.Fatal(err)
	}
	f.TokenWentOut(t.Context(), key(7), tokenOf(7, "x"), Outlet{Way: store.ToFile, Place: filepath.Join(folder, ".env")})
	f.TokenWentOut(t.Context(), key(7), tokenOf(7, "x"), Outlet{Way: store.ToFile, Place: filepath.Join(link, ".env")})
	places, err := f.Places(t.Context(), key(7))
	if err != nil || len(places) != 1 || places[0].Count != 2 {
		t.Fatalf("%+v, %v", places, err)
	}
	if meant := PlacesCalled(places, filepath.Join(link, ".env")); len(meant) != 1 {
		t.Errorf("%+v", meant)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if meant := PlacesCalled(places, places[0].Place); len(meant) != 1 {
		t.Errorf("as it is shown: %+v", meant)
	}
}
