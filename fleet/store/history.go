package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"
)

// An Entry is one line of the history: what was done, when, to which bot, and how it ended. It holds nothing
// secret.
type Entry struct {
	// Seq numbers the entries without a gap, from 1. Append gives it.
	Seq int64
	At  time.Time
	// Key is the bot, zero where the action was about none or about many. Name is what it was called then.
	Key  Key
	Name string
	// Action is what was done, Outcome "ok" or the kind of the fault that it ended with.
	Action, Outcome string
	// Detail is what only this action has to say, in words of the program's own.
	Detail string
	// Seal chains the entry to the one before, nil as long as nobody has sealed it.
	Seal []byte
}

// A Mark is a point of the history: the number of an entry and its seal.
type Mark struct {
	Seq  int64
	Seal []byte
}

// A Checkpoint stands for the entries that were pruned: the last of them, and a proof that it was put there
// by whoever seals.
type Checkpoint struct {
	Mark
	Proof []byte
}

// A Sealer makes the seal of an entry from the one before, which of the first entry is nil.
type Sealer func(before []byte, e Entry) []byte

// Append adds entries at the end of the history, in their order, and returns where it ends then. With a sealer
// it first seals those that are there unsealed, and then these. Two processes that append take turns.
func (s *Store) Append(ctx context.Context, entries []Entry, seal Sealer) (last Mark, err error) {
	err = s.write(ctx, false, func(tx *txn) error {
		if seal != nil {
			if err := sealRest(ctx, tx, seal); err != nil {
				return err
			}
		}
		if last, err = lastMark(ctx, tx); err != nil {
			return err
		}
		for _, e := range entries {
			e.Seq, e.Seal = last.Seq+1, nil
			// What is sealed is what can be read again.
			e.At = instant(millis(e.At))
			if seal != nil {
				e.Seal = seal(last.Seal, e)
			}
			if err := insertEntry(ctx, tx, e); err != nil {
				return err
			}
			last = Mark{e.Seq, e.Seal}
		}
		return nil
	})
	return last, err
}

// HistoryEnd is where the history ends, which of an empty one is its checkpoint.
func (s *Store) HistoryEnd(ctx context.Context) (last Mark, err error) {
	err = s.read(ctx, func(tx *txn) error {
		last, err = lastMark(ctx, tx)
		return err
	})
	return last, err
}

// BeginHistory has the history begin after a checkpoint: the entries that are there get the numbers after its
// own, and are sealed anew. It returns where the history ends then.
func (s *Store) BeginHistory(ctx context.Context, after Checkpoint, seal Sealer) (last Mark, err error) {
	err = s.write(ctx, true, func(tx *txn) error {
		entries, err := readEntries(ctx, tx, selectEntries+` ORDER BY seq`)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM history`); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?, ?)`, after.Seq, after.Seal, after.Proof)
		last = after.Mark
		for _, e := range entries {
			if err != nil {
				return err
			}
			e.Seq = last.Seq + 1
			e.Seal = seal(last.Seal, e)
			err = insertEntry(ctx, tx, e)
			last = Mark{e.Seq, e.Seal}
		}
		return err
	})
	return last, err
}

// lastMark is where the history ends. The end of an empty one is its checkpoint.
func lastMark(ctx context.Context, tx *txn) (last Mark, err error) {
	err = tx.QueryRowContext(ctx, `SELECT seq, seal FROM history ORDER BY seq DESC LIMIT 1`).Scan(&last.Seq, &last.Seal)
	if !errors.Is(err, sql.ErrNoRows) {
		return last, err
	}
	checkpoint, err := readCheckpoint(ctx, tx)
	return checkpoint.Mark, err
}

