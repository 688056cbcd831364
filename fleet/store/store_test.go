package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"botring/fleet/store"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func memory(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func bot(id int64) store.Bot {
	return store.Bot{
		Key:     store.Key{Environment: "production", ID: id},
		Label:   fmt.Sprintf("bot %d", id),
		Tags:    []string{"prod", "eu"},
		APIID:   10001,
		Profile: store.Profile{Username: fmt.Sprintf("x%d_bot", id), FirstName: "天気 \x1b[31m", DC: 4, Inline: true, ReadsAll: true},
		Health: store.Health{Status: store.SessionRevoked, Kind: "session_revoked", Code: 401, Type: "SESSION_REVOKED",
			CheckedAt: now, Since: now.Add(-time.Hour)},
		Sessions: []store.Session{
			{Name: "ci", DC: 4, Runs: store.Elsewhere, APIID: 10001, MadeAt: now.Add(-2 * time.Hour)},
			{Name: store.DefaultSession, DC: 4, Runs: store.Here, APIID: 10001, MadeAt: now.Add(-time.Hour), CheckedAt: now},
		},
		AddedAt: now.Add(-24 * time.Hour),
	}
}

func commit(t testing.TB, s *store.Store, b store.Bot) {
	t.Helper()
	if err := s.Commit(t.Context(), store.Save{Key: b.Key, Edit: func(row *store.Bot) { *row = b }}); err != nil {
		t.Fatal(err)
	}
}

func TestBotComesBackAsWritten(t *testing.T) {
	for name, s := range map[string]*store.Store{
		"memory": memory(t),
		"disk":   open(t, filepath.Join(t.TempDir(), "new", "dir #1?&%41", "catalogue.db")),
	} {
		t.Run(name, func(t *testing.T) {
			want := bot(7)
			commit(t, s, want)
			plain := store.Bot{Key: store.Key{Environment: "test", ID: 7}, Health: store.Health{Status: store.NotLoggedIn}}
			commit(t, s, plain)
			got, err := s.Bot(t.Context(), want.Key, now)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, want)
			}
			all, err := s.Bots(t.Context(), now)
			if err != nil || !reflect.DeepEqual(all, []store.Bot{plain, want}) {
				t.Errorf("all: %+v, %v", all, err)
			}
			if _, err := s.Bot(t.Context(), store.Key{Environment: "x", ID: 7}, now); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("unknown bot: %v", err)
			}
		})
	}
}

