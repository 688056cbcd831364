//go:build !windows && !linux

package child

import "syscall"

// endWithParent: this system lets children outlive a parent that is killed.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func dup2(from, to int) error { return syscall.Dup2(from, to) }
