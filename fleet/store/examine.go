package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// maxFaults bounds how many faults of a file are told.
const maxFaults = 20

// Examine has SQLite read the whole file and returns what is wrong with it, in SQLite's words, nil where
// nothing is. A file that is too damaged for that is an *OpenError.
func (s *Store) Examine(ctx context.Context) (faults []string, err error) {
	err = s.read(ctx, func(tx *txn) error {
		// It compares indexes with rows, which quick_check does not: that a label is unique rests on one.
		said, err := column(ctx, tx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxFaults), 1)
		if err != nil {
			return err
		}
		for _, line := range said {
			if line != "ok" {
				faults = append(faults, line)
			}
		}
		orphans, err := column(ctx, tx, "PRAGMA foreign_key_check", 4)
		if err != nil {
			return err
		}
		for _, table := range orphans {
			if len(faults) < maxFaults {
				faults = append(faults, "a row of "+table+" refers to none")
			}
		}
		return nil
	})
	return faults, err
}

// column reads the first column of an answer that has so many.
func column(ctx context.Context, tx *txn, query string, columns int) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		cells := make([]any, columns)
		for i := range cells {
			cells[i] = new(sql.NullString)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		values = append(values, cells[0].(*sql.NullString).String)
	}
	return values, rows.Err()
}

// SetAside gives the file of a catalogue that is not open another name beside the old one, which it returns,
// and takes what SQLite keeps beside it along. Nothing is deleted or replaced. Errors are *OpenError.
func SetAside(path string, now time.Time) (aside string, err error) {
	aside, err = freeName(path + ".aside-" + now.UTC().Format("20060102-150405"))
	if err != nil {
		return "", &OpenError{path, refused(err)}
	}
	if err := os.Rename(path, aside); err != nil {
		return "", &OpenError{path, refused(err)}
	}
	// A log that stayed would be played into the next catalogue of this name.
	for _, companion := range []string{"-wal", "-shm", "-journal"} {
		err := os.Rename(path+companion, aside+companion)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", &OpenError{path, errors.Join(refused(err), os.Rename(aside, path))}
		}
	}
	return aside, nil
}

// freeName is a name that no file has, made of this one.
func freeName(name string) (string, error) {
	for n := 1; ; n++ {
		candidate := name
		if n > 1 {
			candidate += fmt.Sprintf("-%d", n)
		}
		switch _, err := os.Lstat(candidate); {
		case errors.Is(err, fs.ErrNotExist):
			return candidate, nil
		case err != nil:
			return "", err
		}
	}
}

// Latest is the newest time that the catalogue has of something that has happened, zero where it has none.
func (s *Store) Latest(ctx context.Context) (latest time.Time, err error) {
	err = s.read(ctx, func(tx *txn) error {
		var ms sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT max(at) FROM (`+strings.Join([]string{
			`SELECT max(checked_at, since, added_at) AS at FROM bots`,
			`SELECT max(made_at, checked_at) FROM sessions`,
			`SELECT seen_at FROM floods`,
			`SELECT began_at FROM intents`,
		}, ` UNION ALL `)+`)`).Scan(&ms)
		latest = instant(ms.Int64)
		return err
	})
	return latest, err
}
