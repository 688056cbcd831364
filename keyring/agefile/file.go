package agefile

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/gofrs/flock"

	"botring/keyring/internal/filelock"
)

// A step is a point in a write at which a process may be killed.
type step int

// The steps of a write, in their order.
const (
	stepBegin   step = iota // nothing was written
	stepCreated             // the temporary file is empty
	stepHalf                // half of it is written
	stepWritten             // all of it, not synced
	stepSynced              // synced, not compared
	stepChecked             // compared, and without its name
	stepNamed               // in place, the directory not synced
	stepDone
)

// String names the step.
func (p step) String() string {
	switch p {
	case stepBegin:
		return "begin"
	case stepCreated:
		return "created"
	case stepHalf:
		return "half written"
	case stepWritten:
		return "written"
	case stepSynced:
		return "synced"
	case stepChecked:
		return "checked"
	case stepNamed:
		return "named"
	case stepDone:
		return "done"
	default:
		return fmt.Sprintf("step %d", int(p))
	}
}

// readFile reads a plain file that nobody else can write to, of at most limit bytes. Where there is none
// the error is an fs.ErrNotExist.
func readFile(root *os.Root, name string, limit int) ([]byte, error) {
	if err := checkParents(root, name); err != nil {
		return nil, err
	}
	before, err := root.Lstat(name)
	if err != nil {
		return nil, ofRead(err)
	}
	// A pipe would have opening it wait for a writer.
	if err := checkFile(name, before); err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, ofRead(err)
	}
	defer closeRead(f)
	// What was opened may have been replaced since by another writer, as whole as before, but not by a link.
	info, err := f.Stat()
	if err != nil {
		return nil, ofRead(err)
	}
	if err := checkFile(name, info); err != nil {
		return nil, err
	}
	content := bytes.NewBuffer(make([]byte, 0, min(info.Size(), int64(limit))+bytes.MinRead))
	n, err := content.ReadFrom(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, ofRead(err)
	case n > int64(limit):
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrFault, name, limit)
	}
	return content.Bytes(), nil
}

// checkParents checks the directories that lead to a file.
func checkParents(root *os.Root, name string) error {
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		info, err := root.Lstat(name[:i])
		if err != nil {
			return ofRead(err)
		}
		if err := checkDir(name[:i], info); err != nil {
			return err
		}
	}
	return nil
}

// checkDir returns ErrUnsafe for what is no directory or can be written to by others.
func checkDir(name string, info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is not a directory", ErrUnsafe, name)
	}
	return checkOwner(name, info)
}

// checkFile returns ErrUnsafe for what is no plain file or can be written to by others.
func checkFile(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a plain file", ErrUnsafe, name)
	}
	return checkOwner(name, info)
}

// makeDirs makes the directories that lead to a file, each one on the disk before the next.
func makeDirs(root *os.Root, name string) error {
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		err := root.Mkdir(name[:i], 0o700)
		switch {
		case errors.Is(err, fs.ErrExist):
		case err != nil:
			return ofWrite(err)
		default:
			if err := syncDir(root, path.Dir(name[:i])); err != nil {
				return ofWrite(err)
			}
		}
	}
	return checkParents(root, name)
}

// replace puts content in the place of a file. check is given what the disk has of it before it counts.
// After an error the old content is in place, unless it was the last sync that met it.
func (s *Store) replace(root *os.Root, name string, content []byte, check func([]byte) error) error {
	s.step(stepBegin)
	if err := makeDirs(root, name); err != nil {
		return err
	}
	tmp := tmpDir + "/" + rand.Text()
	if err := makeDirs(root, tmp); err != nil {
		return err
	}
	err := s.write(root, tmp, content)
	if err == nil {
		var got []byte
		if got, err = readFile(root, tmp, len(content)); err == nil {
			err = check(got)
		}
	}
	if err == nil {
		s.step(stepChecked)
		// What it replaces must not be a directory or a link that somebody put there.
		if info, lstatErr := root.Lstat(name); lstatErr == nil {
			err = checkFile(name, info)
		}
	}
	if err == nil {
		err = root.Rename(tmp, name)
	}
	if err != nil {
		_ = root.Remove(tmp) // what cannot be removed now is swept later
		return ofWrite(err)
	}
	s.step(stepNamed)
	if err := syncDir(root, path.Dir(name)); err != nil {
		return ofWrite(err)
	}
	s.step(stepDone)
	return nil
}

// write writes a new file and has it on the disk when it returns nil.
func (s *Store) write(root *os.Root, name string, content []byte) (err error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	s.step(stepCreated)
	half := len(content) / 2
	for _, part := range []struct {
		content []byte
		then    step
	}{{content[:half], stepHalf}, {content[half:], stepWritten}} {
		if _, err := f.Write(part.content); err != nil {
			return err
		}
		s.step(part.then)
	}
	if err := f.Sync(); err != nil {
		return err
	}
	s.step(stepSynced)
	return nil
}

// lock takes the lock between processes: shared for a write of one item, exclusive for what concerns all
// of them. The directory must be there. One that another process does not give back is a *filelock.HeldError.
func (s *Store) lock(ctx context.Context, exclusive bool) (release func(), err error) {
	release, err = filelock.Take(ctx, filepath.Join(s.opts.Dir, lockName), filelock.Options{
		Shared: !exclusive, Patience: s.opts.LockPatience,
	})
	var held *filelock.HeldError
	switch {
	case err == nil:
		return release, nil
	case ctx.Err() != nil:
		return nil, ended(ctx)
	case errors.As(err, &held):
		return nil, fmt.Errorf("%w: %w", ErrHeld, held)
	}
	return nil, ofWrite(err)
}

// sweep removes what writers that were killed left in tmp. Nobody is writing while the lock is held
// exclusively; where somebody is, another process will sweep.
func (s *Store) sweep(root *os.Root) {
	file := flock.New(filepath.Join(s.opts.Dir, lockName), flock.SetPermissions(0o600))
	if locked, err := file.TryLock(); err != nil || !locked {
		return
	}
	defer func() { _ = file.Unlock() }()
	left, err := fs.ReadDir(root.FS(), tmpDir)
	if err != nil {
		return
	}
	for _, entry := range left {
		_ = root.Remove(tmpDir + "/" + entry.Name())
	}
}
