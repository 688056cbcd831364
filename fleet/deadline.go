package fleet

import "time"

// lookAgain is the longest that anything here sleeps before it compares a deadline with the clock on the wall.
const lookAgain = time.Minute

// A deadline is a time that is waited for. It has passed when either of two clocks says so. The one on the wall
// goes on while a computer sleeps, which timers do not on Linux (CLOCK_MONOTONIC, clock_gettime(2)), but
// somebody may set it back; the one that timers run by cannot be set, and then it is right.
//
// The zero deadline has passed.
type deadline struct {
	wall, steady time.Time
}

// deadlineIn is the deadline after a wait that begins now.
func deadlineIn(now time.Time, wait time.Duration) deadline {
	return deadline{wall: now.Round(0).Add(wait), steady: time.Now().Add(wait)}
}

// left is how long it is until the deadline, not more than 0 when it has passed.
func (d deadline) left(now time.Time) time.Duration {
	return min(d.wall.Sub(now.Round(0)), time.Until(d.steady))
}

// passed reports whether the deadline has.
func (d deadline) passed(now time.Time) bool { return d.left(now) <= 0 }

// at is when that will be on the wall.
func (d deadline) at(now time.Time) time.Time { return now.Round(0).Add(d.left(now)) }

// wallClock is the time on the wall alone. What time.Now says beside it stands still while a computer sleeps,
// and would be preferred by every comparison.
func wallClock() time.Time { return time.Now().Round(0) }
