package fleet

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"botring/fleet/files"
	"botring/fleet/store"
	"botring/keyring"
)

// The start of the program up to the first frame: 1,000 bots, and no keyring.
func BenchmarkOpenAndBots1000(b *testing.B) {
	w := newFakeWorld(b)
	f := w.open()
	for id := range int64(1000) {
		catalogued(b, f, Bot{
			Key: key(id + 1), Tags: []string{"prod"}, APIID: testApp, Profile: Profile{Username: fmt.Sprintf("x%d_bot", id), FirstName: fmt.Sprint("Bot ", id)},
			Health: store.Health{Status: store.OK}, Sessions: []Session{{Name: store.DefaultSession, DC: 2, Runs: store.Here, APIID: testApp}},
		})
	}
	_ = f.Close()
	for b.Loop() {
		f, err := Open(b.Context(), w.options())
		if err != nil {
			b.Fatal(err)
		}
		if bots, err := f.Bots(b.Context()); err != nil || len(bots) != 1000 {
			b.Fatal(len(bots), err)
		}
		b.StopTimer()
		_ = f.Close()
		b.StartTimer()
	}
}

// What saving adds to a login, beside what Telegram and the keyring take: preflight, journal, encoding,
// reading back, catalogue.
func BenchmarkAdd(b *testing.B) {
	w := newFakeWorld(b)
	f := w.open()
	if _, err := f.AddApp(b.Context(), "main", testApp, testHash()); err != nil {
		b.Fatal(err)
	}
	var id int64
	for b.Loop() {
		id++
		if _, err := f.Add(b.Context(), NewBot{Token: tokenOf(id, "x"), APIID: testApp}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// The same on the system's keyring with ten items in it: beside the key exchange, all that a login costs here.
func BenchmarkAddSystem10(b *testing.B) {
	ring, err := keyring.Open(b.Context(), keyring.Options{Ring: "botring-bench", LockDir: b.TempDir()})
	if err != nil {
		b.Skipf("no keyring to save in: %v", err)
	}
	w := newFakeWorld(b)
	w.ring = ring
	f := w.open()
	b.Cleanup(func() {
		names, _ := ring.List(context.WithoutCancel(b.Context()))
		for _, name := range names {
			_ = ring.Delete(context.WithoutCancel(b.Context()), name)
		}
	})
	if _, err := f.AddApp(b.Context(), "main", testApp, testHash()); err != nil {
		b.Fatal(err)
	}
	add := func(id int64) {
		if _, err := f.Add(b.Context(), NewBot{Token: tokenOf(id, "x"), APIID: testApp}, nil); err != nil {
			b.Fatal(err)
		}
	}
	for id := range int64(9) {
		add(id + 1)
	}
	for b.Loop() {
		add(10)
		b.StopTimer()
		if err := f.Remove(b.Context(), key(10)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkCheckMany1000(b *testing.B) {
	w := newFakeWorld(b)
	f := w.open()
	f.at.Load().ring.opened = keyring.Wrap(keyring.NewMemory(), keyring.Options{})
	var keys []Key
	for id := range int64(1000) {
		order := NewBot{Token: tokenOf(id+1, "x"), APIID: testApp, NoLogin: true}
		if id == 0 {
			order.APIHash = testHash()
		}
		session := fakeSession(id+1, int(id))
		w.fake.alive[session.Key.Reveal()] = id + 1
		if _, err := f.Adopt(b.Context(), order, session, fakeProfile(id+1), store.Here); err != nil {
			b.Fatal(err)
		}
		keys = append(keys, key(id+1))
	}
	for b.Loop() {
		f.CheckMany(b.Context(), keys, func(c Outcome) {
			if c.Err != nil {
				b.Error(c.Err)
			}
		})
	}
}

// Checks through the schedule, against a Telegram on loopback in this process: what one waits for at "check
// all". The time of a bot must not grow with their number, but for what the keyring adds by itself.
func BenchmarkCheckAll(b *testing.B) {
	for _, ring := range []string{"memory", "system"} {
		for _, bots := range []int{100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", ring, bots), func(b *testing.B) {
				w := newWorld(b)
				if ring == "system" {
					opts := keyring.Options{Ring: fmt.Sprint("botring-bench-", bots), LockDir: b.TempDir()}
					opened, err := keyring.Open(b.Context(), opts)
					if err != nil {
						b.Skipf("no keyring: %v", err)
					}
					w.ring = opened
					b.Cleanup(func() { empty(b, opts) })
				}
				f := w.open()
				keys := w.seed(f, bots)
				for b.Loop() {
					f.CheckMany(b.Context(), keys, func(o Outcome) {
						if o.Err != nil || o.Bot.Health.Status != store.OK {
							b.Error(o.Key, o.Bot.Health.Status, o.Err)
						}
					})
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*bots), "µs/bot")
			})
		}
	}
}

// BenchmarkPreview is what is seen of a file before anything is done: it is read and judged by what is here already.
func BenchmarkPreview(b *testing.B) {
	for _, lines := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(lines), func(b *testing.B) {
			w := newFakeWorld(b)
			f := w.open()
			for id := range int64(100) {
				w.added(f, 1+int64(lines/100)*id)
			}
			var list strings.Builder
			for id := range int64(lines) {
				fmt.Fprintln(&list, tokenOf(id+1, "x").Reveal())
			}
			for b.Loop() {
				doc, err := files.Read("bots.txt", []byte(list.String()))
				if err != nil {
					b.Fatal(err)
				}
				if candidates, err := f.Preview(b.Context(), doc.Entries); err != nil || len(candidates) != lines {
					b.Fatal(len(candidates), err)
				}
			}
		})
	}
}

// empty deletes what a benchmark left in a keyring, which the end of its fleet has closed.
func empty(b *testing.B, opts keyring.Options) {
	ctx := context.WithoutCancel(b.Context())
	ring, err := keyring.Open(ctx, opts)
	if err != nil {
		b.Error(err)
		return
	}
	defer func() { _ = ring.Close() }()
	names, err := ring.List(ctx)
	if err != nil {
		b.Error(err)
	}
	for _, name := range names {
		if err := ring.Delete(ctx, name); err != nil {
			b.Error(err)
		}
	}
}
