package store

import (
	"context"
	"crypto/rand"
	"database/sql"
)

// markKeyBytes is the size of the key that marks are made with.
const markKeyBytes = 32

// A SecretMark is what a secret of the keyring is known again by: a hash of it under MarkKey. Secrets that are marked have over a
// hundred random bits, so that neither tells anything of them.
type SecretMark struct {
	// Kind is "token", "api_hash" or "session".
	Kind string
	// Key is the bot's, and the zero Key for the api_hash of the app APIID.
	Key   Key
	APIID int
	// Session is the name of a bot's session.
	Session string
	Hash    []byte
	// Old: another one has taken its place, or a session is gone.
	Old bool
}

// makeMarkKey makes the key of a catalogue that has none.
func makeMarkKey(ctx context.Context, tx *sql.Tx) error {
	key := make([]byte, markKeyBytes)
	_, _ = rand.Read(key) // never fails, says its documentation
	_, err := tx.ExecContext(ctx, `INSERT INTO mark_key VALUES (1, ?)`, key)
	return err
}

// MarkKey returns what marks of this catalogue are made with.
func (s *Store) MarkKey(ctx context.Context) (key []byte, err error) {
	err = s.read(ctx, func(tx *txn) error {
		return tx.QueryRowContext(ctx, `SELECT key FROM mark_key`).Scan(&key)
	})
	return key, err
}

// SecretMarks returns all marks, in no order.
func (s *Store) SecretMarks(ctx context.Context) (marks []SecretMark, err error) {
	err = s.read(ctx, func(tx *txn) error {
		rows, err := tx.QueryContext(ctx, `SELECT kind, environment, bot_id, 0, session, hash, old FROM marks
			UNION ALL SELECT 'api_hash', '', 0, api_id, '', hash, old FROM app_marks`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m SecretMark
			if err := rows.Scan(&m.Kind, &m.Key.Environment, &m.Key.ID, &m.APIID, &m.Session, &m.Hash, &m.Old); err != nil {
				return err
			}
			marks = append(marks, m)
		}
		return rows.Err()
	})
	return marks, err
}

// fewMarks are so many that looking for each costs less than reading all.
const fewMarks = 32

// MissingMarks returns those of marks that the catalogue does not have as the ones that hold now.
func (s *Store) MissingMarks(ctx context.Context, marks []SecretMark) (missing []SecretMark, err error) {
	if len(marks) > fewMarks {
		return s.missingOfMany(ctx, marks)
	}
	if len(marks) == 0 {
		return nil, nil
	}
	err = s.read(ctx, func(tx *txn) error {
		for _, m := range marks {
			query, args := `SELECT 1 FROM marks WHERE environment = ? AND bot_id = ? AND kind = ? AND session = ? AND hash = ? AND old = 0`,
				[]any{m.Key.Environment, m.Key.ID, m.Kind, m.Session, m.Hash}
			if m.APIID != 0 {
				query, args = `SELECT 1 FROM app_marks WHERE api_id = ? AND hash = ? AND old = 0`, []any{m.APIID, m.Hash}
			}
			has, err := there(ctx, tx, query, args...)
			if err != nil {
				return err
			}
			if !has {
				missing = append(missing, m)
			}
		}
		return nil
	})
	return missing, err
}

func (s *Store) missingOfMany(ctx context.Context, marks []SecretMark) (missing []SecretMark, err error) {
	all, err := s.SecretMarks(ctx)
	if err != nil {
		return nil, err
	}
	held := make(map[string]bool, len(all))
	for _, m := range all {
		if !m.Old {
			held[string(m.Hash)] = true
		}
	}
	for _, m := range marks {
		if !held[string(m.Hash)] {
			missing = append(missing, m)
		}
	}
	return missing, nil
}

// MarkSecrets enters marks, in one transaction. Those of bots and apps that there are none of are left out.
func (s *Store) MarkSecrets(ctx context.Context, marks []SecretMark) error {
	return s.write(ctx, false, func(tx *txn) error { return writeMarks(ctx, tx, marks) })
}

// writeMarks enters marks, each as the one that holds now.
func writeMarks(ctx context.Context, tx *txn, marks []SecretMark) error {
	for _, m := range marks {
		var err error
		if m.APIID != 0 {
			err = writeAppMark(ctx, tx, m)
		} else {
			err = writeBotMark(ctx, tx, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func writeAppMark(ctx context.Context, tx *txn, m SecretMark) error {
	_, err := tx.ExecContext(ctx, `UPDATE app_marks SET old = 1 WHERE api_id = ? AND hash <> ?`, m.APIID, m.Hash)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO app_marks SELECT api_id, ?, 0 FROM apps WHERE api_id = ?
		ON CONFLICT DO UPDATE SET old = 0`, m.Hash, m.APIID)
	return err
}

func writeBotMark(ctx context.Context, tx *txn, m SecretMark) error {
	_, err := tx.ExecContext(ctx, `UPDATE marks SET old = 1
		WHERE environment = ? AND bot_id = ? AND kind = ? AND session = ? AND hash <> ?`,
		m.Key.Environment, m.Key.ID, m.Kind, m.Session, m.Hash)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO marks SELECT environment, id, ?, ?, ?, 0 FROM bots WHERE environment = ? AND id = ?
		ON CONFLICT DO UPDATE SET old = 0`,
		m.Kind, m.Session, m.Hash, m.Key.Environment, m.Key.ID)
	return err
}

// retireMarks makes marks of sessions old that a bot has no more.
func retireMarks(ctx context.Context, tx *txn, key Key) error {
	_, err := tx.ExecContext(ctx, `UPDATE marks SET old = 1 WHERE environment = ? AND bot_id = ? AND session <> ''
		AND session NOT IN (SELECT name FROM sessions WHERE sessions.environment = ? AND sessions.bot_id = ?)`,
		key.Environment, key.ID, key.Environment, key.ID)
	return err
}

// Unmarked counts bots whose token has no mark.
func (s *Store) Unmarked(ctx context.Context) (n int, err error) {
	err = s.read(ctx, func(tx *txn) error {
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM bots WHERE NOT EXISTS (SELECT 1 FROM marks
			WHERE marks.environment = bots.environment AND marks.bot_id = bots.id AND kind = 'token')`).Scan(&n)
	})
	return n, err
}
