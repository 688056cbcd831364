package store

import (
	"context"
	"time"
)

// A Way is how secrets left.
type Way string

// The ways. The last three lead to places that nobody has named: two departures that way may have gone to two places.
const (
	ToFile      Way = "file"      // Place is its path
	ToProgram   Way = "program"   // Place is its name
	ToPipe      Way = "pipe"      // standard output, which was none that keeps
	ToClipboard Way = "clipboard" // this computer's, or the terminal's
	ToTerminal  Way = "terminal"  // shown
)

// A Departure is a place where secrets of a bot went, and when; never the secrets.
type Departure struct {
	Key
	// Token, App and Session are what went: the token, the app's api_id and api_hash, and the session of that name.
	Token, App bool
	Session    string
	Way        Way
	// Place is a path or a program's name, "" where the way has no name. For is the place that it was meant for, as
	// the user calls it, or "". Both are for the eye.
	Place, For string
	// How is what was done, in the words of commands: "export env", "exec plain", "token show".
	How string
	// First and Last are when it went there, and Count how often.
	First, Last time.Time
	Count       int
	// Mark tells the token that the bot had then from its others.
	Mark string
	// DoneAt is when somebody said that the place was seen to, DoneMark the bot's token at that time.
	DoneAt   time.Time
	DoneMark string
	// State is read from the rest and the bot's token as the catalogue knows it.
	State DepartureState

	// Seq is the number of the row.
	Seq int64
}

// A DepartureState says what a place holds by now.
type DepartureState string

// The states.
const (
	// Current: what went there belongs to the bot's token as it is.
	Current DepartureState = "current"
	// Stale: the token was replaced since, and nobody has said that the place was seen to.
	Stale DepartureState = "stale"
	// Done: the token was replaced since, and somebody has said so.
	Done DepartureState = "done"
)

// maxDepartures is how many places of a bot are kept. The oldest go first.
const maxDepartures = 500

// named reports whether two departures to a place led to the same one.
func (d Departure) named() bool { return d.Way == ToFile || d.Way == ToProgram || d.For != "" }

// judge reads the state. What somebody said of a place with a name holds until the token is replaced again; the rest
// was over then.
func (d *Departure) judge(mark string) {
	switch {
	case mark == "" || d.Mark == mark:
		d.State = Current
	case d.DoneMark == mark || d.DoneMark != "" && !d.named():
		d.State = Done
	default:
		d.State = Stale
	}
}

// PutDeparture remembers that secrets went to a place, at d.Last. The same place again is the same row, which what
// went there before does not leave. A bot whose token the catalogue knows nothing of has d.Mark from then on.
func (s *Store) PutDeparture(ctx context.Context, d Departure) error {
	return s.write(ctx, false, func(tx *txn) error {
		_, err := tx.ExecContext(ctx, addToken+`NOTHING`, d.Environment, d.ID, d.Mark)
		if err != nil {
			return err
		}
		if d.named() {
			// It holds what went there last.
			_, err := tx.ExecContext(ctx, `UPDATE departures SET mark = ?, done_at = 0, done_mark = ''
				WHERE environment = ? AND bot_id = ? AND way = ? AND place = ? AND site = ? AND session = ?`,
				d.Mark, d.Environment, d.ID, string(d.Way), d.Place, d.For, d.Session)
			if err != nil {
				return err
			}
		}
		return writeDeparture(ctx, tx, d)
	})
}

// addDeparture enters a departure; what becomes of one that is there already follows.
const addDeparture = `INSERT INTO departures (environment, bot_id, token, app, session, way, place, site, how,
		first_at, last_at, count, mark, done_at, done_mark)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO `

func (d Departure) columns() []any {
	return []any{
		d.Environment, d.ID, d.Token, d.App, d.Session, string(d.Way), d.Place, d.For, d.How,
		millis(d.First), millis(d.Last), d.Count, d.Mark, millis(d.DoneAt), d.DoneMark,
	}
}

