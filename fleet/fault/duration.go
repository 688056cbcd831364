package fault

import (
	"fmt"
	"time"
)

// Duration says how long d is in its two largest units: "58 s", "31 min 13 s", "2 h 5 min", "3 days 4 h".
// Parts of a second count as a whole one.
func Duration(d time.Duration) string {
	s := int64((max(d, 0) + time.Second - 1) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 60*60:
		return two(s/60, "min", s%60, "s")
	case s < 24*60*60:
		return two(s/3600, "h", s%3600/60, "min")
	}
	return two(s/86400, days(s/86400), s%86400/3600, "h")
}

// Latency says how long something took that most often takes milliseconds: "0.8 ms", "12 ms", "1.4 s".
func Latency(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// two leaves the smaller unit out where there is none of it.
func two(a int64, unit string, b int64, smaller string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unit)
	}
	return fmt.Sprintf("%d %s %d %s", a, unit, b, smaller)
}

func days(n int64) string {
	if n == 1 {
		return "day"
	}
	return "days"
}

// Countdown says how long is left in one short word, which ticks in the last minute: "31 min", "0:58".
func Countdown(d time.Duration) string {
	s := int64((max(d, 0) + time.Second - 1) / time.Second)
	if s < 60 {
		return fmt.Sprintf("0:%02d", s)
	}
	return coarse(s)
}

// Ago says how long ago something was: "just now", "2 min ago", "3 days ago".
func Ago(d time.Duration) string {
	s := int64(d / time.Second)
	if s < 60 {
		return "just now"
	}
	return coarse(s) + " ago"
}

// coarse is s seconds, at least 60, in the largest unit alone.
func coarse(s int64) string {
	switch {
	case s < 60*60:
		return fmt.Sprintf("%d min", s/60)
	case s < 24*60*60:
		return fmt.Sprintf("%d h", s/3600)
	}
	return fmt.Sprintf("%d %s", s/86400, days(s/86400))
}
