package store

import (
	"context"
	"slices"
	"time"
)

// MethodLogin is the method that logs a bot in, the one with floods of half an hour and more.
const MethodLogin = "auth.importBotAuthorization"

// A Flood is a wait that Telegram asked for.
type Flood struct {
	// Key is the bot it binds. ID 0: every bot of the app, or with APIID 0 everything this computer sends.
	Key
	APIID int
	// Method is the call it binds, "" for all.
	Method string
	// Until is when it ends; SeenAt is when Telegram asked.
	Until, SeenAt time.Time
}

// raiseWithin is the time within which a second flooded bot of an app means that the app is what Telegram
// holds back.
const raiseWithin = 10 * time.Minute

// PutFlood remembers a wait, on the disk when it returns. A deadline is never brought forward. A second
// bot of the same app within ten minutes makes it a wait of the app's.
func (s *Store) PutFlood(ctx context.Context, f Flood) error {
	return s.write(ctx, true, func(tx *txn) error {
		forget := f.SeenAt.Add(-raiseWithin)
		if _, err := tx.ExecContext(ctx, `DELETE FROM floods WHERE until < ?`, millis(forget)); err != nil {
			return err
		}
		if err := writeFlood(ctx, tx, f); err != nil {
			return err
		}
		if f.ID == 0 || f.APIID == 0 {
			return nil
		}
		var others int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM floods
			WHERE environment = ? AND api_id = ? AND method = ? AND bot_id NOT IN (0, ?) AND seen_at >= ?`,
			f.Environment, f.APIID, f.Method, f.ID, millis(forget)).Scan(&others)
		if err != nil || others == 0 {
			return err
		}
		f.ID = 0
		return writeFlood(ctx, tx, f)
	})
}

func writeFlood(ctx context.Context, tx *txn, f Flood) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO floods VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, bot_id, api_id, method) DO UPDATE SET until = max(until, excluded.until), seen_at = excluded.seen_at`,
		f.Environment, f.ID, f.APIID, f.Method, millis(f.Until), millis(f.SeenAt))
	return err
}

// clockSlack is by how much the clocks of two readings may differ without one having been set back.
const clockSlack = time.Second

// SetBack reports whether the clock was set back since Telegram asked for one of these waits.
func (floods Floods) SetBack(now time.Time) bool {
	return slices.ContainsFunc(floods, func(f Flood) bool { return f.SeenAt.Sub(now) > clockSlack })
}

// RebaseFloods begins the waits anew that Telegram asked for at a time that is still to come: the clock was set
// back since. How much of them has passed is not known, and to wait once more is never wrong; to wait for the
// old time may take as much longer as the clock was set back by.
func (s *Store) RebaseFloods(ctx context.Context, now time.Time) error {
	return s.write(ctx, true, func(tx *txn) error {
		_, err := tx.ExecContext(ctx, `UPDATE floods SET until = until - seen_at + ?1, seen_at = ?1 WHERE seen_at > ?2`,
			millis(now), millis(now.Add(clockSlack)))
		return err
	})
}

// Floods are the waits that have not ended.
type Floods []Flood

// Floods reads the waits that have not ended at now.
func (s *Store) Floods(ctx context.Context, now time.Time) (floods Floods, err error) {
	err = s.read(ctx, func(tx *txn) error {
		floods, err = readFloods(ctx, tx, now)
		return err
	})
	return floods, err
}

func readFloods(ctx context.Context, tx *txn, now time.Time) (Floods, error) {
	rows, err := tx.QueryContext(ctx, `SELECT environment, bot_id, api_id, method, until, seen_at FROM floods
		WHERE until > ?`, millis(now))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var floods Floods
	for rows.Next() {
		var f Flood
		var until, seenAt int64
		if err := rows.Scan(&f.Environment, &f.ID, &f.APIID, &f.Method, &until, &seenAt); err != nil {
			return nil, err
		}
		f.Until, f.SeenAt = instant(until), instant(seenAt)
		floods = append(floods, f)
	}
	return floods, rows.Err()
}

// Until is when the last wait ends that binds method of a bot that logs in with apiID, or zero.
func (floods Floods) Until(key Key, apiID int, method string) time.Time {
	var until time.Time
	for _, f := range floods {
		if f.binds(key, apiID, method) && f.Until.After(until) {
			until = f.Until
		}
	}
	return until
}

// Address reports whether one of the waits binds all that this computer sends to an environment.
func (floods Floods) Address(environment string, now time.Time) bool {
	for _, f := range floods {
		if f.Environment == environment && f.ID == 0 && f.APIID == 0 && f.Method == "" && f.Until.After(now) {
			return true
		}
	}
	return false
}

func (f Flood) binds(key Key, apiID int, method string) bool {
	if f.Environment != key.Environment || f.Method != "" && f.Method != method {
		return false
	}
	switch {
	case f.ID != 0:
		return f.ID == key.ID
	case f.APIID != 0:
		return f.APIID == apiID
	}
	return true
}
