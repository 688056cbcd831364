package fleet

import (
	"errors"
	"slices"
	"testing"
)

func TestTag(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	keys := []Key{key(7), key(99), key(8)}
	bots, err := f.Tag(t.Context(), keys, []string{" prod", "eu", "prod"}, nil)
	if err != nil || len(bots) != 2 || !slices.Equal(bots[1].Tags, []string{"prod", "eu"}) {
		t.Fatalf("%+v, %v", bots, err)
	}
	if bots, err = f.Tag(t.Context(), keys[:1], []string{"us"}, []string{"prod", "never"}); err != nil || !slices.Equal(bots[0].Tags, []string{"eu", "us"}) {
		t.Fatalf("%+v, %v", bots, err)
	}
	var problem *InputError
	if _, err := f.Tag(t.Context(), keys, []string{"fine", "not fine"}, nil); !errors.As(err, &problem) || problem.Field != FieldTag {
		t.Errorf("got %v", err)
	}
	if bot, err := f.Bot(t.Context(), key(8)); err != nil || !slices.Equal(bot.Tags, []string{"prod", "eu"}) {
		t.Errorf("%v, %v", bot.Tags, err)
	}
	got := lines(t, f)
	if want := []string{"3 0 tag ok 3 bots +prod +eu", "4 7 Bot 7 tag ok +us -prod -never"}; !slices.Equal(got[2:], want) {
		t.Errorf("history: %q", got)
	}
}

func TestUseApp(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	if _, err := f.UseApp(t.Context(), []Key{key(7)}, testApp+1); !errors.Is(err, ErrNoApp) {
		t.Errorf("an app that is not there: %v", err)
	}
	if _, err := f.AddApp(t.Context(), "other", testApp+1, testHash()); err != nil {
		t.Fatal(err)
	}
	bots, err := f.UseApp(t.Context(), []Key{key(7), key(8)}, testApp+1)
	if err != nil || len(bots) != 2 || bots[0].APIID != testApp+1 || bots[0].Sessions[0].APIID != testApp {
		t.Fatalf("%+v, %v", bots, err)
	}
	// The session goes on with what it was made with, and the next login is with the other app.
	if _, err := f.Login(t.Context(), key(7), true, nil); err != nil || w.fake.last.ID != testApp+1 {
		t.Errorf("logged in with %d, %v", w.fake.last.ID, err)
	}
	if err := f.RemoveApp(t.Context(), testApp); err != nil {
		t.Errorf("an app that nobody uses any more: %v", err)
	}
}
