//go:build unix

package store

import (
	"errors"
	"syscall"
)

// isReadOnlyFS reports whether err comes of a file system mounted read-only.
func isReadOnlyFS(err error) bool { return errors.Is(err, syscall.EROFS) }
