package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"botring/fleet/plain"
)

// Session is the bot's session of that name, if it has one.
func (b Bot) Session(name string) (Session, bool) {
	i := slices.IndexFunc(b.Sessions, func(s Session) bool { return s.Name == name })
	if i < 0 {
		return Session{}, false
	}
	return b.Sessions[i], true
}

// Name is what a bot is called in a list: its label, else its first name, else @username, else its id.
// It is as received: whoever shows it cleans it first.
func (b Bot) Name() string {
	switch {
	case b.Label != "":
		return b.Label
	case b.Profile.FirstName != "":
		return b.Profile.FirstName
	case b.Profile.Username != "":
		return "@" + b.Profile.Username
	}
	return strconv.FormatInt(b.ID, 10)
}

// orderName is what bots are ordered by, and by id and environment among equals: the name, as it is shown, upper
// and lower case alike.
func (b Bot) orderName() string {
	return strings.ToLower(strings.TrimPrefix(plain.Line(b.Name()), "@"))
}

// packBots and packSessions read rows as one text, for packed; what they are read from follows.
const (
	packBots = `SELECT ifnull(group_concat(json_array(environment, id, label, json(tags), api_id, username, first_name,
	dc, abilities, status, kind, code, type, checked_at, since, added_at), ''), '') FROM `
	packSessions = `SELECT ifnull(group_concat(json_array(environment, bot_id, name, dc, runs, api_id, made_at,
	checked_at, place, since), ''), '') FROM `
)

// The first bots in their order; an index has them.
const (
	firstBots     = `(SELECT * FROM bots ORDER BY order_name, id, environment LIMIT ?)`
	firstSessions = `sessions WHERE (environment, bot_id) IN (SELECT environment, id FROM ` + firstBots + `)`
)

// Bots returns all bots ordered by name, upper and lower case alike. FloodUntil and a status that follows
// from it are as of now.
func (s *Store) Bots(ctx context.Context, now time.Time) ([]Bot, error) {
	return s.bots(ctx, now, readAll)
}

