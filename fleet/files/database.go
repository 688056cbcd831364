package files

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// A DatabaseReason is why a SQLite file is not taken for a session's.
type DatabaseReason int

// The reasons.
const (
	// NoSessions: it has no table of sessions, so it is a database of something else.
	NoSessions DatabaseReason = iota + 1
	// NotATable: what is called sessions is a view, or a table that is computed.
	NotATable
	// OtherColumns: the table has not the columns that Telethon or Pyrogram give it.
	OtherColumns
	// NoKey: nobody is logged in by it, or that still stands in the journal beside it, which is not read.
	NoKey
	// SeveralKeys: there are several sessions in it, and nothing tells which one is in use.
	SeveralKeys
	// OtherValues: a value is of another type, or not one that there can be.
	OtherValues
	// DamagedDatabase: SQLite cannot read it, or not in time.
	DamagedDatabase
)

// String says it in a few words, for a log.
func (r DatabaseReason) String() string {
	switch r {
	case NoSessions:
		return "no table of sessions"
	case NotATable:
		return "sessions is no plain table"
	case OtherColumns:
		return "unknown columns"
	case NoKey:
		return "no key"
	case SeveralKeys:
		return "several keys"
	case OtherValues:
		return "implausible values"
	case DamagedDatabase:
		return "damaged"
	}
	return "unknown reason"
}

// A DatabaseError is why a SQLite file is not taken for a session's. It holds nothing of the file.
type DatabaseError struct{ Reason DatabaseReason }

func (e *DatabaseError) Error() string { return "session file: " + e.Reason.String() }

func wrongDatabase(reason DatabaseReason) *DatabaseError { return &DatabaseError{reason} }

// Where a SQLite file says what it is (sqlite.org/fileformat.html).
const (
	databaseMagic  = "SQLite format 3\x00"
	databaseHeader = 100
	// journalVersions are two bytes that are 2 where the file has a write-ahead log.
	journalVersions = 18
)

func isDatabase(data []byte) bool { return bytes.HasPrefix(data, []byte(databaseMagic)) }

// Bounds of a file that may be hostile, as sqlite.org/security.html advises.
const (
	databaseTime  = 5 * time.Second
	maxValue      = 1 << 20 // bytes of a value or a row
	maxStatement  = 1 << 16 // bytes of a statement, those of the schema included
	maxOperations = 50_000  // instructions of a compiled statement
	maxColumns    = 32      // of the table of sessions
)

// readSessionFile reads the file of Telethon or Pyrogram. What is wrong with one that is a session's becomes an
// entry that is refused; a database of something else is the error.
func readSessionFile(data []byte) (Document, error) {
	entry, err := sessionOf(data)
	if err != nil && err.Reason == NoSessions {
		return Document{}, err
	}
	if err != nil {
		entry = Entry{Refused: err}
	}
	return Document{Format: SessionFile, Entries: []Entry{entry}}, nil
}

// sessionOf reads the session of a database. SQLite sees a copy in memory and no file: there is no journal beside
// it that could be replayed, nothing is written, and the key reaches no disk.
func sessionOf(data []byte) (Entry, *DatabaseError) {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTime)
	defer cancel()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return Entry{}, wrongDatabase(DamagedDatabase)
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return Entry{}, wrongDatabase(DamagedDatabase)
	}
	defer func() { _ = conn.Close() }()
	if err := load(ctx, conn, data); err != nil {
		return Entry{}, wrongDatabase(DamagedDatabase)
	}
	columns, wrong := sessionColumns(ctx, conn)
	if wrong != nil {
		return Entry{}, wrong
	}
	return sessionRow(ctx, conn, columns)
}

