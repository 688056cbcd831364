//go:build !unix

package agefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// On Windows a file's mode says nothing of others: a user's own directories are closed to them by the
// access control lists they inherit.

func checkOwner(string, fs.FileInfo) error { return nil }

func checkPassphraseFile(fs.FileInfo, fs.FileMode) error { return nil }

// syncDir does nothing: Windows syncs no directories.
func syncDir(*os.Root, string) error { return nil }

// isFull knows ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func isFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
