package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// write runs do in a transaction. A durable one is on the disk when it returns; others survive the end of
// the program, and of the ones that a power cut could take, none is worth its wait for the disk: a state
// is found again by the next check.
func (s *Store) write(ctx context.Context, durable bool, do func(*txn) error) (err error) {
	defer func() { err = s.plain(ctx, err) }()
	s.hot.prepare(ctx, s.db)
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
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(&txn{tx, &s.hot}); err != nil {
		return err
	}
	return tx.Commit()
}

// read runs do in a transaction that sees one state of the catalogue and writes nothing.
func (s *Store) read(ctx context.Context, do func(*txn) error) (err error) {
	defer func() { err = s.plain(ctx, err) }()
	s.hot.prepare(ctx, s.db)
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return do(&txn{tx, &s.hot})
}

// plain names the sort of an error. What SQLite and database/sql say of a call whose context ended in the
// middle ("interrupted", "transaction has already been …") is told as the context's error. A fault of the
// file is told with its path.
func (s *Store) plain(ctx context.Context, err error) error {
	var e *sqlite.Error
	interrupted := errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_INTERRUPT
	over := interrupted || errors.Is(err, sql.ErrTxDone) || errors.Is(err, driver.ErrBadConn) || isStatementClosed(err)
	if ended := ctx.Err(); ended != nil && over {
		return ended
	}
	err = sentinel(err)
	if s.path != "" && (errors.Is(err, ErrNotACatalogue) || errors.Is(err, ErrNotWritable)) {
		return &OpenError{s.path, err}
	}
	return err
}

// isStatementClosed reports whether an error is what database/sql says of a prepared statement in a transaction
// that has ended. It has no name.
func isStatementClosed(err error) bool {
	return err != nil && err.Error() == "sql: statement is closed"
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
