package ui

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"botring/fleet/fault"
)

// atHome is a path with the user's own directory in the place of ~.
func atHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~"+string(filepath.Separator))
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, rest), err
}

// MayMakeIn looks whether files can be made in a directory, by making one that is gone at once.
func MayMakeIn(dir string) error {
	file, err := os.CreateTemp(dir, ".botring-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// mayCreate looks whether a new file may be there, without making it.
func mayCreate(path string) error {
	path, err := atHome(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fs.ErrExist)
	}
	return MayMakeIn(filepath.Dir(path))
}

// writePrivate writes a new file that only its owner may read, and returns its path. One that is there already
// is fs.ErrExist; one that could not be written whole is taken away again.
func writePrivate(path, text string) (string, error) {
	return createPrivate(path, func(_ string, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

func createPrivate(path string, write func(path string, w io.Writer) error) (_ string, err error) {
	if path, err = atHome(path); err != nil {
		return "", err
	}
	return path, WritePrivate(path, false, func(w io.Writer) error { return write(path, w) })
}

// WritePrivate writes a file that only its owner may read from its first moment, whole or not at all: a new one,
// fs.ErrExist where one is there, or with over also in the place of that.
func WritePrivate(path string, over bool, write func(io.Writer) error) (err error) {
	var file *os.File
	if over {
		file, err = os.CreateTemp(filepath.Dir(path), ".botring-*") // what a killed process leaves is in nobody's way
	} else {
		file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil || !over {
		return err
	}
	return os.Rename(file.Name(), path)
}

// whyNotWritten says in a line what kept a file from being written, "" where it is no fault of a file's.
func whyNotWritten(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return "That file is there already, and stays as it is. Choose another name."
	case !errors.As(err, &path):
		return ""
	case errors.Is(err, fs.ErrNotExist):
		return "There is no such directory."
	case errors.Is(err, fs.ErrPermission):
		return "Nothing may be written there."
	}
	return "It could not be written: " + fault.Clean(path.Error())
}

func trimLineEnd(text string) string { return strings.TrimRight(text, "\n") }
