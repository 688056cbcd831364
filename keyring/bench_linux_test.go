package keyring

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gokeyring "github.com/zalando/go-keyring"

	"botring/internal/secret"
	"botring/keyring/internal/benchtest"
)

// BenchmarkSystem measures the real keyring as it fills, beside zalando/go-keyring:
//
//	scripts/with-keyring.sh go test ./keyring -run '^$' -bench System -benchtime 20x
//
// The last size takes a minute to fill: gnome-keyring rewrites its whole file at every write. What is
// promised is promised of 10 items.
func BenchmarkSystem(b *testing.B) {
	ring := newSystemRing(b)
	ctx := b.Context()
	value := strings.Repeat("v", 1200)
	name := func(i int) string { return fmt.Sprintf("bot/production/%d", i) }
	filled := 0
	fill := func(b *testing.B, size int) {
		for ; filled < size; filled++ {
			if err := ring.Put(ctx, Item{Name: name(filled), Label: "botring: @bench", Value: secret.New(value)}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, size := range []int{1, 10, 100, 1000} {
		service := ring.opts.Ring
		for _, bench := range []struct {
			name  string
			bound time.Duration // at 10 items
			run   func() error
		}{
			{"get/botring", 2 * time.Millisecond, func() error { _, err := ring.Get(ctx, name(size/2)); return err }},
			{"get/zalando", 0, func() error { _, err := gokeyring.Get(service, name(size/2)); return err }},
			{"put/botring", 5 * time.Millisecond, func() error {
				return ring.Put(ctx, Item{Name: name(size / 2), Label: "botring: @bench", Value: secret.New(value)})
			}},
			{"put/zalando", 0, func() error { return gokeyring.Set(service, name(size/2), value) }},
			{"open/botring", 10 * time.Millisecond, func() error {
				other, err := Open(ctx, Options{Ring: service})
				if err == nil {
					err = other.Close()
				}
				return err
			}},
			{"preflight/botring", 0, func() error {
				ring.proved.Store(nil) // as the first one of a process
				return ring.Preflight(ctx, 1200)
			}},
			{"list/botring", 0, func() error { _, err := ring.List(ctx); return err }},
			{"getall/botring", 0, func() error {
				values, err := ring.GetAll(ctx, nil)
				if err == nil && len(values) != size {
					err = fmt.Errorf("%d values of %d", len(values), size)
				}
				return err
			}},
		} {
			bound := bench.bound
			if size != 10 {
				bound = 0
			}
			b.Run(fmt.Sprintf("%d/%s", size, bench.name), func(b *testing.B) {
				fill(b, size)
				benchtest.Median(b, bound, func(int) error { return bench.run() })
			})
		}
	}
}
