package ui

import (
	"syscall"
	"testing"
	"time"
)

// spent is the time that the calling thread was at work, which other work on the machine does not lengthen.
func spent(tb testing.TB) time.Duration {
	tb.Helper()
	const thread = 1 // RUSAGE_THREAD
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
