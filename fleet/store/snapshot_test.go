package store_test

import (
	"reflect"
	"testing"
	"time"

	"botring/fleet/store"
)

// TestMerge: a catalogue takes over what it does not have, as it was written, and keeps what it has.
func TestMerge(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	ctx := t.Context()
	from, to := memory(t), memory(t)
	seven, eight, nine := store.Key{Environment: "production", ID: 7}, store.Key{Environment: "production", ID: 8}, store.Key{Environment: "test", ID: 9}
	row := func(s *store.Store, key store.Key, edit func(*store.Bot)) {
		t.Helper()
		if err := s.Commit(ctx, store.Save{Key: key, Edit: edit}); err != nil {
			t.Fatal(err)
		}
	}
	for _, app := range []store.App{{Name: "main", APIID: 1}, {Name: "other", APIID: 2}} {
		if err := from.PutApp(ctx, app); err != nil {
			t.Fatal(err)
		}
	}
	session := store.Session{Name: "ci", DC: 4, Runs: store.Elsewhere, APIID: 1, MadeAt: now, CheckedAt: now}
	dead := store.Health{Status: store.SessionDead, Kind: "session_dead", Code: 401, Type: "X", CheckedAt: now, Since: now}
	row(from, seven, func(b *store.Bot) {
		b.Label, b.Tags, b.APIID, b.Health, b.Sessions, b.AddedAt = "Seven", []string{"prod"}, 1, dead, []store.Session{session}, now
	})
	row(from, eight, func(b *store.Bot) { b.Label = "Shop" })
	row(from, nine, func(b *store.Bot) { b.Label = "old" })
	// Until it is over, a wait makes seven read as flooded. It is written as what it is.
	flood := store.Flood{Key: seven, APIID: 1, Method: store.MethodLogin, Until: now.Add(time.Hour), SeenAt: now}
	if err := from.PutFlood(ctx, flood); err != nil {
		t.Fatal(err)
	}

	if err := to.PutApp(ctx, store.App{Name: "MAIN", APIID: 3}); err != nil {
		t.Fatal(err)
	}
	row(to, store.Key{Environment: "production", ID: 10}, func(b *store.Bot) { b.Label = "shop" })
	row(to, nine, func(b *store.Bot) { b.Label = "new" })

	snapshot, err := from.Snapshot(ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again changes nothing
		if err := to.Merge(ctx, snapshot); err != nil {
			t.Fatal(err)
		}
	}
	got, err := to.Snapshot(ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[store.Key]store.Bot{}
	for _, bot := range got.Bots {
		byKey[bot.Key] = bot
	}
	if len(byKey) != 4 || byKey[eight].Label != "" || byKey[nine].Label != "new" {
		t.Errorf("bots: %+v", byKey)
	}
	if b := byKey[seven]; b.Label != "Seven" || !reflect.DeepEqual(b.Health, dead) || !reflect.DeepEqual(b.Sessions, []store.Session{session}) || !b.AddedAt.Equal(now) {
		t.Errorf("seven: %+v", b)
	}
	names := map[int]string{}
	for _, app := range got.Apps {
		names[app.APIID] = app.Name
	}
	if want := map[int]string{1: "app 1", 2: "other", 3: "MAIN"}; !reflect.DeepEqual(names, want) {
		t.Errorf("apps: %v", names)
	}
	if len(got.Floods) != 1 || !got.Floods[0].Until.Equal(flood.Until) {
		t.Errorf("floods: %v", got.Floods)
	}

	if err := to.Forget(ctx, []store.Key{seven, {Environment: "production", ID: 99}}, []int{1, 99}); err != nil {
		t.Fatal(err)
	}
	left, err := to.Snapshot(ctx, now)
	if err != nil || len(left.Bots) != 3 || len(left.Apps) != 2 || len(left.Floods) != 1 {
		t.Errorf("after forgetting: %+v, %v", left, err)
	}
}