// writeDeparture enters a departure, and lets go of the oldest of its bot where there are too many.
func writeDeparture(ctx context.Context, tx *txn, d Departure) error {
	d.First, d.Count, d.DoneAt, d.DoneMark = d.Last, 1, time.Time{}, ""
	_, err := tx.ExecContext(ctx, addDeparture+`UPDATE SET token = max(token, excluded.token), app = max(app, excluded.app),
		how = excluded.how, last_at = max(last_at, excluded.last_at), count = count + 1, done_at = 0, done_mark = ''`, d.columns()...)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM departures WHERE environment = ?1 AND bot_id = ?2 AND seq NOT IN
		(SELECT seq FROM departures WHERE environment = ?1 AND bot_id = ?2 ORDER BY last_at DESC, seq DESC LIMIT ?3)`,
		d.Environment, d.ID, maxDepartures)
	return err
}

// mergeDepartures takes over departures, and marks of bots of whose token nothing is known here.
func mergeDepartures(ctx context.Context, tx *txn, from Snapshot) error {
	for key, mark := range from.Tokens {
		if _, err := tx.ExecContext(ctx, addToken+`NOTHING`, key.Environment, key.ID, mark); err != nil {
			return err
		}
	}
	for _, d := range from.Departures {
		if _, err := tx.ExecContext(ctx, addDeparture+`NOTHING`, d.columns()...); err != nil {
			return err
		}
	}
	return nil
}

// addToken enters the mark of a bot's token, as addDeparture does a departure.
const addToken = `INSERT INTO tokens VALUES (?, ?, ?) ON CONFLICT DO `

// readTokens reads the marks of all bots' tokens.
func readTokens(ctx context.Context, tx *txn) (map[Key]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT environment, bot_id, mark FROM tokens`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	marks := make(map[Key]string)
	for rows.Next() {
		var key Key
		var mark string
		if err := rows.Scan(&key.Environment, &key.ID, &mark); err != nil {
			return nil, err
		}
		marks[key] = mark
	}
	return marks, rows.Err()
}

// noteToken says which token a bot has.
func noteToken(ctx context.Context, tx *txn, key Key, mark string) error {
	_, err := tx.ExecContext(ctx, addToken+`UPDATE SET mark = excluded.mark`, key.Environment, key.ID, mark)
	return err
}

// NoteToken says which token a bot has, where the catalogue says otherwise: another catalogue of the ring replaced it.
func (s *Store) NoteToken(ctx context.Context, key Key, mark string) error {
	var known bool
	err := s.read(ctx, func(tx *txn) (err error) {
		known, err = there(ctx, tx, `SELECT 1 FROM tokens WHERE environment = ? AND bot_id = ? AND mark = ?`,
			key.Environment, key.ID, mark)
		return err
	})
	if err != nil || known {
		return err
	}
	return s.write(ctx, false, func(tx *txn) error { return noteToken(ctx, tx, key, mark) })
}

// Departures returns where secrets of a bot went, the last first.
func (s *Store) Departures(ctx context.Context, key Key) (all []Departure, err error) {
	err = s.read(ctx, func(tx *txn) error {
		all, err = readDepartures(ctx, tx, `WHERE d.environment = ? AND d.bot_id = ?`, key.Environment, key.ID)
		return err
	})
	return all, err
}

func readDepartures(ctx context.Context, tx *txn, where string, args ...any) ([]Departure, error) {
	rows, err := tx.QueryContext(ctx, `SELECT d.seq, d.environment, d.bot_id, d.token, d.app, d.session, d.way, d.place, d.site,
		d.how, d.first_at, d.last_at, d.count, d.mark, d.done_at, d.done_mark, ifnull(t.mark, '')
		FROM departures d LEFT JOIN tokens t ON (t.environment, t.bot_id) = (d.environment, d.bot_id) `+where+
		` ORDER BY d.last_at DESC, d.seq DESC`, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []Departure
	for rows.Next() {
		var d Departure
		var first, last, done int64
		var mark string
		err := rows.Scan(&d.Seq, &d.Environment, &d.ID, &d.Token, &d.App, &d.Session, &d.Way, &d.Place, &d.For,
			&d.How, &first, &last, &d.Count, &d.Mark, &done, &d.DoneMark, &mark)
		if err != nil {
			return nil, err
		}
		d.First, d.Last, d.DoneAt = instant(first), instant(last), instant(done)
		d.judge(mark)
		all = append(all, d)
	}
	return all, rows.Err()
}

// SettleDepartures says of places that they were seen to, at a time, or with the zero time that they were not.
func (s *Store) SettleDepartures(ctx context.Context, places []Departure, at time.Time) error {
	return s.write(ctx, false, func(tx *txn) error {
		for _, d := range places {
			query := `UPDATE departures SET done_at = ?1, done_mark = ifnull((SELECT mark FROM tokens t
				WHERE (t.environment, t.bot_id) = (departures.environment, departures.bot_id)), '') WHERE seq = ?2`
			if at.IsZero() {
				query = `UPDATE departures SET done_at = ?1, done_mark = '' WHERE seq = ?2`
			}
			if _, err := tx.ExecContext(ctx, query, millis(at), d.Seq); err != nil {
				return err
			}
		}
		return nil
	})
}
