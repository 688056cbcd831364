//go:build !windows

package cli

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// awaitInput waits until there is something to read, or until stop is closed at its other end: then it reports
// false. A read that has begun could not be called back, and would take what a child is to read.
func awaitInput(fd int, stop *os.File) bool {
	waits := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(stop.Fd()), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(waits, -1)
		if !errors.Is(err, unix.EINTR) {
			return err != nil || waits[1].Revents == 0
		}
	}
}
