package keyring

import (
	"context"
	"errors"
	"testing"
)

// A describedStore counts writes, and is in the state it is told.
type describedStore struct {
	*Memory
	status Status
	puts   int
}

func (s *describedStore) Status(context.Context) (Status, error) { return s.status, nil }

func (s *describedStore) Put(ctx context.Context, item Item) error {
	s.puts++
	return s.Memory.Put(ctx, item)
}

// TestProbe: a probe is never taken as done for an earlier write, and never begun where it would prompt.
func TestProbe(t *testing.T) {
	store := &describedStore{Memory: NewMemory(), status: Status{CanList: true}}
	ring := Wrap(store, Options{})
	mustPut(t, ring, "app/1", "x")
	for range 2 {
		if _, err := ring.Probe(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := store.List(t.Context()); err != nil || len(names) != 1 || store.puts != 3 {
		t.Errorf("%d writes, left: %q, %v", store.puts, names, err)
	}
	for _, status := range []Status{{Locked: true}, {New: true}} {
		store.status, store.puts = status, 0
		if _, err := ring.Probe(t.Context(), 100); !errors.Is(err, ErrLocked) || store.puts != 0 {
			t.Errorf("%+v: %v after %d writes", status, err, store.puts)
		}
	}
}
