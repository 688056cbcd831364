//go:build !windows

package fleet

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockWhole locks a file, for as long as somebody has it open who got it from here.
func lockWhole(file *os.File) (held bool, err error) {
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// inheritable leaves a file open in what takes this process's place.
func inheritable(file *os.File) error {
	_, err := unix.FcntlInt(file.Fd(), unix.F_SETFD, 0)
	return err
}
