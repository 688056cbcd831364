package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Snapshot is all of a catalogue that another one can take over: its rows as they are written, and the
// waits that have not ended.
type Snapshot struct {
	Apps   []App
	Bots   []Bot
	Floods Floods
	// Departures are where secrets went, Tokens the marks of the bots' tokens.
	Departures []Departure
	Tokens     map[Key]string
	// Rotations are those that are going on or were cut off.
	Rotations []Rotation
}

// Snapshot reads it in one transaction, bots in no order.
func (s *Store) Snapshot(ctx context.Context, now time.Time) (snapshot Snapshot, err error) {
	err = s.read(ctx, func(tx *txn) error {
		if snapshot.Apps, err = readApps(ctx, tx); err != nil {
			return err
		}
		if snapshot.Bots, err = readAll(ctx, tx); err != nil {
			return err
		}
		if snapshot.Floods, err = readFloods(ctx, tx, now); err != nil {
			return err
		}
		if snapshot.Departures, err = readDepartures(ctx, tx, ``); err != nil {
			return err
		}
		if snapshot.Tokens, err = readTokens(ctx, tx); err != nil {
			return err
		}
		snapshot.Rotations, err = readRotations(ctx, tx, allRotations)
		return err
	})
	return snapshot, err
}

// Merge takes over what the catalogue does not have, in one transaction that is on the disk when it returns.
// Rows that are there stay as they are. A label that a bot here has already is given up, and an app whose
// name is taken is named by its api_id.
func (s *Store) Merge(ctx context.Context, from Snapshot) error {
	return s.write(ctx, true, func(tx *txn) error {
		for _, app := range from.Apps {
			if err := mergeApp(ctx, tx, app); err != nil {
				return err
			}
		}
		for _, bot := range from.Bots {
			if err := mergeBot(ctx, tx, bot); err != nil {
				return err
			}
		}
		for _, rotation := range from.Rotations {
			if err := mergeRotation(ctx, tx, rotation); err != nil {
				return err
			}
		}
		for _, flood := range from.Floods {
			if err := writeFlood(ctx, tx, flood); err != nil {
				return err
			}
		}
		return mergeDepartures(ctx, tx, from)
	})
}

func mergeApp(ctx context.Context, tx *txn, app App) error {
	known, err := there(ctx, tx, `SELECT 1 FROM apps WHERE api_id = ?`, app.APIID)
	if err != nil || known {
		return err
	}
	taken, err := there(ctx, tx, `SELECT 1 FROM apps WHERE name = ?`, app.Name)
	if err != nil {
		return err
	}
	if taken {
		app.Name = fmt.Sprint("app ", app.APIID)
	}
	return writeApp(ctx, tx, app)
}

func mergeBot(ctx context.Context, tx *txn, bot Bot) error {
	known, err := there(ctx, tx, `SELECT 1 FROM bots WHERE environment = ? AND id = ?`, bot.Environment, bot.ID)
	if err != nil || known {
		return err
	}
	taken, err := there(ctx, tx, `SELECT 1 FROM bots WHERE label = ? AND label <> ''`, bot.Label)
	if err != nil {
		return err
	}
	if taken {
		bot.Label = ""
	}
	if err := writeBot(ctx, tx, bot); err != nil {
		return err
	}
	return writeSessions(ctx, tx, bot)
}

// there reports whether a query finds a row.
func there(ctx context.Context, tx *txn, query string, args ...any) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Forget removes the rows of bots and apps, those that are there, in one transaction that is on the disk when
// it returns. Waits that Telegram asked for stay.
func (s *Store) Forget(ctx context.Context, bots []Key, apps []int) error {
	return s.write(ctx, true, func(tx *txn) error {
		for _, key := range bots {
			if _, err := tx.ExecContext(ctx, `DELETE FROM bots WHERE environment = ? AND id = ?`, key.Environment, key.ID); err != nil {
				return err
			}
		}
		for _, apiID := range apps {
			if _, err := tx.ExecContext(ctx, `DELETE FROM apps WHERE api_id = ?`, apiID); err != nil {
				return err
			}
		}
		return nil
	})
}
