package agefile

import (
	"fmt"
	"strings"
	"testing"

	"botring/internal/secret"
)

// BenchmarkStore measures an open store as it fills: neither Get nor Put may know how many items there are.
//
//	go test ./keyring/agefile -run '^$' -bench Store -benchtime 200x
func BenchmarkStore(b *testing.B) {
	s := openStore(b, newDir(b))
	ctx := b.Context()
	value := secret.New(strings.Repeat("v", 1200))
	name := func(i int) string { return fmt.Sprintf("bot/production/%d", i) }
	filled := 0
	fill := func(b *testing.B, size int) {
		for ; filled < size; filled++ {
			if err := s.Put(ctx, name(filled), value); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, size := range []int{1, 100, 5000} {
		for _, bench := range []struct {
			name string
			run  func(i int) error
		}{
			{"get", func(i int) error { _, err := s.Get(ctx, name(i%size)); return err }},
			{"put", func(i int) error { return s.Put(ctx, name(i%size), value) }},
			{"list", func(int) error { _, err := s.List(ctx); return err }},
		} {
			b.Run(fmt.Sprintf("%s/%d", bench.name, size), func(b *testing.B) {
				fill(b, size)
				for i := 0; b.Loop(); i++ {
					if err := bench.run(i * 7919); err != nil { // a prime: not in the order of the directory
						b.Fatal(err)
					}
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
	for b.Loop() {
		must(b, openStore(b, dir).Unlock(b.Context()))
	}
}

// BenchmarkGetAll reads a whole store.
func BenchmarkGetAll(b *testing.B) {
	s := openStore(b, newDir(b))
	for i := range 1000 {
		mustPut(b, s, fmt.Sprint("bot/production/", i), strings.Repeat("v", 1200))
	}
	for b.Loop() {
		values, err := s.GetAll(b.Context(), nil)
		if err != nil || len(values) != 1000 {
			b.Fatal(len(values), err)
		}
	}
}
