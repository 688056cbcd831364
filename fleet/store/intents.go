package store

import (
	"context"
	"errors"
	"time"
)

// An Intent is the journal's entry for a save: it is there from before the login until the bot's row is
// written, and what is there at a start was cut off.
type Intent struct {
	// Nonce is also in the keyring's item, so that the two are known to belong together.
	Nonce string
	Key   Key
	// Session is the further session that is saved, "" for the bot's own item.
	Session string
	// APIID is the app that is logged in with, 0 for a save without a login: cut off, it leaves nothing at Telegram.
	APIID int
	Began time.Time
	// Rotates: it writes the new token of the bot's Rotation, which is RotationSaved once this is committed.
	Rotates bool
}

// Begin enters a save into the journal, on the disk when it returns.
func (s *Store) Begin(ctx context.Context, i Intent) error {
	return s.write(ctx, true, func(tx *txn) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?, ?)`,
			i.Nonce, i.Key.Environment, i.Key.ID, i.APIID, millis(i.Began), i.Session)
		if err == nil && i.Rotates {
			_, err = tx.ExecContext(ctx, `UPDATE rotations SET nonce = ? WHERE environment = ? AND bot_id = ?`,
				i.Nonce, i.Key.Environment, i.Key.ID)
		}
		return err
	})
}

// End takes a save out of the journal; it is no error if it is not there.
func (s *Store) End(ctx context.Context, nonce string) error {
	return s.write(ctx, false, func(tx *txn) error { return endIntent(ctx, tx, nonce) })
}

func endIntent(ctx context.Context, tx *txn, nonce string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM intents WHERE nonce = ?`, nonce)
	return err
}

// Intents returns the journal, oldest first.
func (s *Store) Intents(ctx context.Context) (intents []Intent, err error) {
	err = s.read(ctx, func(tx *txn) error {
		intents, err = readIntents(ctx, tx)
		return err
	})
	return intents, err
}

func readIntents(ctx context.Context, tx *txn) ([]Intent, error) {
	rows, err := tx.QueryContext(ctx, `SELECT nonce, environment, bot_id, api_id, began_at, session FROM intents ORDER BY began_at, nonce`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var intents []Intent
	for rows.Next() {
		var i Intent
		var began int64
		if err := rows.Scan(&i.Nonce, &i.Key.Environment, &i.Key.ID, &i.APIID, &began, &i.Session); err != nil {
			return nil, err
		}
		i.Began = instant(began)
		intents = append(intents, i)
	}
	return intents, rows.Err()
}

// A Save is what follows a write to the keyring that was read back.
type Save struct {
	Key Key
	// App is entered too, when not nil.
	App *App
	// Edit makes the row from the one that is there, or from an empty one.
	Edit func(*Bot)
	// Nonce is the journal's entry that ends with this, "" for none.
	Nonce string
	// Mark tells the token that the bot has from its others, "" where it was not looked at.
	Mark string
	// Marks are what the secrets that were saved are known again by.
	Marks []SecretMark
}

// Commit enters a save into the catalogue and takes it out of the journal, in one transaction that is on
// the disk when it returns. It returns ErrTaken for a label or an app's name that another has.
func (s *Store) Commit(ctx context.Context, save Save) error {
	return s.write(ctx, true, func(tx *txn) error {
		if save.App != nil {
			if err := writeApp(ctx, tx, *save.App); err != nil {
				return err
			}
		}
		bot, err := readBot(ctx, tx, save.Key)
		if errors.Is(err, ErrNotFound) {
			bot, err = Bot{Key: save.Key, Health: Health{Status: Unchecked}}, nil
		}
		if err != nil {
			return err
		}
		if err := writeEdited(ctx, tx, bot, save.Edit); err != nil {
			return err
		}
		if save.Mark != "" {
			if err := noteToken(ctx, tx, save.Key, save.Mark); err != nil {
				return err
			}
		}
		if err := advanceRotation(ctx, tx, save.Nonce); err != nil {
			return err
		}
		if err := writeMarks(ctx, tx, save.Marks); err != nil {
			return err
		}
		return endIntent(ctx, tx, save.Nonce)
	})
}
