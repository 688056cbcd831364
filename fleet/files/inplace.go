package files

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// BackupEnding is what the name of a file goes on with that holds what was rewritten, as it was: the older tokens too.
const BackupEnding = ".botring-bak"

var (
	// ErrLinkOut is the error of a link that leads out of the folder it is in.
	ErrLinkOut = errors.New("a link to another folder")
	// ErrSeveralNames is the error of a file with hard links: the others would go on having what it was.
	ErrSeveralNames = errors.New("a file of several names")
	// ErrChangedMeanwhile is the error of a file that is not any more what was read.
	ErrChangedMeanwhile = errors.New("changed meanwhile")
	// ErrBackupThere is the error of a file whose backup would take the place of an older one.
	ErrBackupThere = errors.New("there is a backup already")
	// ErrOwner is the error of a file that is somebody else's, whom it could not be given back to.
	ErrOwner = errors.New("the owner cannot be kept")
)

// An InPlace is a file that was read and is to be replaced by what Rewrite made of it.
type InPlace struct {
	// Path is where the file is, links followed.
	Path string
	Data []byte

	info fs.FileInfo
}

// OpenInPlace reads a file that is to be rewritten. A link within its folder is followed. Errors are ErrNotRegular,
// ErrTooLarge, ErrLinkOut, ErrSeveralNames and those of the file system.
func OpenInPlace(name string) (InPlace, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return InPlace{}, err
	}
	if path, err = withinFolder(path); err != nil {
		return InPlace{}, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return InPlace{}, err
	}
	switch {
	case !info.Mode().IsRegular():
		return InPlace{}, ErrNotRegular
	case severalNames(info):
		return InPlace{}, ErrSeveralNames
	case info.Size() > MaxRewritten:
		return InPlace{}, ErrTooLarge
	}
	data, opened, err := readSame(path, info)
	return InPlace{path, data, opened}, err
}

// withinFolder follows a path that is a link, if that leads to the same folder.
func withinFolder(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path, err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	if filepath.Dir(target) != folder {
		return "", ErrLinkOut
	}
	return target, nil
}

// readSame reads a file that was looked at, and is ErrChangedMeanwhile where another has taken its place.
func readSame(path string, looked fs.FileInfo) ([]byte, fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !os.SameFile(looked, info) {
		return nil, nil, ErrChangedMeanwhile
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxRewritten+1))
	if err == nil && len(data) > MaxRewritten {
		err = ErrTooLarge
	}
	return data, info, err
}

// Replace puts data in the place of the file, with its mode and owner: whole, or not at all. What it was is in the backup
// beside it, which only its owner can read and which is returned; one that is there is written over only with over. Errors are
// ErrChangedMeanwhile, ErrBackupThere, ErrOwner and those of the file system.
func (p InPlace) Replace(data []byte, over bool) (backup string, err error) {
	if err := p.same(); err != nil {
		return "", err
	}
	backup = p.Path + BackupEnding
	if _, err := os.Lstat(backup); err == nil && !over {
		return "", ErrBackupThere
	}
	next, err := p.beside(data, p.info.Mode().Perm(), true)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(next) }() // gone when it has become the file
	kept, err := p.beside(p.Data, 0o600, false)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(kept) }()
	if err := p.same(); err != nil {
		return "", err
	}
	if over {
		err = os.Rename(kept, backup)
	} else if err = os.Link(kept, backup); err != nil {
		err = linkless(err, kept, backup)
	}
	if err != nil {
		return "", err
	}
	if err := os.Rename(next, p.Path); err != nil {
		if !over {
			_ = os.Remove(backup)
		}
		return "", err
	}
	return backup, syncFolder(filepath.Dir(p.Path))
}

// linkless gives a backup its name where there are no hard links, and says that it is there already where it is.
func linkless(err error, kept, backup string) error {
	if _, there := os.Lstat(backup); errors.Is(err, fs.ErrExist) || there == nil {
		return ErrBackupThere
	}
	return os.Rename(kept, backup)
}

// same reports ErrChangedMeanwhile where the file is not what was read.
func (p InPlace) same() error {
	info, err := os.Lstat(p.Path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || !info.ModTime().Equal(p.info.ModTime()) || info.Mode() != p.info.Mode() {
		return ErrChangedMeanwhile
	}
	data, _, err := readSame(p.Path, p.info)
	if err == nil && !bytes.Equal(data, p.Data) {
		err = ErrChangedMeanwhile
	}
	return err
}

// beside writes a file beside this one, on the disk when it returns, which only its owner could read until it has its mode.
func (p InPlace) beside(data []byte, mode fs.FileMode, owned bool) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(p.Path), ".botring-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(data)
	if err == nil && owned {
		err = giveTo(file, p.info)
	}
	if err == nil {
		err = file.Chmod(mode)
	}
	return file.Name(), errors.Join(err, file.Sync(), file.Close())
}
