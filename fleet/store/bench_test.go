package store_test

import (
	"path/filepath"
	"testing"

	"botring/fleet/store"
)

// The start of the program: the catalogue of a thousand bots, opened and read. Its share of the 50 ms
// before the first frame is 25.
func BenchmarkOpenAndRead1000(b *testing.B) {
	path := filepath.Join(b.TempDir(), "catalogue.db")
	s := open(b, path)
	for i := range 1000 {
		commit(b, s, bot(int64(i+1)))
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := store.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		bots, err := s.Bots(b.Context(), now)
		if err != nil || len(bots) != 1000 {
			b.Fatal(len(bots), err)
		}
		b.StopTimer()
		_ = s.Close()
		b.StartTimer()
	}
}

func BenchmarkCommit(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "catalogue.db"))
	row := bot(7)
	for b.Loop() {
		commit(b, s, row)
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "catalogue.db"))
	row := bot(7)
	commit(b, s, row)
	for b.Loop() {
		if err := s.Update(b.Context(), row.Key, func(r *store.Bot) { r.Health.Code++ }); err != nil {
			b.Fatal(err)
		}
	}
}
