//go:build !linux

package ui

import (
	"testing"
	"time"
)

// spent is the time that went by: elsewhere than on Linux a thread's own is not asked for.
func spent(testing.TB) time.Duration { return time.Duration(time.Now().UnixNano()) }
