package child

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// inMemory reports whether the files of a directory are kept in memory alone. Those of a tmpfs may be swapped out.
func inMemory(dir string) bool {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return false
	}
	kind := uint32(fs.Type)
	return kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC
}

// private reports whether a directory is this user's and nobody else can look into it.
func private(info os.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
