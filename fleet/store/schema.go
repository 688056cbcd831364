package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks the file as a catalogue of this program ("btrg"), to SQLite and to file(1).
const applicationID = 0x62747267

// A migration is a step from one schema to the next: statements, and what they cannot say.
type migration struct {
	statements string
	then       func(context.Context, *sql.Tx) error // nil for nothing
}

// migrations are the steps from an empty file to today's schema. A step that was ever released is never
// changed; user_version counts the steps a file has taken.
//
// Times are milliseconds since 1970, 0 for none. Rows hold nothing secret.
func migrations() []migration {
	return []migration{{statements: `
CREATE TABLE apps (
	api_id INTEGER PRIMARY KEY,
	name   TEXT NOT NULL UNIQUE COLLATE NOCASE
) STRICT;

CREATE TABLE bots (
	environment  TEXT    NOT NULL,
	id           INTEGER NOT NULL,
	label        TEXT    NOT NULL COLLATE NOCASE,
	tags         TEXT    NOT NULL, -- JSON
	api_id       INTEGER NOT NULL, -- no reference: a rebuilt catalogue may know a bot before its app
	username     TEXT    NOT NULL,
	first_name   TEXT    NOT NULL,
	dc           INTEGER NOT NULL,
	abilities    INTEGER NOT NULL, -- bits, see bots.go
	status       TEXT    NOT NULL,
	kind         TEXT    NOT NULL,
	code         INTEGER NOT NULL,
	type         TEXT    NOT NULL,
	checked_at   INTEGER NOT NULL,
	since        INTEGER NOT NULL,
	added_at     INTEGER NOT NULL,
	PRIMARY KEY (environment, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX bots_label ON bots (label) WHERE label <> '';

CREATE TABLE sessions (
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	name         TEXT    NOT NULL,
	dc           INTEGER NOT NULL,
	runs         TEXT    NOT NULL,
	api_id       INTEGER NOT NULL,
	made_at      INTEGER NOT NULL,
	checked_at   INTEGER NOT NULL,
	PRIMARY KEY (environment, bot_id, name),
	FOREIGN KEY (environment, bot_id) REFERENCES bots (environment, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Waits that Telegram asked for. bot_id 0 binds every bot of the app; api_id 0 as well, this computer's
-- address. They outlive the bot's row: removing and adding it again is no way around a wait.
CREATE TABLE floods (
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	api_id       INTEGER NOT NULL,
	method       TEXT    NOT NULL,
	until        INTEGER NOT NULL,
	seen_at      INTEGER NOT NULL,
	PRIMARY KEY (environment, bot_id, api_id, method)
) STRICT, WITHOUT ROWID;

-- Saves that began. A row that is still here at the next start was cut off.
CREATE TABLE intents (
	nonce        TEXT    PRIMARY KEY,
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	api_id       INTEGER NOT NULL,
	began_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`}, {statements: `
-- What was done. A seal chains a row to the one before; NULL is a row that nobody has sealed yet.
CREATE TABLE history (
	seq          INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	name         TEXT    NOT NULL,
	action       TEXT    NOT NULL,
	outcome      TEXT    NOT NULL,
	detail       TEXT    NOT NULL,
	seal         BLOB
) STRICT;

-- The last entry that was pruned. There is one row at most.
CREATE TABLE checkpoint (
	one          INTEGER PRIMARY KEY CHECK (one = 1),
	seq          INTEGER NOT NULL,
	seal         BLOB    NOT NULL,
	proof        BLOB    NOT NULL
) STRICT;
`}, {statements: `
-- What the place is called where a session runs, and since when it runs there; and of which session a save is, ''
-- for the one in the bot's own item.
ALTER TABLE sessions ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN session TEXT NOT NULL DEFAULT '';
`}, {statements: `
-- What a list is ordered by, see orderName, so that its beginning is read without the rest.
ALTER TABLE bots ADD COLUMN order_name TEXT NOT NULL DEFAULT '';
CREATE INDEX bots_order ON bots (order_name, id, environment);
CREATE INDEX bots_app ON bots (api_id);
`, then: nameOrder}, {statements: `
-- Where secrets of bots went. A mark tells a bot's tokens apart and is nothing of theirs; tokens has that of each bot's
-- token. Both outlive the bot's row: what went out is still out there.
CREATE TABLE departures (
	seq          INTEGER PRIMARY KEY,
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	token        INTEGER NOT NULL, -- whether it went, as app
	app          INTEGER NOT NULL,
	session      TEXT    NOT NULL,
	way          TEXT    NOT NULL,
	place        TEXT    NOT NULL,
	site         TEXT    NOT NULL, -- whom it was for
	how          TEXT    NOT NULL,
	first_at     INTEGER NOT NULL,
	last_at      INTEGER NOT NULL,
	count        INTEGER NOT NULL,
	mark         TEXT    NOT NULL,
	done_at      INTEGER NOT NULL,
	done_mark    TEXT    NOT NULL,
	UNIQUE (environment, bot_id, way, place, site, session, mark)
) STRICT;

CREATE TABLE tokens (
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	mark         TEXT    NOT NULL,
	PRIMARY KEY (environment, bot_id)
) STRICT, WITHOUT ROWID;
`}, {statements: `
-- Tokens that are being replaced. A row that is still here when nobody works on its bot was cut off.
CREATE TABLE rotations (
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	manager_id   INTEGER NOT NULL, -- the bot that revokes, 0 where somebody does it by hand
	step         TEXT    NOT NULL,
	nonce        TEXT    NOT NULL, -- of the save that writes the new token, '' before it began
	lost         TEXT    NOT NULL, -- the sessions that die with the old token, JSON
	began_at     INTEGER NOT NULL,
	PRIMARY KEY (environment, bot_id),
	FOREIGN KEY (environment, bot_id) REFERENCES bots (environment, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`}, {statements: `
-- What secrets of the keyring are known again by, see marks.go. They go with what they belong to.
CREATE TABLE marks (
	environment  TEXT    NOT NULL,
	bot_id       INTEGER NOT NULL,
	kind         TEXT    NOT NULL,
	session      TEXT    NOT NULL,
	hash         BLOB    NOT NULL,
	old          INTEGER NOT NULL,
	PRIMARY KEY (environment, bot_id, kind, session, hash),
	FOREIGN KEY (environment, bot_id) REFERENCES bots (environment, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE app_marks (
	api_id       INTEGER NOT NULL REFERENCES apps (api_id) ON DELETE CASCADE,
	hash         BLOB    NOT NULL,
	old          INTEGER NOT NULL,
	PRIMARY KEY (api_id, hash)
) STRICT, WITHOUT ROWID;

-- There is one row.
CREATE TABLE mark_key (
	one          INTEGER PRIMARY KEY CHECK (one = 1),
	key          BLOB    NOT NULL
) STRICT;
`, then: makeMarkKey}}
}

