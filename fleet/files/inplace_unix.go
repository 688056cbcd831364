//go:build unix

package files

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// severalNames reports whether a file has hard links.
func severalNames(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink > 1
}

// giveTo gives a file the owner and the group of another, or is ErrOwner.
func giveTo(file *os.File, like fs.FileInfo) error {
	want, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if is, ok := info.Sys().(*syscall.Stat_t); ok && is.Uid == want.Uid && is.Gid == want.Gid {
		return nil
	}
	if err := file.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return errors.Join(ErrOwner, err)
	}
	return nil
}

// syncFolder has the disk hold the names in a folder. Some file systems cannot, and their names are held all the same. A folder
// that may be written and not read cannot be opened for it: what was done there is done.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil
	case err != nil:
		return err
	}
	if err := folder.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return errors.Join(err, folder.Close())
	}
	return folder.Close()
}