// FirstBots returns the first of what Bots would, n at most, and how many that would be. It takes the time of n,
// however many there are.
func (s *Store) FirstBots(ctx context.Context, now time.Time, n int) (first []Bot, all int, err error) {
	first, err = s.bots(ctx, now, func(ctx context.Context, tx *txn) ([]Bot, error) {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM bots`).Scan(&all); err != nil {
			return nil, err
		}
		return readFrom(ctx, tx, firstBots, firstSessions, n)
	})
	return first, all, err
}

func (s *Store) bots(ctx context.Context, now time.Time, read func(context.Context, *txn) ([]Bot, error)) (bots []Bot, err error) {
	var waits Floods
	err = s.read(ctx, func(tx *txn) error {
		if bots, err = read(ctx, tx); err != nil {
			return err
		}
		waits, err = readFloods(ctx, tx, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range bots {
		bots[i].wait(waits.Until(bots[i].Key, bots[i].APIID, MethodLogin))
	}
	sortByName(bots)
	return bots, nil
}

// selectNames reads of rows what bots are called.
const selectNames = `SELECT ifnull(group_concat(json_array(environment, id, label, username, first_name), ''), '') FROM bots`

// Names returns all bots ordered by name, with their keys, labels and names and nothing else: for a thousand bots that
// takes a fraction of the time.
func (s *Store) Names(ctx context.Context) (bots []Bot, err error) {
	err = s.read(ctx, func(tx *txn) error {
		rows, err := readPacked(ctx, tx, selectNames)
		if err != nil {
			return err
		}
		bots = make([]Bot, 0, rows.count())
		for rows.next() {
			var b Bot
			b.Environment, b.ID = rows.text(), rows.number()
			b.Label, b.Profile.Username, b.Profile.FirstName = rows.text(), rows.text(), rows.text()
			bots = append(bots, b)
		}
		return rows.err()
	})
	if err != nil {
		return nil, err
	}
	sortByName(bots)
	return bots, nil
}

// Bot returns one bot, or ErrNotFound.
func (s *Store) Bot(ctx context.Context, key Key, now time.Time) (bot Bot, err error) {
	var waits Floods
	err = s.read(ctx, func(tx *txn) error {
		if bot, err = readBot(ctx, tx, key); err != nil {
			return err
		}
		waits, err = readFloods(ctx, tx, now)
		return err
	})
	if err != nil {
		return Bot{}, err
	}
	bot.wait(waits.Until(bot.Key, bot.APIID, MethodLogin))
	return bot, nil
}

// Row returns one bot as its row is written, without what follows from floods, or ErrNotFound.
func (s *Store) Row(ctx context.Context, key Key) (bot Bot, err error) {
	err = s.read(ctx, func(tx *txn) error {
		bot, err = readBot(ctx, tx, key)
		return err
	})
	return bot, err
}

// Labelled reports whether another bot than key's has a label, in whatever case.
func (s *Store) Labelled(ctx context.Context, key Key, label string) (taken bool, err error) {
	// The index tells for letters that SQLite knows the cases of. Others are compared here.
	query := `SELECT label FROM bots WHERE label <> '' AND (environment, id) <> (?, ?) AND label = ?`
	if strings.IndexFunc(label, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		query = `SELECT label FROM bots WHERE label <> '' AND (environment, id) <> (?, ?) AND ? <> ''`
	}
	err = s.read(ctx, func(tx *txn) error {
		rows, err := tx.QueryContext(ctx, query, key.Environment, key.ID, label)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var other string
			if err := rows.Scan(&other); err != nil {
				return err
			}
			taken = taken || strings.EqualFold(other, label)
		}
		return rows.Err()
	})
	return taken, err
}

// wait notes until when logins are refused. A bot that has nothing to do but log in is flooded, a bot
// that works, or needs something else first, is what it was: login floods bind logins only.
func (b *Bot) wait(until time.Time) {
	b.FloodUntil = until
	if until.IsZero() {
		return
	}
	switch b.Health.Status {
	case NotLoggedIn, SessionDead, SessionRevoked, SessionDuplicated:
		b.Health.Status, b.Health.Kind = Flooded, "flood_wait"
		b.Health.Code, b.Health.Type = 420, "FLOOD_WAIT"
	case OK, TokenRevoked, Deactivated, Flooded, SecretMissing, Unreachable, Unchecked:
	}
}

// sortByName brings bots into their order. A Bot is long: it sorts where they are, and moves each once.
func sortByName(bots []Bot) {
	type named struct {
		name string
		at   int
	}
	all := make([]named, len(bots))
	for i := range bots {
		all[i] = named{bots[i].orderName(), i}
	}
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(bots[a.at].ID, bots[b.at].ID),
			strings.Compare(bots[a.at].Environment, bots[b.at].Environment))
	})
	for start := range all {
		// Each moves into the place of the one before, up to where the first was to go.
		first, place := bots[start], start
		for from := all[place].at; from != start; from = all[place].at {
			bots[place], all[place].at = bots[from], place
			place = from
		}
		bots[place], all[place].at = first, place
	}
}

// readAll reads all bots with their sessions, in no order.
func readAll(ctx context.Context, tx *txn) ([]Bot, error) {
	return readFrom(ctx, tx, `bots`, `sessions`)
}

// readFrom reads bots and their sessions, which are chosen by the same arguments. The bots are unpacked while
// SQLite reads the sessions.
func readFrom(ctx context.Context, tx *txn, fromBots, fromSessions string, args ...any) ([]Bot, error) {
	rows, err := readPacked(ctx, tx, packBots+fromBots, args...)
	if err != nil {
		return nil, err
	}
	var bots []Bot
	var damage error
	unpacked := make(chan struct{})
	go func() {
		defer close(unpacked)
		bots, damage = rows.bots()
	}()
	sessions, err := readPacked(ctx, tx, packSessions+fromSessions, args...)
	<-unpacked
	if err := errors.Join(err, damage); err != nil {
		return nil, err
	}
	return bots, sessions.sessionsOf(bots)
}

// bots unpacks rows of packBots.
func (p *packed) bots() ([]Bot, error) {
	bots := make([]Bot, 0, p.count())
	for p.next() {
		var b Bot
		b.Environment, b.ID = p.text(), p.number()
		b.Label, b.Tags, b.APIID = p.text(), p.texts(), int(p.number())
		b.Profile.Username, b.Profile.FirstName, b.Profile.DC = p.text(), p.text(), int(p.number())
		b.Profile.setAbilities(int(p.number()))
		b.Health.Status, b.Health.Kind = Status(p.text()), p.text()
		b.Health.Code, b.Health.Type = int(p.number()), p.text()
		b.Health.CheckedAt, b.Health.Since = instant(p.number()), instant(p.number())
		b.AddedAt = instant(p.number())
		bots = append(bots, b)
	}
	return bots, p.err()
}

// sessionsOf unpacks rows of packSessions and gives bots those that are theirs, the oldest first. Those that
// another library made come last: nobody knows how old they are.
func (p *packed) sessionsOf(bots []Bot) error {
	index := make(map[Key]int, len(bots))
	for i := range bots {
		index[bots[i].Key] = i
	}
	for p.next() {
		key := Key{Environment: p.text(), ID: p.number()}
		session := Session{Name: p.text(), DC: int(p.number()), Runs: Place(p.text()), APIID: int(p.number())}
		session.MadeAt, session.CheckedAt = instant(p.number()), instant(p.number())
		session.At, session.Since = p.text(), instant(p.number())
		if i, ok := index[key]; ok {
			bots[i].Sessions = append(bots[i].Sessions, session)
		}
	}
	for i := range bots {
		slices.SortFunc(bots[i].Sessions, func(a, b Session) int {
			return cmp.Or(ageless(a)-ageless(b), a.MadeAt.Compare(b.MadeAt), strings.Compare(a.Name, b.Name))
		})
	}
	return p.err()
}

func ageless(s Session) int {
	if s.MadeAt.IsZero() {
		return 1
	}
	return 0
}

func readPacked(ctx context.Context, tx *txn, query string, args ...any) (rows packed, err error) {
	err = tx.QueryRowContext(ctx, query, args...).Scan(&rows.rest)
	return rows, err
}

func readBot(ctx context.Context, tx *txn, key Key) (Bot, error) {
	bots, err := readFrom(ctx, tx, `bots WHERE environment = ? AND id = ?`, `sessions WHERE environment = ? AND bot_id = ?`,
		key.Environment, key.ID)
	if err != nil {
		return Bot{}, err
	}
	if len(bots) == 0 {
		return Bot{}, ErrNotFound
	}
	return bots[0], nil
}

// Update changes a bot's row, read and written in one transaction, so that two processes never undo each
// other's changes. It returns ErrNotFound where there is no such bot, and ErrTaken for a label that
// another bot has. The key and what is derived from floods do not change.
func (s *Store) Update(ctx context.Context, key Key, edit func(*Bot)) error {
	return s.write(ctx, false, func(tx *txn) error {
		bot, err := readBot(ctx, tx, key)
		if err != nil {
			return err
		}
		return writeEdited(ctx, tx, bot, edit)
	})
}

// Delete removes a bot and its sessions. It returns ErrNotFound where there is none.
func (s *Store) Delete(ctx context.Context, key Key) error {
	return s.write(ctx, true, func(tx *txn) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM bots WHERE environment = ? AND id = ?`, key.Environment, key.ID)
		return oneRow(result, err)
	})
}

