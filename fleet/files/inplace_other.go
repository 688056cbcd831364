//go:build !unix

package files

import (
	"io/fs"
	"os"
)

// severalNames is not told here.
func severalNames(fs.FileInfo) bool { return false }

// giveTo does nothing: a new file in a folder has the rights that the folder gives.
func giveTo(*os.File, fs.FileInfo) error { return nil }

// syncFolder does nothing: a folder cannot be opened for that.
func syncFolder(string) error { return nil }
