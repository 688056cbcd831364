package fleet

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockWhole locks a file, for as long as this process has it open.
func lockWhole(file *os.File) (held bool, err error) {
	err = windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// inheritable: nothing takes a process's place on this system.
func inheritable(*os.File) error { return errors.ErrUnsupported }
