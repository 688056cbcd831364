//go:build unix

package agefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner returns ErrUnsafe where somebody else than us, or root, can write.
func checkOwner(name string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: %s can be written to by others (mode %04o)", ErrUnsafe, name, info.Mode().Perm())
	}
	if !ours(info) {
		return fmt.Errorf("%w: %s belongs to another user", ErrUnsafe, name)
	}
	return nil
}

// ours reports whether a file belongs to us or to root, who could read and write everything anyway.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// checkPassphraseFile refuses a file whose mode has any of the bits that are not for others.
func checkPassphraseFile(info fs.FileInfo, forbidden fs.FileMode) error {
	switch {
	case info.Mode().Perm()&forbidden != 0:
		return fmt.Errorf("others can read or write it (mode %04o): chmod 600", info.Mode().Perm())
	case !ours(info):
		return errors.New("it belongs to another user")
	default:
		return nil
	}
}

// syncDir has a directory's entries on the disk when it returns nil.
func syncDir(root *os.Root, name string) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer closeRead(dir)
	// Some file systems know no such thing.
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
