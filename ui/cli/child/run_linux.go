package child

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// endWithParent has a child told to end when this process is killed and can tell it nothing.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

func dup2(from, to int) error { return unix.Dup3(from, to, 0) }
