package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"botring/fleet/store"
)

// otherDatabase makes a database with the given marks and one table.
func otherDatabase(t *testing.T, path, marks string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(marks + "; CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')"); err != nil {
		t.Fatal(err)
	}
}

// age makes of a catalogue one from before sessions had places and bots their order.
func age(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`ALTER TABLE sessions DROP COLUMN place; ALTER TABLE sessions DROP COLUMN since;
		ALTER TABLE intents DROP COLUMN session; DROP INDEX bots_order; DROP INDEX bots_app;
		ALTER TABLE bots DROP COLUMN order_name; DROP TABLE departures; DROP TABLE tokens; DROP TABLE rotations;
		DROP TABLE marks; DROP TABLE app_marks; DROP TABLE mark_key; PRAGMA user_version = 2`)
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// A catalogue from before sessions had places and bots their order is read, and takes the new ones.
func TestAnOlderCatalogueIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	b := bot(7)
	if err := s.Commit(t.Context(), store.Save{Key: b.Key, Edit: func(row *store.Bot) { *row = b }}); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	age(t, path)
	if s, err = store.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	got, err := s.Bot(t.Context(), b.Key, now)
	if err != nil || !reflect.DeepEqual(got.Sessions, b.Sessions) || len(got.Sessions) == 0 {
		t.Fatalf("sessions %+v, %v; want %+v", got.Sessions, err, b.Sessions)
	}
	if first, all, err := s.FirstBots(t.Context(), now, 1); err != nil || all != 1 || len(first) != 1 || first[0].Key != b.Key {
		t.Errorf("the first of %d bots are %v, %v", all, first, err)
	}
	moved := b
	moved.Sessions = []store.Session{{Name: "ci", DC: 2, Runs: store.Elsewhere, At: "vps-1", Since: now}}
	intent := store.Intent{Nonce: "abc", Key: b.Key, Session: "ci", APIID: 1, Began: now}
	if err := errors.Join(s.Begin(t.Context(), intent), s.Commit(t.Context(), store.Save{Key: b.Key, Edit: func(row *store.Bot) { *row = moved }})); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Bot(t.Context(), b.Key, now); err != nil || !reflect.DeepEqual(got.Sessions, moved.Sessions) {
		t.Errorf("sessions %+v, %v", got.Sessions, err)
	}
	if intents, err := s.Intents(t.Context()); err != nil || !reflect.DeepEqual(intents, []store.Intent{intent}) {
		t.Errorf("journal %+v, %v", intents, err)
	}
}

func TestOpenTouchesNothingThatIsNotOurs(t *testing.T) {
	tests := map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"text":             {func(t *testing.T, path string) { write(t, path, bytes.Repeat([]byte("dear diary\n"), 500)) }, store.ErrNotACatalogue},
		"a few bytes":      {func(t *testing.T, path string) { write(t, path, []byte("x")) }, store.ErrNotACatalogue},
		"another database": {func(t *testing.T, path string) { otherDatabase(t, path, "PRAGMA user_version = 1") }, store.ErrNotACatalogue},
		"another program's database": {func(t *testing.T, path string) {
			otherDatabase(t, path, "PRAGMA application_id = 252006673; PRAGMA user_version = 1")
		}, store.ErrNotACatalogue},
		"a newer version": {func(t *testing.T, path string) {
			otherDatabase(t, path, "PRAGMA application_id = 1651798631; PRAGMA user_version = 99")
		}, store.ErrNewer},
		"a truncated catalogue": {func(t *testing.T, path string) {
			s, err := store.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
		}, store.ErrNotACatalogue},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "catalogue.db")
			test.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = store.Open(t.Context(), path)
			var openErr *store.OpenError
			if !errors.Is(err, test.want) || !errors.As(err, &openErr) || openErr.Path != path {
				t.Errorf("got %v, want %v with the path", err, test.want)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed, %v", err)
			}
		})
	}
}

func TestOpenADirectory(t *testing.T) {
	path := t.TempDir()
	if _, err := store.Open(t.Context(), path); !errors.Is(err, store.ErrNotACatalogue) {
		t.Errorf("got %v", err)
	}
}

func TestOpenBelowAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, []byte("x"))
	_, err := store.Open(t.Context(), filepath.Join(file, "catalogue.db"))
	var openErr *store.OpenError
	if !errors.As(err, &openErr) {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyFileBecomesACatalogue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	write(t, path, nil)
	commit(t, open(t, path), bot(7))
}

func TestOpenNarrowsTheMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	_ = open(t, path).Close()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	commit(t, open(t, path), bot(7))
	checkModes(t, filepath.Dir(path))
}

// checkModes checks that nothing below dir is anybody else's to read, and that the catalogue has its log.
func checkModes(t *testing.T, dir string) {
	t.Helper()
	var files int
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 3 {
		t.Errorf("%d files, want the catalogue, its -wal and its -shm", files)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Damage that shows only when a table is read is told with the path too.
func TestDamagedBelowTheHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096 // the first holds the schema
	copy(file[page:], bytes.Repeat([]byte{0xa5}, len(file)-page))
	write(t, path, file)

	s, err = store.Open(t.Context(), path)
	if err == nil {
		defer func() { _ = s.Close() }()
		_, err = s.Bots(t.Context(), time.Now())
	}
	var e *store.OpenError
	if !errors.As(err, &e) || e.Path != path || !errors.Is(err, store.ErrNotACatalogue) {
		t.Errorf("a damaged catalogue: %v", err)
	}
}

// TestLeave: what was written is there for the next process, and where it is much, it is put into the file first.
func TestLeave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	open := func() *store.Store {
		t.Helper()
		s, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	write := func(s *store.Store, n int) {
		t.Helper()
		for i := range n {
			if err := s.PutApp(t.Context(), store.App{Name: fmt.Sprint("app ", i), APIID: i + 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s := open(); s.Close() != nil {
		t.Fatal("a new catalogue is not closed")
	}
	left := open()
	write(left, 1)
	if err := left.Leave(); err != nil {
		t.Fatal(err)
	}
	next := open()
	if apps, err := next.Apps(t.Context()); err != nil || len(apps) != 1 {
		t.Errorf("the next one finds %d apps, %v", len(apps), err)
	}
	if err := left.Close(); err != nil { // as the operating system does
		t.Fatal(err)
	}
	write(next, 100)
	if err := next.Leave(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("much is left to the next one: %v", err)
	}
	if apps, err := open().Apps(t.Context()); err != nil || len(apps) != 100 {
		t.Errorf("then there are %d apps, %v", len(apps), err)
	}
}