// nameOrder fills the column order_name of rows that were there before it was.
func nameOrder(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT environment, id, label, first_name, username FROM bots`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var bots []Bot
	for rows.Next() {
		var b Bot
		if err := rows.Scan(&b.Environment, &b.ID, &b.Label, &b.Profile.FirstName, &b.Profile.Username); err != nil {
			return err
		}
		bots = append(bots, b)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, b := range bots {
		_, err := tx.ExecContext(ctx, `UPDATE bots SET order_name = ? WHERE environment = ? AND id = ?`, b.orderName(), b.Environment, b.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// migrate makes sure that the file is a catalogue this version can read and write, taking the steps it
// lacks in one transaction. A file that is anything else is left as it is.
func (s *Store) migrate(ctx context.Context) error {
	steps := migrations()
	version, err := s.recognise(ctx, s.db, len(steps))
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if version == len(steps) {
		// SQLite opens a file that cannot be written, and even begins to write it, without a word. This
		// change, undone by the rollback, finds it out now and not at the first save.
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		if err == nil {
			err = tx.Rollback()
		}
		if err != nil {
			return err
		}
		return s.shareable(ctx)
	}
	if err := s.climb(ctx, tx, steps); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return s.shareable(ctx)
}

// climb takes the steps that the file lacks.
func (s *Store) climb(ctx context.Context, tx *sql.Tx, steps []migration) error {
	// Another process may have been faster between the look and the lock.
	version, err := s.recognise(ctx, tx, len(steps))
	if err != nil {
		return err
	}
	for _, step := range steps[version:] {
		_, err := tx.ExecContext(ctx, step.statements)
		if err == nil && step.then != nil {
			err = step.then(ctx, tx)
		}
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps))
	_, err = tx.ExecContext(ctx, marks)
	return err
}

// shareable makes SQLite keep a log beside the file (WAL), with which readers and a writer of several
// processes do not wait for each other. The file remembers; where another process is in the way, the
// next start does it.
func (s *Store) shareable(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return nil
	}
	return err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// recognise returns how many steps the file has taken, or why it is not one of ours to touch.
func (s *Store) recognise(ctx context.Context, q querier, latest int) (version int, err error) {
	var id, tables int
	err = q.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&id, &version, &tables)
	switch {
	case err != nil:
		return 0, err
	case id == 0 && version == 0 && tables == 0:
		return 0, nil
	case id != applicationID || version < 1:
		return 0, ErrNotACatalogue
	case version > latest:
		return 0, ErrNewer
	}
	return version, nil
}
