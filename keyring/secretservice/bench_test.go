package secretservice

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
	"botring/keyring/internal/benchtest"
)

// BenchmarkRead measures where the time goes when a gnome-keyring with 1,000 items is read whole: the
// search, the attributes, which take a call an item, and the secrets.
//
//	go test ./keyring/secretservice -run '^$' -bench Read -benchtime 20x
func BenchmarkRead(b *testing.B) {
	startGnome(b)
	ctx := b.Context()
	c, err := Connect(ctx, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	value := secret.New(strings.Repeat("v", 1200))
	const size = 1000
	for i := range size {
		if err := c.Put(ctx, Attributes{"service": "bench", "username": fmt.Sprint("bot/production/", i)}, "botring: @bench", value); err != nil {
			b.Fatal(err)
		}
	}
	l, err := c.connect(ctx)
	if err != nil {
		b.Fatal(err)
	}
	items, _, err := l.search(ctx, Attributes{"service": "bench"})
	if err != nil || len(items) != size {
		b.Fatal(len(items), err)
	}
	whole := func(n int, err error) error {
		if err == nil && n != size {
			err = fmt.Errorf("%d of %d", n, size)
		}
		return err
	}
	for _, bench := range []struct {
		name  string
		bound time.Duration
		run   func() (int, error)
	}{
		{"search", 0, func() (int, error) {
			items, _, err := l.search(ctx, Attributes{"service": "bench"})
			return len(items), err
		}},
		{"attributes", 0, func() (int, error) { sets, err := l.attributes(ctx, items); return len(sets), err }},
		{"secrets", 300 * time.Millisecond, func() (int, error) { sealed, err := l.secrets(ctx, items); return len(sealed), err }},
		{"secrets, one call", 0, func() (int, error) {
			var boxed map[dbus.ObjectPath]any
			err := l.call(ctx, servicePath, serviceInterface+".GetSecrets", items, l.session).store(&boxed)
			return len(boxed), err
		}},
		{"all", 0, func() (int, error) {
			entries, err := c.GetAll(ctx, Attributes{"service": "bench"})
			return len(entries), err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			benchtest.Median(b, bench.bound, func(int) error { return whole(bench.run()) })
		})
	}
}
