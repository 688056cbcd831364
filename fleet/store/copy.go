package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// staleHalf is how old a half-made copy has to be to be nobody's any more: one is made within seconds.
const staleHalf = time.Hour

// CopyTo writes a copy of the catalogue to a file, in place of the one that is there, readable by its owner
// alone. Killed at any point it leaves the old copy or the new one, and so do several processes at once. A catalogue in
// memory has none: it does nothing.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if s.path == "" {
		return nil
	}
	clearHalves(path)
	// SQLite takes a file that is empty for none, and leaves it its mode.
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+halfMade+"*")
	if err != nil {
		return fmt.Errorf("copy the catalogue: %w", err)
	}
	half := file.Name()
	err = file.Close()
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

// halfMade is what a copy's name goes on with while it is made.
const halfMade = ".new"

// clearHalves removes the half-made copies that processes left which were killed.
func clearHalves(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasPrefix(entry.Name(), filepath.Base(path)+halfMade) && time.Since(info.ModTime()) > staleHalf {
			_ = os.Remove(filepath.Join(filepath.Dir(path), entry.Name()))
		}
	}
}

// synced has the disk hold a file.
func synced(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// ReadCopy reads the rows of a copy and when it was made, without changing it: one of an older schema is brought up to
// date in memory. Where there is none it returns an error that is fs.ErrNotExist.
func ReadCopy(ctx context.Context, path string, now time.Time) (rows Snapshot, made time.Time, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return Snapshot{}, time.Time{}, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Snapshot{}, time.Time{}, err
	}
	db, err := inMemory(ctx, content)
	if err != nil {
		return Snapshot{}, time.Time{}, &OpenError{path, err}
	}
	defer func() { _ = db.Close() }()
	rows, err = db.Snapshot(ctx, now)
	return rows, info.ModTime(), err
}

// inMemory is a catalogue in memory that begins with the content of a catalogue's file.
func inMemory(ctx context.Context, content []byte) (*Store, error) {
	s, err := bare("file::memory:?" + settings)
	if err != nil {
		return nil, err
	}
	if err = s.load(ctx, content); err == nil {
		err = s.migrate(ctx)
	}
	if err != nil {
		_ = s.db.Close()
		return nil, sentinel(err)
	}
	return s, nil
}

// load puts the content of a catalogue's file into a database in memory.
func (s *Store) load(ctx context.Context, content []byte) error {
	if len(content) < smallest {
		return ErrNotACatalogue
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		into, ok := driver.(interface{ Deserialize([]byte) error })
		if !ok {
			return fmt.Errorf("SQLite's driver is a %T", driver)
		}
		return into.Deserialize(content)
	})
}
