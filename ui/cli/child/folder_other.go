//go:build !linux

package child

import "os"

// inMemory: no such directory is known on this system.
func inMemory(string) bool { return false }

// private: whoever names a directory on this system names one of their own.
func private(info os.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 || os.PathSeparator == '\\' }
