// Package benchtest measures what the keyrings promise to stay under.
package benchtest

import (
	"slices"
	"testing"
	"time"
)

const (
	// far is by how many times a bound must be exceeded to fail a benchmark.
	far = 3
	// enough is how many rounds must have been made to judge them.
	enough = 10
)

// Median runs a benchmark, reports the median time of a round in milliseconds in place of the mean, and
// returns it. Where there is a bound it is reported beside it; a benchmark whose fastest tenth exceeds it by
// far fails. The fastest, because what else the machine does can only add to a time.
func Median(b *testing.B, bound time.Duration, round func(i int) error) time.Duration {
	b.Helper()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		if err := round(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	median, fast := took[len(took)/2], took[len(took)/10]
	b.ReportMetric(0, "ns/op") // left out
	b.ReportMetric(milliseconds(median), "ms")
	if bound > 0 {
		b.ReportMetric(milliseconds(bound), "ms-bound")
		if len(took) >= enough && fast > far*bound {
			b.Errorf("the fastest rounds take %v, more than %d times %v", fast, far, bound)
		}
	}
	return median
}

// Growth reports how many times as long something takes in a store that is full as in one that is nearly
// empty, by their medians. Growth that exceeds its bound by far fails.
func Growth(b *testing.B, empty, full time.Duration, bound float64) {
	b.Helper()
	times := float64(full) / float64(empty)
	b.ReportMetric(times, "times")
	b.ReportMetric(bound, "times-bound")
	if times > far*bound {
		b.Errorf("takes %.1f times as long as with one item, more than %d times %.1f", times, far, bound)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
