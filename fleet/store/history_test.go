package store

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestStretch: a part of the history is the nearest entries, the last one first, whichever way they are looked for.
func TestStretch(t *testing.T) {
	s, err := Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	entries := make([]Entry, 10)
	for i := range entries {
		entries[i] = Entry{At: time.Unix(int64(i), 0), Key: Key{"production", int64(i % 2)}, Action: "check", Outcome: "ok"}
	}
	if _, err := s.Append(t.Context(), entries, nil); err != nil {
		t.Fatal(err)
	}
	one := Key{"production", 1}
	for _, test := range []struct {
		of   Stretch
		want []int64
	}{
		{Stretch{Limit: 3}, []int64{10, 9, 8}},
		{Stretch{Before: 8, Limit: 2}, []int64{7, 6}},
		{Stretch{Before: 1, Limit: 2}, nil},
		{Stretch{Forward: true, After: 0, Limit: 2}, []int64{2, 1}},
		{Stretch{Forward: true, After: 8, Limit: 5}, []int64{10, 9}},
		{Stretch{Of: one, Limit: 2}, []int64{10, 8}},
		{Stretch{Of: one, Forward: true, After: 4, Limit: 1}, []int64{6}},
		{Stretch{Of: Key{"test", 1}, Limit: 2}, nil},
		{Stretch{Of: one}, []int64{10, 8, 6, 4, 2}},
	} {
		got, err := s.Stretch(t.Context(), test.of)
		if err != nil {
			t.Fatal(err)
		}
		var seqs []int64
		for _, e := range got {
			seqs = append(seqs, e.Seq)
		}
		if !slices.Equal(seqs, test.want) {
			t.Errorf("%s: %v, want %v", fmt.Sprintf("%+v", test.of), seqs, test.want)
		}
	}
}