// sealRest seals the entries that nobody has sealed, which are the last ones.
func sealRest(ctx context.Context, tx *txn, seal Sealer) error {
	rest, err := readEntries(ctx, tx, selectEntries+` WHERE seal IS NULL ORDER BY seq`)
	if err != nil || len(rest) == 0 {
		return err
	}
	var before []byte
	err = tx.QueryRowContext(ctx, `SELECT seal FROM history WHERE seq = ?`, rest[0].Seq-1).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) {
		checkpoint, readErr := readCheckpoint(ctx, tx)
		before, err = checkpoint.Seal, readErr
	}
	if err != nil {
		return err
	}
	for _, e := range rest {
		before = seal(before, e)
		if _, err := tx.ExecContext(ctx, `UPDATE history SET seal = ? WHERE seq = ?`, before, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

const selectEntries = `SELECT seq, at, environment, bot_id, name, action, outcome, detail, seal FROM history`

func insertEntry(ctx context.Context, tx *txn, e Entry) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.Seq, millis(e.At),
		e.Key.Environment, e.Key.ID, e.Name, e.Action, e.Outcome, e.Detail, e.Seal)
	return err
}

func readEntries(ctx context.Context, tx *txn, query string, args ...any) ([]Entry, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var entries []Entry
	for rows.Next() {
		var e Entry
		var at int64
		err := rows.Scan(&e.Seq, &at, &e.Key.Environment, &e.Key.ID, &e.Name, &e.Action, &e.Outcome, &e.Detail, &e.Seal)
		if err != nil {
			return nil, err
		}
		e.At = instant(at)
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// A Stretch is a part of the history: at most Limit entries, 0 for all, the nearest ones before or after a number.
type Stretch struct {
	// Before is the number that the entries come before, 0 for the end of the history. With Forward they are
	// those after After.
	Before, After int64
	Forward       bool
	Limit         int
	// Of is the bot that they are about, the zero Key for all.
	Of Key
}

// Stretch returns the entries of a part of the history, the last one first.
func (s *Store) Stretch(ctx context.Context, of Stretch) (entries []Entry, err error) {
	query, from := selectEntries+` WHERE seq < ?`, of.Before
	if from == 0 {
		from = math.MaxInt64
	}
	if of.Forward {
		query, from = selectEntries+` WHERE seq > ?`, of.After
	}
	if of.Limit == 0 {
		of.Limit = -1
	}
	args := []any{from}
	if of.Of != (Key{}) {
		query += ` AND environment = ? AND bot_id = ?`
		args = append(args, of.Of.Environment, of.Of.ID)
	}
	query += ` ORDER BY seq`
	if !of.Forward {
		query += ` DESC`
	}
	err = s.read(ctx, func(tx *txn) error {
		entries, err = readEntries(ctx, tx, query+` LIMIT ?`, append(args, of.Limit)...)
		return err
	})
	if of.Forward {
		slices.Reverse(entries)
	}
	return entries, err
}

// WholeHistory returns the checkpoint and every entry after it, the first one first, in one state of the
// catalogue.
func (s *Store) WholeHistory(ctx context.Context) (from Checkpoint, entries []Entry, err error) {
	err = s.read(ctx, func(tx *txn) error {
		if from, err = readCheckpoint(ctx, tx); err != nil {
			return err
		}
		entries, err = readEntries(ctx, tx, selectEntries+` ORDER BY seq`)
		return err
	})
	return from, entries, err
}

// readCheckpoint returns where the history begins, the zero Checkpoint where nothing was pruned yet.
func readCheckpoint(ctx context.Context, tx *txn) (c Checkpoint, err error) {
	err = tx.QueryRowContext(ctx, `SELECT seq, seal, proof FROM checkpoint`).Scan(&c.Seq, &c.Seal, &c.Proof)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return c, err
}

// Prune removes all but the last keep entries once there are more than most, and puts a checkpoint in their
// place; proof makes the proof of one. Entries that nobody has sealed are never removed.
func (s *Store) Prune(ctx context.Context, keep, most int, proof func(Mark) []byte) error {
	return s.write(ctx, false, func(tx *txn) error {
		var count int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM history`).Scan(&count); err != nil || count <= most {
			return err
		}
		var last Mark
		err := tx.QueryRowContext(ctx, `SELECT seq, seal FROM history ORDER BY seq DESC LIMIT 1 OFFSET ?`, keep).Scan(&last.Seq, &last.Seal)
		if err != nil || last.Seal == nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM history WHERE seq <= ?`, last.Seq); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?, ?)`, last.Seq, last.Seal, proof(last))
		return err
	})
}

// Version changes whenever another process, or another opening of the file in this one, has written to it.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	err = s.db.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version)
	return version, s.plain(ctx, err)
}