func oneRow(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

func writeEdited(ctx context.Context, tx *txn, bot Bot, edit func(*Bot)) error {
	key, before := bot.Key, slices.Clone(bot.Sessions)
	edit(&bot)
	bot.Key = key
	if err := writeBot(ctx, tx, bot); err != nil {
		return err
	}
	if slices.Equal(before, bot.Sessions) {
		return nil
	}
	return writeSessions(ctx, tx, bot)
}

func writeBot(ctx context.Context, tx *txn, b Bot) error {
	tags := []byte("[]")
	if len(b.Tags) > 0 {
		var err error
		if tags, err = json.Marshal(b.Tags); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO bots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, id) DO UPDATE SET label = excluded.label, tags = excluded.tags, api_id = excluded.api_id,
			username = excluded.username, first_name = excluded.first_name, dc = excluded.dc,
			abilities = excluded.abilities, status = excluded.status, kind = excluded.kind,
			code = excluded.code, type = excluded.type, checked_at = excluded.checked_at,
			since = excluded.since, added_at = excluded.added_at, order_name = excluded.order_name`,
		b.Environment, b.ID, b.Label, string(tags), b.APIID, b.Profile.Username, b.Profile.FirstName,
		b.Profile.DC, b.Profile.abilities(), string(b.Health.Status), b.Health.Kind, b.Health.Code,
		b.Health.Type, millis(b.Health.CheckedAt), millis(b.Health.Since), millis(b.AddedAt), b.orderName())
	return err
}

func writeSessions(ctx context.Context, tx *txn, b Bot) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE environment = ? AND bot_id = ?`, b.Environment, b.ID)
	if err != nil {
		return err
	}
	for _, session := range b.Sessions {
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, b.Environment, b.ID,
			session.Name, session.DC, string(session.Runs), session.APIID, millis(session.MadeAt), millis(session.CheckedAt),
			session.At, millis(session.Since))
		if err != nil {
			return err
		}
	}
	return retireMarks(ctx, tx, b.Key)
}

// The bits of the column abilities: what a Profile says in booleans.
const (
	inlineBit = 1 << iota
	groupsBit
	readsAllBit
	managesBotsBit
)

func (p Profile) abilities() (bits int) {
	if p.Inline {
		bits |= inlineBit
	}
	if p.Groups {
		bits |= groupsBit
	}
	if p.ReadsAll {
		bits |= readsAllBit
	}
	if p.ManagesBots {
		bits |= managesBotsBit
	}
	return bits
}

func (p *Profile) setAbilities(bits int) {
	p.Inline = bits&inlineBit != 0
	p.Groups = bits&groupsBit != 0
	p.ReadsAll = bits&readsAllBit != 0
	p.ManagesBots = bits&managesBotsBit != 0
}