func TestBotsAreOrderedByName(t *testing.T) {
	s := memory(t)
	for i, b := range []store.Bot{
		{Label: "zebra", Profile: store.Profile{FirstName: "Aardvark"}},
		{Profile: store.Profile{FirstName: "beta"}},
		{Profile: store.Profile{Username: "Alpha_bot"}},
		{},
		{Profile: store.Profile{FirstName: "Ärger"}},
		{Profile: store.Profile{FirstName: "ärger"}},
	} {
		b.Key = store.Key{Environment: "production", ID: int64(i + 1)}
		commit(t, s, b)
	}
	all, err := s.Bots(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	var order []int64
	for _, b := range all {
		order = append(order, b.ID)
	}
	if want := []int64{4, 3, 2, 1, 5, 6}; !reflect.DeepEqual(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestUpdateChangesOnlyWhatIsEdited(t *testing.T) {
	s := memory(t)
	want := bot(7)
	commit(t, s, want)
	err := s.Update(t.Context(), want.Key, func(b *store.Bot) {
		b.Label = "other"
		b.Sessions = b.Sessions[1:]
		b.ID = 8 // has no effect
	})
	if err != nil {
		t.Fatal(err)
	}
	want.Label, want.Sessions = "other", want.Sessions[1:]
	if got, err := s.Bot(t.Context(), want.Key, now); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	err = s.Update(t.Context(), store.Key{Environment: "test", ID: 7}, func(*store.Bot) { t.Error("called") })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown bot: %v", err)
	}
}

func TestLabelsAndAppNamesAreUnique(t *testing.T) {
	s := memory(t)
	commit(t, s, bot(7))
	other := bot(8)
	other.Label = "BOT 7"
	err := s.Commit(t.Context(), store.Save{Key: other.Key, Edit: func(b *store.Bot) { *b = other }})
	if !errors.Is(err, store.ErrTaken) {
		t.Errorf("label: %v", err)
	}
	if _, err := s.Bot(t.Context(), other.Key, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the refused bot has a row: %v", err)
	}
	if err := s.PutApp(t.Context(), store.App{Name: "main", APIID: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutApp(t.Context(), store.App{Name: "Main", APIID: 2}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("app: %v", err)
	}
}

func TestDeleteTakesTheSessionsAlong(t *testing.T) {
	s := memory(t)
	b := bot(7)
	commit(t, s, b)
	if err := s.Delete(t.Context(), b.Key); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), b.Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	b.Sessions = nil
	commit(t, s, b)
	if got, err := s.Bot(t.Context(), b.Key, now); err != nil || got.Sessions != nil {
		t.Errorf("sessions came back: %+v, %v", got.Sessions, err)
	}
}

func TestApps(t *testing.T) {
	s := memory(t)
	for _, app := range []store.App{{Name: "zeta", APIID: 5}, {Name: "Main", APIID: 10001}} {
		if err := s.PutApp(t.Context(), app); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, s, bot(7))
	if err := s.PutApp(t.Context(), store.App{Name: "legacy", APIID: 5}); err != nil {
		t.Fatal(err)
	}
	apps, err := s.Apps(t.Context())
	if want := []store.App{{Name: "legacy", APIID: 5}, {Name: "Main", APIID: 10001, Bots: 1}}; err != nil || !reflect.DeepEqual(apps, want) {
		t.Errorf("apps %+v, %v", apps, err)
	}
	if err := s.DeleteApp(t.Context(), 5); err != nil {
		t.Error(err)
	}
	if _, err := s.App(t.Context(), 5); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted app: %v", err)
	}
	if err := s.DeleteApp(t.Context(), 5); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestCommitEndsTheIntent(t *testing.T) {
	s := memory(t)
	b := bot(7)
	intent := store.Intent{Nonce: "abc", Key: b.Key, APIID: 10001, Began: now}
	if err := s.Begin(t.Context(), intent); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Intents(t.Context()); err != nil || !reflect.DeepEqual(got, []store.Intent{intent}) {
		t.Fatalf("journal %+v, %v", got, err)
	}
	app := store.App{Name: "main", APIID: 10001}
	err := s.Commit(t.Context(), store.Save{Key: b.Key, App: &app, Edit: func(row *store.Bot) { *row = b }, Nonce: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Intents(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("journal after the commit %+v, %v", got, err)
	}
	if got, err := s.App(t.Context(), 10001); err != nil || got.Bots != 1 {
		t.Errorf("app %+v, %v", got, err)
	}
	if err := s.End(t.Context(), "unknown"); err != nil {
		t.Error(err)
	}
}

func TestTwoProcessesWriteAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	const writers, each = 4, 25
	// Opened at the same time too: one of them makes the file, the others find it half made.
	errs := make(chan error, writers)
	for w := range writers {
		go func() {
			s, err := store.Open(context.Background(), path)
			if err != nil {
				errs <- err
				return
			}
			defer func() { _ = s.Close() }()
			for i := range each {
				b := bot(int64(w*each + i + 1))
				if err := s.Commit(context.Background(), store.Save{Key: b.Key, Edit: func(row *store.Bot) { *row = b }}); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if all, err := open(t, path).Bots(t.Context(), now); err != nil || len(all) != writers*each {
		t.Errorf("%d bots, %v", len(all), err)
	}
}

// TestFirstBots: they are the beginning of all, whatever names are like, also after changes; and how many there are.
func TestFirstBots(t *testing.T) {
	s := memory(t)
	names := []string{"", "@shop", "shop", "Shop", "SHOP 2", "ärzte", "Ärzte", "天気", "\x1b[31mred", "  blank", "İstanbul", "\xff\xfe", "a\x00b"}
	for i := range 60 {
		b := bot(int64(1000 - i))
		b.Label, b.Profile.FirstName = "", names[i%len(names)]
		if i%7 == 0 {
			b.Environment = "test"
		}
		if i%11 == 0 {
			b.Profile.Username = ""
		}
		commit(t, s, b)
	}
	relabel := func(key store.Key, label string) {
		t.Helper()
		if err := s.Update(t.Context(), key, func(b *store.Bot) { b.Label = label }); err != nil {
			t.Fatal(err)
		}
	}
	relabel(store.Key{Environment: "production", ID: 999}, "zz last")
	relabel(store.Key{Environment: "production", ID: 998}, "!first")
	if err := s.PutFlood(t.Context(), store.Flood{Key: store.Key{Environment: "production", ID: 998}, Method: store.MethodLogin, Until: now.Add(time.Hour), SeenAt: now}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Bots(t.Context(), now)
	if err != nil || len(all) != 60 || all[0].Label != "!first" {
		t.Fatalf("%d bots, %v", len(all), err)
	}
	for _, n := range []int{0, 1, 10, 59, 60, 200} {
		first, count, err := s.FirstBots(t.Context(), now, n)
		if want := all[:min(n, 60)]; err != nil || count != 60 || len(first) != len(want) || n > 0 && !reflect.DeepEqual(first, want) {
			t.Errorf("the first %d are %d of %d, %v, and not as the first of all", n, len(first), count, err)
		}
	}
}
