package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"botring/fleet/store"
)

// Contexts that end in the middle of a call undo that call and nothing else: a catalogue in memory lives
// in the one connection it has.
func TestACancelledCallLosesNothing(t *testing.T) {
	for name, s := range map[string]*store.Store{
		"memory": memory(t),
		"disk":   open(t, filepath.Join(t.TempDir(), "catalogue.db")),
	} {
		t.Run(name, func(t *testing.T) {
			const bots = 50
			for id := range int64(bots) {
				commit(t, s, bot(id+1))
			}
			cancelled := 0
			for i := range 300 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%100)*5*time.Microsecond)
				var err error
				if i%2 == 0 {
					err = s.Update(ctx, bot(1).Key, func(b *store.Bot) { b.Health.Code = i })
				} else {
					_, err = s.Bots(ctx, now)
				}
				cancel()
				if err != nil {
					cancelled++
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatal(err)
					}
				}
			}
			if cancelled == 0 {
				t.Error("nothing was cancelled")
			}
			if all, err := s.Bots(t.Context(), now); err != nil || len(all) != bots {
				t.Errorf("%d bots, %v", len(all), err)
			}
			commit(t, s, bot(bots+1))
		})
	}
}
