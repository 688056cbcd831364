package store_test

import (
	"fmt"
	"testing"
	"time"

	"botring/fleet/store"
)

// replaced gives a bot a token of another mark, as a save does.
func replaced(t *testing.T, s *store.Store, key store.Key, mark string) {
	t.Helper()
	if err := s.Commit(t.Context(), store.Save{Key: key, Edit: func(*store.Bot) {}, Mark: mark}); err != nil {
		t.Fatal(err)
	}
}

func depart(t *testing.T, s *store.Store, d store.Departure) {
	t.Helper()
	if err := s.PutDeparture(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func departures(t *testing.T, s *store.Store, key store.Key) []store.Departure {
	t.Helper()
	all, err := s.Departures(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func settle(t *testing.T, s *store.Store, at time.Time, d ...store.Departure) {
	t.Helper()
	if err := s.SettleDepartures(t.Context(), d, at); err != nil {
		t.Fatal(err)
	}
}

// The same place again is the same row, and it holds what went there last.
func TestAPlaceIsOneRow(t *testing.T) {
	s := memory(t)
	key := store.Key{Environment: "production", ID: 7}
	replaced(t, s, key, "old")
	d := store.Departure{Key: key, Token: true, Way: store.ToFile, Place: "/srv/.env", How: "export env", Mark: "old", Last: now}
	depart(t, s, d)
	d.App, d.How, d.Last = true, "token show", now.Add(time.Hour)
	depart(t, s, d)
	depart(t, s, store.Departure{Key: store.Key{Environment: "test", ID: 7}, Way: store.ToPipe, Mark: "x", Last: now})
	all := departures(t, s, key)
	if len(all) != 1 {
		t.Fatalf("%d rows: %+v", len(all), all)
	}
	got := all[0]
	if !got.Token || !got.App || got.Count != 2 || !got.First.Equal(now) || !got.Last.Equal(now.Add(time.Hour)) ||
		got.How != "token show" || got.State != store.Current || got.Place != "/srv/.env" {
		t.Errorf("%+v", got)
	}
	replaced(t, s, key, "new")
	if got := departures(t, s, key)[0]; got.State != store.Stale {
		t.Errorf("after the token was replaced: %s", got.State)
	}
	d.Mark, d.Last = "new", now.Add(2*time.Hour)
	depart(t, s, d)
	if all := departures(t, s, key); len(all) != 1 || all[0].State != store.Current || all[0].Count != 3 {
		t.Errorf("after the new one went there: %+v", all)
	}
}

// What somebody said of a place with a name holds until the next token. Where the new token left by a pipe, the old one
// may have left by another.
func TestWhatIsDoneIsDoneForOneToken(t *testing.T) {
	s := memory(t)
	key := store.Key{Environment: "production", ID: 7}
	replaced(t, s, key, "one")
	depart(t, s, store.Departure{Key: key, Token: true, Way: store.ToPipe, Mark: "one", Last: now})
	depart(t, s, store.Departure{Key: key, Token: true, Way: store.ToPipe, For: "ci", Mark: "one", Last: now.Add(-time.Second)})
	replaced(t, s, key, "two")
	depart(t, s, store.Departure{Key: key, Token: true, Way: store.ToPipe, Mark: "two", Last: now.Add(time.Second)})
	state := func(want ...store.DepartureState) []store.Departure {
		t.Helper()
		all := departures(t, s, key)
		var got []store.DepartureState
		for _, d := range all {
			got = append(got, d.State)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
		return all
	}
	all := state(store.Current, store.Stale, store.Stale) // the pipe of two, that of one, ci
	settle(t, s, now.Add(time.Minute), all[1], all[2])
	state(store.Current, store.Done, store.Done)
	settle(t, s, time.Time{}, all[1])
	all = state(store.Current, store.Stale, store.Done)
	settle(t, s, now, all[1])
	replaced(t, s, key, "three")
	state(store.Stale, store.Done, store.Stale)
}

// Another catalogue may have replaced a token, and the number of places of a bot is bounded.
func TestPlacesAreBounded(t *testing.T) {
	s := memory(t)
	key := store.Key{Environment: "production", ID: 7}
	for i := range 510 {
		depart(t, s, store.Departure{
			Key: key, Token: true, Way: store.ToFile, Place: fmt.Sprint("/", i), Mark: "a", Last: now.Add(time.Duration(i) * time.Second),
		})
	}
	all := departures(t, s, key)
	if len(all) != 500 || all[0].Place != "/509" || all[499].Place != "/10" {
		t.Errorf("%d places, %s to %s", len(all), all[0].Place, all[len(all)-1].Place)
	}
	if err := s.NoteToken(t.Context(), key, "b"); err != nil {
		t.Fatal(err)
	}
	if got := departures(t, s, key)[0].State; got != store.Stale {
		t.Errorf("%s", got)
	}
}

// A catalogue takes the places of another over, once.
func TestPlacesMove(t *testing.T) {
	from, to := memory(t), memory(t)
	key := store.Key{Environment: "production", ID: 7}
	depart(t, from, store.Departure{Key: key, Token: true, Way: store.ToFile, Place: "/a", Mark: "a", Last: now})
	replaced(t, from, key, "b")
	settle(t, from, now, departures(t, from, key)...)
	rows, err := from.Snapshot(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := to.Merge(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	if all := departures(t, to, key); len(all) != 1 || all[0].State != store.Done || all[0].Count != 1 || !all[0].DoneAt.Equal(now) {
		t.Errorf("%+v", all)
	}
}
