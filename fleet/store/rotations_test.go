package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"botring/fleet/store"
)

func aRotation() store.Rotation {
	return store.Rotation{
		Key: bot(7).Key, Manager: 9, Step: store.RotationRevoking, Began: time.UnixMilli(1_700_000_000_000),
		Lost: []store.LostSession{{Name: "default", Runs: store.Here}, {Name: "vps-1", Runs: store.Elsewhere, At: "vps-1"}},
	}
}

func row(t *testing.T, s *store.Store, id int64) {
	t.Helper()
	b := bot(id)
	if err := s.Commit(t.Context(), store.Save{Key: b.Key, Edit: func(row *store.Bot) { *row = b }}); err != nil {
		t.Fatal(err)
	}
}

// A rotation is as it was written until its save is committed, which advances it in the same transaction, and goes
// with its bot.
func TestRotations(t *testing.T) {
	s, err := store.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	want := aRotation()
	if err := s.PutRotation(t.Context(), want); err == nil {
		t.Error("a rotation of a bot that is not there was taken")
	}
	row(t, s, 7)
	if _, err := s.Rotation(t.Context(), want.Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before there is one: %v", err)
	}
	if err := s.PutRotation(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Rotation(t.Context(), want.Key); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}

	// Another save of the bot says nothing of it.
	if err := s.Begin(t.Context(), store.Intent{Nonce: "other", Key: want.Key}); err != nil {
		t.Fatal(err)
	}
	commit := func(nonce string) {
		if err := s.Commit(t.Context(), store.Save{Key: want.Key, Nonce: nonce, Edit: func(*store.Bot) {}}); err != nil {
			t.Fatal(err)
		}
	}
	commit("other")
	commit("")
	if err := s.Begin(t.Context(), store.Intent{Nonce: "mine", Key: want.Key, Rotates: true}); err != nil {
		t.Fatal(err)
	}
	want.Nonce = "mine"
	if got, err := s.Rotations(t.Context()); err != nil || !reflect.DeepEqual(got, []store.Rotation{want}) {
		t.Errorf("while it is saved: %+v, %v", got, err)
	}
	commit("mine")
	want.Step = store.RotationSaved
	if got, err := s.Rotation(t.Context(), want.Key); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("once it is saved: %+v, %v", got, err)
	}
	if err := s.EndRotation(t.Context(), want.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rotation(t.Context(), want.Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after its end: %v", err)
	}

	if err := s.PutRotation(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), want.Key); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Rotations(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("after its bot is gone: %+v, %v", all, err)
	}
}

// Another keyring's catalogue takes them over, with their bots.
func TestRotationsMoveAlong(t *testing.T) {
	var stores [2]*store.Store
	for i := range stores {
		s, err := store.Memory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores[i] = s
	}
	row(t, stores[0], 7)
	want := aRotation()
	if err := stores[0].PutRotation(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	rows, err := stores[0].Snapshot(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := stores[1].Merge(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := stores[1].Rotations(t.Context()); err != nil || !reflect.DeepEqual(got, []store.Rotation{want}) {
		t.Errorf("%+v, %v", got, err)
	}
}
