package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// CopyTo writes a copy of the catalogue to a file, in place of the one that is there, readable by its owner
// alone. Killed at any point it leaves the old copy or the new one. A catalogue in memory has none: it does
// nothing.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if s.path == "" {
		return nil
	}
	half := path + ".new"
	// SQLite takes a file that is empty for none, and leaves it its mode.
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copy the catalogue: %w", err)
	}
	file, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		_, err = s.db.ExecContext(ctx, `VACUUM INTO ?`, half)
	}
	if err == nil {
		err = synced(half)
	}
	if err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		_ = os.Remove(half)
		return fmt.Errorf("copy the catalogue: %w", s.plain(ctx, err))
	}
	return nil
}

// synced has the disk hold a file.
func synced(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// ReadCopy reads the rows of a copy and when it was made, without changing it. Where there is none it returns
// an error that is fs.ErrNotExist.
func ReadCopy(ctx context.Context, path string, now time.Time) (rows Snapshot, made time.Time, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return Snapshot{}, time.Time{}, err
	}
	db, err := connectTo(ctx, source(path)+"&mode=ro&immutable=1")
	if err != nil {
		return Snapshot{}, time.Time{}, &OpenError{path, err}
	}
	defer func() { _ = db.Close() }()
	rows, err = db.Snapshot(ctx, now)
	return rows, info.ModTime(), err
}
