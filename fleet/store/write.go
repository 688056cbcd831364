package store

import (
	"context"
	"database/sql"
	"time"
)

// write runs do in a transaction. A durable one is on the disk when it returns; others survive the end of
// the program, and of the ones that a power cut could take, none is worth its wait for the disk: a state
// is found again by the next check.
func (s *Store) write(ctx context.Context, durable bool, do func(*sql.Tx) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if durable {
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = NORMAL") }()
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return sentinel(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return sentinel(err)
	}
	return sentinel(tx.Commit())
}

// millis is a time as the catalogue keeps it, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the reverse of millis, in local time.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
