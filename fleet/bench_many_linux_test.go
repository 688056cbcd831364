package fleet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring"
)

// BenchmarkMany is what one waits for when many bots are logged in or checked: through the schedule, some at a time,
// against a Telegram on loopback in this process. A row is all bots together: wall clock, CPU of this process, which
// the server's half of the work is part of, and the most memory it had resident at a time, the server's as well.
func BenchmarkMany(b *testing.B) {
	for _, work := range []struct {
		name string
		bots int
	}{{"login", 100}, {"login", 200}, {"login", 1000}, {"check", 100}, {"check", 1000}, {"check", 10_000}} {
		for _, ring := range []string{"memory", "system"} {
			for _, atOnce := range []int{1, 8, 32} {
				asked := work.name == "login" && work.bots == 200 || work.name == "check" && work.bots == 1000
				if atOnce != 8 && (!asked || ring == "system") || !asked && ring == "system" {
					continue // the others show how the time grows; 8 at a time is what people have, and a keyring takes long to fill
				}
				b.Run(fmt.Sprintf("%s/%d/%s/%d", work.name, work.bots, ring, atOnce), func(b *testing.B) {
					var cpu time.Duration
					var peak int64
					for b.Loop() {
						b.StopTimer()
						f, keys := crowded(b, work.name == "check", work.bots, ring, atOnce)
						forgetPeak(b)
						began := processTime(b)
						b.StartTimer()
						done := func(o Outcome) {
							if o.Err != nil || o.Bot.Health.Status != store.OK {
								b.Error(o.Key, o.Bot.Health.Status, o.Err)
							}
						}
						if work.name == "check" {
							f.CheckMany(b.Context(), keys, done)
						} else {
							f.LoginMany(b.Context(), keys, false, done)
						}
						b.StopTimer()
						cpu += processTime(b) - began
						peak = max(peak, peakMemory(b))
						b.StartTimer()
					}
					wall := b.Elapsed().Seconds() / float64(b.N)
					b.ReportMetric(wall*1e3, "ms")
					b.ReportMetric(cpu.Seconds()*1e3/float64(b.N), "ms-cpu")
					b.ReportMetric(float64(work.bots)/wall, "bots/s")
					b.ReportMetric(float64(peak)/1e6, "MB-peak")
				})
			}
		}
	}
}

// crowded is a fleet of bots that are known to a Telegram, with or without sessions.
func crowded(b *testing.B, sessions bool, bots int, kind string, atOnce int) (*Fleet, []Key) {
	w := newWorld(b)
	w.ring = keyring.Wrap(keyring.NewMemory(), keyring.Options{})
	if kind == "system" {
		opts := keyring.Options{Ring: "botring-bench-many", LockDir: b.TempDir()}
		ring, err := keyring.Open(b.Context(), opts)
		if err != nil {
			b.Skipf("no keyring: %v", err)
		}
		w.ring = ring
		empty(b, opts)
		b.Cleanup(func() { empty(b, opts) })
	}
	opts := w.options()
	opts.AtOnce, opts.Log = atOnce, nil
	f, err := Open(b.Context(), opts)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	if sessions {
		return f, w.seed(f, bots)
	}
	if _, err := f.AddApp(b.Context(), "main", testApp, testHash()); err != nil {
		b.Fatal(err)
	}
	var keys []Key
	for id := int64(1); id <= int64(bots); id++ {
		order := w.bot(id)
		order.NoLogin = true
		if _, err := f.Add(context.WithoutCancel(b.Context()), order, nil); err != nil {
			b.Fatal(err)
		}
		keys = append(keys, key(id))
	}
	return f, keys
}

// processTime is the CPU time that this process has had.
func processTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// forgetPeak has the kernel measure the most memory from here on (proc_pid_clear_refs(5)).
func forgetPeak(b *testing.B) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Fatal(err)
	}
}

// peakMemory is the most that was resident since then, in bytes.
func peakMemory(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmHWM:" {
			kilobytes, err := strconv.ParseInt(string(fields[1]), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	b.Fatal("no VmHWM")
	return 0
}
