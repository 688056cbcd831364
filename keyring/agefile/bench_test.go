package agefile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/keyring/internal/benchtest"
)

const (
	benchItem   = 2 * time.Millisecond   // to read or to write an item of a store that is open
	benchGrowth = 1.5                    // how much longer that may take among 5,000 items
	benchOpen   = 800 * time.Millisecond // to open a store: scrypt's price
)

// BenchmarkStore measures open stores of three sizes: neither Get nor Put may know how many items there are.
//
//	go test ./keyring/agefile -run '^$' -bench Store -benchtime 300x
func BenchmarkStore(b *testing.B) {
	ctx := b.Context()
	value := secret.New(strings.Repeat("v", 1200))
	name := func(i int) string { return fmt.Sprintf("bot/production/%d", i) }
	sizes := []int{1, 100, 5000}
	stores := make(map[int]*Store)
	filled := func(b *testing.B, size int) *Store {
		if stores[size] == nil {
			stores[size] = openStore(b, newDir(b))
			for i := range size {
				must(b, stores[size].Put(ctx, name(i), value))
			}
		}
		return stores[size]
	}
	for _, size := range sizes {
		filled(b, size)
	}
	for _, bench := range []struct {
		name  string
		bound time.Duration
		run   func(s *Store, i int) error
	}{
		{"get", benchItem, func(s *Store, i int) error { _, err := s.Get(ctx, name(i)); return err }},
		{"put", benchItem, func(s *Store, i int) error { return s.Put(ctx, name(i), value) }},
		{"list", 0, func(s *Store, _ int) error { _, err := s.List(ctx); return err }},
	} {
		var one time.Duration
		for _, size := range sizes {
			b.Run(fmt.Sprintf("%s/%d", bench.name, size), func(b *testing.B) {
				s := filled(b, size)
				median := benchtest.Median(b, bench.bound, func(i int) error {
					return bench.run(s, i*7919%size) // a prime: not in the order of the directory
				})
				if size == 1 {
					one = median
				} else if bench.bound > 0 && one > 0 {
					benchtest.Growth(b, one, median, benchGrowth)
				}
			})
		}
	}
}

// BenchmarkOpen measures what a process pays once: scrypt, at the work factor that users have.
func BenchmarkOpen(b *testing.B) {
	dir := newDir(b)
	opts, _ := testOptions(dir)
	opts.WorkFactor = DefaultWorkFactor
	s, err := Open(opts)
	must(b, err)
	must(b, s.Unlock(b.Context()))
	benchtest.Median(b, benchOpen, func(int) error { return openStore(b, dir).Unlock(b.Context()) })
}

// BenchmarkGetAll reads a whole store.
func BenchmarkGetAll(b *testing.B) {
	s := openStore(b, newDir(b))
	for i := range 1000 {
		mustPut(b, s, fmt.Sprint("bot/production/", i), strings.Repeat("v", 1200))
	}
	benchtest.Median(b, 0, func(int) error {
		values, err := s.GetAll(b.Context(), nil)
		if err == nil && len(values) != 1000 {
			err = fmt.Errorf("%d values of 1000", len(values))
		}
		return err
	})
}
