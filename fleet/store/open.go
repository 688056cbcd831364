package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A Store is an open catalogue. Its methods may be called at the same time.
//
// It holds one connection: every statement takes well under a millisecond, so readers lose nothing by
// waiting for each other, no call of this process is ever answered "busy" by another one of it, and a
// catalogue in memory is the same code as one on disk.
type Store struct {
	db   *sql.DB
	path string // of the file, "" in memory
	hot  hot
}

// Open opens the catalogue at path and makes it, and the directories above it, where there is none. Both
// are the user's alone (0600, 0700) from their first moment. Errors are *OpenError.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := prepare(path); err != nil {
		return nil, &OpenError{path, err}
	}
	s, err := connect(ctx, source(path))
	if err != nil {
		return nil, &OpenError{path, err}
	}
	s.path = path
	return s, nil
}

// OpenToRead opens a catalogue that is there, of this very schema, and changes nothing of it. Errors are *OpenError.
func OpenToRead(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &OpenError{path, err}
	}
	address := source(path) + "&mode=ro"
	if !exists(path + "-wal") {
		// Nobody has it open and the file is all there is. SQLite would make its companions even for a reader.
		address += "&immutable=1"
	}
	s, err := connectTo(ctx, address)
	if err != nil {
		return nil, &OpenError{path, err}
	}
	s.path = path
	return s, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Memory opens a catalogue that exists until it is closed and never touches a disk.
func Memory(ctx context.Context) (*Store, error) {
	s, err := connect(ctx, "file::memory:?"+settings)
	if err != nil {
		return nil, &OpenError{":memory:", err}
	}
	return s, nil
}

// Close closes the catalogue.
func (s *Store) Close() error { return s.db.Close() }

// mostLeft is how much Leave leaves to the next process, in bytes: what that takes to read is less than what it saves.
const mostLeft = 128 << 10

// Leave is Close for a process that another program takes the place of. What it has written stands in the write-ahead
// log, which the next process that closes the catalogue puts into the file: that waits for the disk four times, and the
// program for that. The operating system closes the files.
func (s *Store) Leave() error {
	if log, err := os.Stat(s.path + "-wal"); s.path != "" && err == nil && log.Size() <= mostLeft {
		return nil
	}
	return s.db.Close()
}

// settings are those that SQLite forgets with every connection. Transactions take the write lock at once:
// one that begins by reading could find, at its first write, that another process was there before it.
const settings = "_busy_timeout=5000&_foreign_keys=1&_synchronous=NORMAL&_txlock=immediate"

// source is path as an address for SQLite, whatever characters it holds.
func source(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") && filepath.IsAbs(path) {
		path = "/" + path // a drive letter
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings
}

// smallest is the size of SQLite's smallest page. A file that is shorter it takes for an empty database,
// whatever it holds, and writes over it.
const smallest = 512

// prepare sees to it that there is a file nobody else can read: SQLite gives its companions (-wal, -shm)
// the mode of the file itself. An existing file is not opened here, because closing it again would drop
// the locks that this process may hold on it through SQLite.
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return refused(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return refused(err)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return refused(err)
	case !info.Mode().IsRegular(), info.Size() > 0 && info.Size() < smallest:
		return ErrNotACatalogue
	case info.Mode().Perm()&0o077 != 0:
		// Somebody widened it, or copied it here. Where narrowing fails the file belongs to another user,
		// and writing will say so.
		_ = os.Chmod(path, 0o600)
	}
	return nil
}

func refused(err error) error {
	if errors.Is(err, fs.ErrPermission) || isReadOnlyFS(err) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return err
}

// connect opens what source names and brings its schema up to date.
func connect(ctx context.Context, source string) (*Store, error) {
	s, err := bare(source)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		_ = s.db.Close()
		return nil, sentinel(err)
	}
	return s, nil
}

// connectTo opens what source names as it is, which has to be a catalogue of this very schema.
func connectTo(ctx context.Context, source string) (*Store, error) {
	s, err := bare(source)
	if err != nil {
		return nil, err
	}
	latest := len(migrations())
	version, err := s.recognise(ctx, s.db, latest)
	if err == nil && version != latest {
		err = ErrNotACatalogue
	}
	if err != nil {
		_ = s.db.Close()
		return nil, sentinel(err)
	}
	return s, nil
}

// bare is a store that has not looked at its file.
func bare(source string) (*Store, error) {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return &Store{db: db, hot: hot{runs: map[string]int{}, ready: map[string]*sql.Stmt{}}}, nil
}

// sentinel names the sort of an error of SQLite's, for those sorts that people are told about.
func sentinel(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", ErrNotACatalogue, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	case sqlite3.SQLITE_CONSTRAINT:
		if e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
			return fmt.Errorf("%w: %w", ErrTaken, err)
		}
	}
	return err
}
