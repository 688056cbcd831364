package store

import (
	"context"
	"encoding/json"
	"time"
)

// A Rotation is the journal's entry for a token that is being replaced: it is there from before anything is done
// until nothing is left to do. It holds nothing secret.
type Rotation struct {
	Key
	// Manager is the id of the bot that revokes the old token, 0 where that is done by hand in @BotFather.
	Manager int64
	Step    RotationStep
	// Nonce is that of the save which writes the new token into the bot's item, "" before it began.
	Nonce string
	// Lost are the sessions that die with the old token.
	Lost  []LostSession
	Began time.Time
}

// MayRest reports whether the keyring may have a token that was pasted for the bot: until nothing is left to do, also
// after it took the old one's place.
func (r Rotation) MayRest() bool { return r.Manager == 0 }

// A RotationStep is how far a rotation has come.
type RotationStep string

// The steps. What is done by hand begins with RotationPasted.
const (
	// RotationRevoking: the old token is revoked now, or was a moment ago. Only Telegram knows.
	RotationRevoking RotationStep = "revoking"
	// RotationPasted: a new token was pasted and rests in the keyring beside the old one.
	RotationPasted RotationStep = "pasted"
	// RotationSaved: the new token is in the bot's item. What is left to do is a login, and to clear up.
	RotationSaved RotationStep = "saved"
)

// A LostSession is a session that dies with a token, and where it ran.
type LostSession struct {
	Name string `json:"name"`
	Runs Place  `json:"runs"`
	At   string `json:"at,omitempty"`
}

// allRotations and oneRotation are what readRotations reads.
const (
	selectRotations = `SELECT environment, bot_id, manager_id, step, nonce, lost, began_at FROM rotations`
	allRotations    = selectRotations + ` ORDER BY began_at, environment, bot_id`
	oneRotation     = selectRotations + ` WHERE environment = ? AND bot_id = ?`
)

// PutRotation enters a rotation into the journal, in place of the bot's if it has one, on the disk when it returns.
// Its bot must be in the catalogue, and takes it along when it is deleted.
func (s *Store) PutRotation(ctx context.Context, r Rotation) error {
	return s.write(ctx, true, func(tx *txn) error { return writeRotation(ctx, tx, r) })
}

func writeRotation(ctx context.Context, tx *txn, r Rotation) error {
	lost, err := json.Marshal(r.Lost)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO rotations VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.Environment, r.ID, r.Manager, string(r.Step), r.Nonce, string(lost), millis(r.Began))
	return err
}

// Rotation returns the rotation of a bot, or ErrNotFound.
func (s *Store) Rotation(ctx context.Context, key Key) (Rotation, error) {
	var found []Rotation
	err := s.read(ctx, func(tx *txn) (err error) {
		found, err = readRotations(ctx, tx, oneRotation, key.Environment, key.ID)
		return err
	})
	switch {
	case err != nil:
		return Rotation{}, err
	case len(found) == 0:
		return Rotation{}, ErrNotFound
	}
	return found[0], nil
}

// Rotations returns all, the oldest first.
func (s *Store) Rotations(ctx context.Context) (all []Rotation, err error) {
	err = s.read(ctx, func(tx *txn) error {
		all, err = readRotations(ctx, tx, allRotations)
		return err
	})
	return all, err
}

// EndRotation takes a bot's rotation out of the journal; it is no error if there is none.
func (s *Store) EndRotation(ctx context.Context, key Key) error {
	return s.write(ctx, true, func(tx *txn) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM rotations WHERE environment = ? AND bot_id = ?`, key.Environment, key.ID)
		return err
	})
}

// advanceRotation takes note that a save was committed which wrote the new token of a rotation, if it is one.
func advanceRotation(ctx context.Context, tx *txn, nonce string) error {
	if nonce == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE rotations SET step = ? WHERE nonce = ?`, string(RotationSaved), nonce)
	return err
}

// mergeRotation takes a rotation over whose bot is here and has none.
func mergeRotation(ctx context.Context, tx *txn, r Rotation) error {
	known, err := there(ctx, tx, `SELECT 1 FROM bots WHERE environment = ? AND id = ?`, r.Environment, r.ID)
	if err != nil || !known {
		return err
	}
	has, err := there(ctx, tx, `SELECT 1 FROM rotations WHERE environment = ? AND bot_id = ?`, r.Environment, r.ID)
	if err != nil || has {
		return err
	}
	return writeRotation(ctx, tx, r)
}

func readRotations(ctx context.Context, tx *txn, query string, args ...any) ([]Rotation, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []Rotation
	for rows.Next() {
		var r Rotation
		var lost string
		var began int64
		if err := rows.Scan(&r.Environment, &r.ID, &r.Manager, &r.Step, &r.Nonce, &lost, &began); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(lost), &r.Lost); err != nil {
			return nil, err
		}
		r.Began = instant(began)
		all = append(all, r)
	}
	return all, rows.Err()
}