// load puts a database into a connection that trusts nothing in it.
func load(ctx context.Context, conn *sql.Conn, data []byte) error {
	if len(data) < databaseHeader {
		return fmt.Errorf("a database of %d bytes", len(data))
	}
	if data[journalVersions] == 2 || data[journalVersions+1] == 2 {
		// SQLite would look for the log. What has been written into the file itself is read without it.
		data = slices.Clone(data)
		data[journalVersions], data[journalVersions+1] = 1, 1
	}
	for _, limit := range []struct{ id, value int }{
		{sqlite3.SQLITE_LIMIT_LENGTH, maxValue}, {sqlite3.SQLITE_LIMIT_SQL_LENGTH, maxStatement},
		{sqlite3.SQLITE_LIMIT_VDBE_OP, maxOperations}, {sqlite3.SQLITE_LIMIT_ATTACHED, 0}, {sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0},
	} {
		if _, err := sqlite.Limit(conn, limit.id, limit.value); err != nil {
			return err
		}
	}
	for _, pragma := range []string{"trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"} {
		if _, err := conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	return conn.Raw(func(driver any) error {
		into, ok := driver.(interface{ Deserialize([]byte) error })
		if !ok {
			return fmt.Errorf("SQLite's driver is a %T", driver)
		}
		return into.Deserialize(data)
	})
}

// sessionColumns are the columns of the table of sessions, if it is a plain one: of a view, a virtual table or a
// generated column the values would be computed by what the file says.
func sessionColumns(ctx context.Context, conn *sql.Conn) ([]string, *DatabaseError) {
	var is string
	err := conn.QueryRowContext(ctx, `SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = 'sessions' COLLATE NOCASE`).Scan(&is)
	switch {
	case err == sql.ErrNoRows: //nolint:errorlint // what Scan returns as it is
		return nil, wrongDatabase(NoSessions)
	case err != nil:
		return nil, wrongDatabase(DamagedDatabase)
	case is != "table":
		return nil, wrongDatabase(NotATable)
	}
	rows, err := conn.QueryContext(ctx, `SELECT name, hidden FROM pragma_table_xinfo('sessions')`)
	if err != nil {
		return nil, wrongDatabase(DamagedDatabase)
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var name string
		var hidden int
		if err := rows.Scan(&name, &hidden); err != nil {
			return nil, wrongDatabase(DamagedDatabase)
		}
		if hidden != 0 {
			return nil, wrongDatabase(NotATable)
		}
		if columns = append(columns, strings.ToLower(name)); len(columns) > maxColumns {
			return nil, wrongDatabase(OtherColumns)
		}
	}
	if rows.Err() != nil {
		return nil, wrongDatabase(DamagedDatabase)
	}
	return columns, nil
}

// sessionRow reads the one session there is. Pyrogram's table says whose it is, Telethon's where it is reached; that
// of Kurigram says both.
func sessionRow(ctx context.Context, conn *sql.Conn, columns []string) (Entry, *DatabaseError) {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(columns, name) })
	}
	kind := sessionstring.Telethon
	switch {
	case !has("dc_id", "auth_key"):
		return Entry{}, wrongDatabase(OtherColumns)
	case has("test_mode", "user_id", "is_bot"):
		kind = sessionstring.Pyrogram
	case !has("server_address", "port"):
		return Entry{}, wrongDatabase(OtherColumns)
	}
	wanted := make([]string, 0, 8)
	for _, name := range []string{"dc_id", "auth_key", "server_address", "port", "api_id", "test_mode", "user_id", "is_bot"} {
		if !has(name) {
			name = "NULL"
		}
		wanted = append(wanted, name)
	}
	rows, err := conn.QueryContext(ctx, "SELECT "+strings.Join(wanted, ", ")+" FROM main.sessions WHERE length(auth_key) > 0 LIMIT 2")
	if err != nil {
		return Entry{}, wrongDatabase(DamagedDatabase)
	}
	defer rows.Close()
	var found []storedSession
	for rows.Next() {
		var s storedSession
		if err := rows.Scan(&s.dc, &s.key, &s.host, &s.port, &s.apiID, &s.test, &s.user, &s.bot); err != nil {
			return Entry{}, wrongDatabase(OtherValues)
		}
		found = append(found, s)
	}
	switch {
	case rows.Err() != nil:
		return Entry{}, wrongDatabase(DamagedDatabase)
	case len(found) == 0:
		return Entry{}, wrongDatabase(NoKey)
	case len(found) > 1:
		return Entry{}, wrongDatabase(SeveralKeys)
	}
	if kind == sessionstring.Telethon {
		found[0].user = selfOf(ctx, conn)
	}
	return found[0].entry(kind)
}

// selfOf is the id of the account that Telethon keeps a session of. It keeps it as the access hash of an entity
// that there cannot be, 0 (telethon/client/telegrambaseclient.py); older files do not say.
func selfOf(ctx context.Context, conn *sql.Conn) any {
	var is string
	err := conn.QueryRowContext(ctx, `SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = 'entities'`).Scan(&is)
	if err != nil || is != "table" {
		return nil
	}
	var self any
	if conn.QueryRowContext(ctx, `SELECT hash FROM main.entities WHERE id = 0 LIMIT 1`).Scan(&self) != nil {
		return nil
	}
	return self
}

// A storedSession is a row of a table of sessions, of whatever types its values are.
type storedSession struct{ dc, key, host, port, apiID, test, user, bot any }

// Limits of what there can be: those of session strings.
const (
	sessionKey = 256 // bytes
	maxHost    = 255
	maxUserID  = 1<<52 - 1
)

// entry makes an entry of a row: every value of its type and in its range.
func (s storedSession) entry(kind sessionstring.Kind) (Entry, *DatabaseError) {
	wrong := wrongDatabase(OtherValues)
	key, isBlob := s.key.([]byte)
	dc, ok := number(s.dc, 203)
	if !isBlob || len(key) != sessionKey || !ok || dc < 1 || dc > 5 && dc != 203 {
		return Entry{}, wrong
	}
	out := sessionstring.Session{DC: int(dc), Key: secret.New(string(key))}
	if host, _ := s.host.(string); host != "" {
		port, ok := number(s.port, 65535)
		if !ok || len(host) > maxHost || strings.ContainsFunc(host, notInHost) {
			return Entry{}, wrong
		}
		out.Host, out.Port = host, int(port)
	}
	apiID, ok := number(s.apiID, 1<<31-1)
	test, okTest := number(s.test, 1)
	user, okUser := number(s.user, maxUserID)
	bot, okBot := number(s.bot, 1)
	if !ok || !okTest || !okUser || !okBot {
		return Entry{}, wrong
	}
	if kind == sessionstring.Pyrogram && bot == 0 && user != 0 {
		return Entry{Kind: kind, Refused: &sessionstring.Error{Kind: kind, Reason: sessionstring.UserAccount}}, nil
	}
	out.APIID, out.Test, out.UserID = int(apiID), test == 1, user
	return Entry{Session: &out, Kind: kind}, nil
}

// number is a whole number from 0 to largest, 0 for NULL.
func number(value any, largest int64) (n int64, ok bool) {
	if value == nil {
		return 0, true
	}
	if truth, is := value.(bool); is && truth {
		return 1, true
	} else if is {
		return 0, true
	}
	n, ok = value.(int64)
	return n, ok && n >= 0 && n <= largest
}

// notInHost: an address is letters of ASCII, digits and a few signs.
func notInHost(r rune) bool {
	return r != '.' && r != '-' && r != ':' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
