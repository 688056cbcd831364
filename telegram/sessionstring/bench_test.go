package sessionstring

import (
	"math"
	"runtime"
	"testing"
	"time"

	"botring/internal/secret"
)

// What one string may cost.
const (
	boundTime  = 5 * time.Microsecond
	boundBytes = 3 << 10
	// batch is how many rounds are timed together.
	batch = 200
	// far is by how many times the fastest batch must exceed the bound to fail a benchmark: what else the
	// machine does can only add to a time.
	far = 3
)

// measure runs a benchmark and judges its fastest batch.
func measure(b *testing.B, do func() error) {
	b.Helper()
	b.ReportAllocs()
	fastest, began, rounds := time.Duration(math.MaxInt64), time.Now(), 0
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
		if rounds++; rounds%batch == 0 {
			fastest = min(fastest, time.Since(began)/batch)
			began = time.Now()
		}
	}
	if rounds < batch {
		return
	}
	b.ReportMetric(float64(fastest), "ns-fastest")
	b.ReportMetric(float64(boundTime), "ns-bound")
	if fastest > far*boundTime {
		b.Errorf("takes %v at the least, more than %d times %v", fastest, far, boundTime)
	}
}

func BenchmarkParse(b *testing.B) {
	s := vectors(b)[0].session(b)
	for _, kind := range writable() {
		whole := secret.New(text(b, s, kind))
		b.Run(kind.String(), func(b *testing.B) {
			measure(b, func() error { _, _, err := Parse(whole); return err })
		})
	}
	// What gotd saves itself: nine times the text, in a list of data centres. It may take longer than the bound.
	whole := secret.New(gotdVectors(b)[0].Config)
	b.Run("gotd-with-configuration", func(b *testing.B) {
		measure(b, func() error { _, _, err := Parse(whole); return err })
	})
}

func BenchmarkFormat(b *testing.B) {
	s := vectors(b)[0].session(b)
	for _, kind := range writable() {
		b.Run(kind.String(), func(b *testing.B) {
			measure(b, func() error { _, err := Format(s, kind); return err })
		})
	}
}

// TestAllocation holds the memory that one string takes to its bound; unlike time it is the same on every
// machine.
func TestAllocation(t *testing.T) {
	s := vectors(t)[0].session(t)
	for _, kind := range writable() {
		whole := secret.New(text(t, s, kind))
		for name, do := range map[string]func(){
			"parse":  func() { _, _, _ = Parse(whole) },
			"format": func() { _, _ = Format(s, kind) },
		} {
			if got := bytesOf(do); got > boundBytes {
				t.Errorf("%s of %v allocates %d bytes, more than %d", name, kind, got, boundBytes)
			}
			if got := testing.AllocsPerRun(100, do); got > 16 {
				t.Errorf("%s of %v allocates %v times", name, kind, got)
			}
		}
	}
}

// bytesOf is how many bytes a run allocates.
func bytesOf(do func()) uint64 {
	const runs = 200
	do()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		do()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}
