package files_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"botring/fleet/files"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// The schemas are those of the libraries: telethon/sessions/sqlite.py (version 7), pyrogram/storage/sqlite_storage.py
// as of Pyrogram 2 and as of Kurigram (version 7).
const (
	telethonSchema = `CREATE TABLE version (version integer primary key) WITHOUT ROWID;
		CREATE TABLE sessions (dc_id integer primary key, server_address text, port integer, auth_key blob, takeout_id integer) WITHOUT ROWID;
		CREATE TABLE entities (id integer primary key, hash integer not null, username text, phone integer, name text, date integer) WITHOUT ROWID;
		INSERT INTO version VALUES (7);`
	pyrogramSchema = `CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, api_id INTEGER, test_mode INTEGER, auth_key BLOB, date INTEGER NOT NULL,
			user_id INTEGER, is_bot INTEGER);
		CREATE TABLE version (number INTEGER PRIMARY KEY);
		INSERT INTO version VALUES (3);
		CREATE TABLE peers (id INTEGER PRIMARY KEY, last_update_on INTEGER);
		CREATE TRIGGER trg_peers_last_update_on AFTER UPDATE ON peers BEGIN UPDATE peers SET last_update_on = 1 WHERE id = NEW.id; END;`
	kurigramSchema = `CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, server_address TEXT, port INTEGER, api_id INTEGER, test_mode INTEGER,
			auth_key BLOB, date INTEGER NOT NULL, user_id INTEGER, is_bot INTEGER);
		CREATE TABLE version (number INTEGER PRIMARY KEY);`
	key256     = `x'` + keyHex + `'`
	pyrogramOf = `INSERT INTO sessions VALUES (4, 10001, 0, ` + key256 + `, 0, 7000000001, 1);`
)

// keyHex is a key of 256 bytes.
const keyHex = k32 + k32 + k32 + k32 + k32 + k32 + k32 + k32
const k32 = "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b"

func authKey() secret.Secret { return secret.New(strings.Repeat("k", 256)) }

// same reports whether an entry is this session, with the key of these tests.
func same(e files.Entry, want sessionstring.Session) bool {
	if e.Session == nil || !e.Session.Key.Equal(authKey()) {
		return false
	}
	got := *e.Session
	got.Key = want.Key
	return got == want
}

// database makes a SQLite file of statements, and returns what stands in it.
func database(t testing.TB, statements string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.session")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSessionFiles(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		kind sessionstring.Kind
		want sessionstring.Session
	}{
		"Telethon": {
			telethonSchema + `INSERT INTO sessions VALUES (2, '149.154.167.51', 443, ` + key256 + `, NULL);`,
			sessionstring.Telethon, sessionstring.Session{DC: 2, Host: "149.154.167.51", Port: 443},
		},
		"Telethon that knows whose it is": {
			telethonSchema + `INSERT INTO sessions VALUES (2, '149.154.167.51', 443, ` + key256 + `, NULL);
				INSERT INTO entities VALUES (0, 7000000001, NULL, NULL, NULL, NULL), (5, 6, 'x', NULL, 'X', 0);`,
			sessionstring.Telethon, sessionstring.Session{DC: 2, Host: "149.154.167.51", Port: 443, UserID: 7000000001},
		},
		"Pyrogram": {
			pyrogramSchema + pyrogramOf,
			sessionstring.Pyrogram, sessionstring.Session{DC: 4, APIID: 10001, UserID: 7000000001},
		},
		"Pyrogram, test": {
			pyrogramSchema + `INSERT INTO sessions VALUES (2, NULL, 1, ` + key256 + `, 0, 7000000001, 1);`,
			sessionstring.Pyrogram, sessionstring.Session{DC: 2, Test: true, UserID: 7000000001},
		},
		"Kurigram": {
			kurigramSchema + `INSERT INTO sessions VALUES (2, '149.154.167.51', 443, 10001, 0, ` + key256 + `, 0, 7000000001, 1);`,
			sessionstring.Pyrogram, sessionstring.Session{DC: 2, Host: "149.154.167.51", Port: 443, APIID: 10001, UserID: 7000000001},
		},
		"with a write-ahead log that is not there": {
			"PRAGMA journal_mode = WAL;" + pyrogramSchema + pyrogramOf,
			sessionstring.Pyrogram, sessionstring.Session{DC: 4, APIID: 10001, UserID: 7000000001},
		},
		"one key of two": {
			telethonSchema + `INSERT INTO sessions VALUES (2, '149.154.167.51', 443, ` + key256 + `, NULL), (4, '149.154.167.91', 443, x'', NULL);`,
			sessionstring.Telethon, sessionstring.Session{DC: 2, Host: "149.154.167.51", Port: 443},
		},
	} {
		data := database(t, test.file)
		before := bytes.Clone(data)
		doc, err := files.Read("a.session", data)
		if err != nil || doc.Format != files.SessionFile || len(doc.Entries) != 1 {
			t.Errorf("%s: %+v, %v", name, doc, err)
			continue
		}
		if e := doc.Entries[0]; !same(e, test.want) || e.Kind != test.kind {
			t.Errorf("%s: %v %+v, %v; want %v %+v", name, e.Kind, e.Session, e.Refused, test.kind, test.want)
		}
		if !bytes.Equal(data, before) {
			t.Errorf("%s: what was read is changed", name)
		}
	}
}

// TestHostileSessionFiles: what a file computes is not asked for, and what cannot be is not taken.
func TestHostileSessionFiles(t *testing.T) {
	row := func(values string) string {
		return pyrogramSchema + `INSERT INTO sessions VALUES (` + values + `);`
	}
	for name, test := range map[string]struct {
		file string
		want files.DatabaseReason
	}{
		"a view":             {`CREATE VIEW sessions AS SELECT 2 AS dc_id, randomblob(1000000000) AS auth_key, 'x' AS server_address, 1 AS port;`, files.NotATable},
		"a virtual table":    {`CREATE VIRTUAL TABLE sessions USING fts5(dc_id, auth_key, server_address, port);`, files.NotATable},
		"a generated column": {`CREATE TABLE sessions (dc_id, server_address, port, auth_key AS (zeroblob(256)));`, files.NotATable},
		"other columns":      {`CREATE TABLE sessions (id, user, started_at);`, files.OtherColumns},
		"too many columns":   {`CREATE TABLE sessions (dc_id, auth_key` + manyColumns() + `);`, files.OtherColumns},
		"nobody logged in":   {pyrogramSchema + `INSERT INTO sessions VALUES (2, NULL, NULL, NULL, 0, NULL, NULL);`, files.NoKey},
		"no row":             {pyrogramSchema, files.NoKey},
		"several keys":       {pyrogramSchema + pyrogramOf + strings.Replace(pyrogramOf, "(4", "(5", 1), files.SeveralKeys},
		"a key of text":      {row(`2, 1, 0, '` + strings.Repeat("k", 256) + `', 0, 1, 1`), files.OtherValues},
		"a short key":        {row(`2, 1, 0, x'6b', 0, 1, 1`), files.OtherValues},
		"a long key":         {row(`2, 1, 0, zeroblob(257), 0, 1, 1`), files.OtherValues},
		"a huge key":         {row(`2, 1, 0, zeroblob(3000000), 0, 1, 1`), files.DamagedDatabase},
		"no such DC":         {row(`6, 1, 0, ` + key256 + `, 0, 1, 1`), files.OtherValues},
		"a DC of text":       {strings.Replace(row(`'two', 1, 0, `+key256+`, 0, 1, 1`), "dc_id INTEGER PRIMARY KEY", "dc_id", 1), files.OtherValues},
		"a negative bot":     {row(`2, 1, 0, ` + key256 + `, 0, -5, 1`), files.OtherValues},
		"a fraction":         {row(`2, 1.5, 0, ` + key256 + `, 0, 5, 1`), files.OtherValues},
		"a host that is none": {
			telethonSchema + `INSERT INTO sessions VALUES (2, '` + "a\x1b[31m" + `', 443, ` + key256 + `, NULL);`, files.OtherValues,
		},
		"a port that is none": {
			telethonSchema + `INSERT INTO sessions VALUES (2, '149.154.167.51', 99999, ` + key256 + `, NULL);`, files.OtherValues,
		},
	} {
		doc, err := files.Read("a.session", database(t, test.file))
		var wrong *files.DatabaseError
		if err != nil || len(doc.Entries) != 1 || !errors.As(doc.Entries[0].Refused, &wrong) || wrong.Reason != test.want || doc.Entries[0].Session != nil {
			t.Errorf("%s: %+v, %v; want %v", name, doc, err, test.want)
		}
	}
	var wrong *files.DatabaseError
	if doc, err := files.Read("a.db", database(t, `CREATE TABLE notes (text);`)); !errors.As(err, &wrong) || wrong.Reason != files.NoSessions {
		t.Errorf("a database of something else: %+v, %v", doc, err)
	}
	whole := database(t, pyrogramSchema+pyrogramOf)
	for _, size := range []int{16, 100, 4096} {
		doc, err := files.Read("a.session", whole[:size])
		if err == nil && (len(doc.Entries) != 1 || doc.Entries[0].Session != nil) {
			t.Errorf("cut to %d bytes: %+v", size, doc)
		}
	}
	user := files.Entry{}
	if doc, err := files.Read("a.session", database(t, strings.Replace(pyrogramSchema+pyrogramOf, "7000000001, 1)", "7000000001, 0)", 1))); err == nil {
		user = doc.Entries[0]
	}
	var unread *sessionstring.Error
	if !errors.As(user.Refused, &unread) || unread.Reason != sessionstring.UserAccount {
		t.Errorf("a user's: %+v", user)
	}
}

func manyColumns() string {
	var out strings.Builder
	for i := range 40 {
		fmt.Fprintf(&out, ", c%d", i)
	}
	return out.String()
}

func sessionText(t testing.TB, kind sessionstring.Kind, user int64) string {
	t.Helper()
	text, err := sessionstring.Format(sessionstring.Session{
		DC: 2, Host: "149.154.167.51", Port: 443, Key: authKey(), APIID: 10001, UserID: user,
	}, kind)
	if err != nil {
		t.Fatal(err)
	}
	return text.Reveal()
}

// TestSessionStrings: a session string is found wherever a token is, and belongs to the bot beside it.
func TestSessionStrings(t *testing.T) {
	telethon, pyrogram, gotd := sessionText(t, sessionstring.Telethon, 0), sessionText(t, sessionstring.Pyrogram, 7), sessionText(t, sessionstring.Gotd, 0)
	const bot = 7123450001
	for name, test := range map[string]struct {
		file, text string
		kind       sessionstring.Kind
		line       int
		bot        int64
		tokens     int
	}{
		"a line":          {"a.txt", "# mine\n" + telethon + "\n", sessionstring.Telethon, 2, 0, 0},
		"beside a token":  {"a.txt", one + " " + telethon, sessionstring.Telethon, 1, bot, 1},
		"below a token":   {"a.txt", one + "\n" + pyrogram, sessionstring.Pyrogram, 2, bot, 1},
		"below two":       {"a.txt", one + "\n" + two + "\n" + pyrogram, sessionstring.Pyrogram, 3, 0, 2},
		"assigned":        {"a.txt", "some words\nSESSION=" + telethon, sessionstring.Telethon, 2, 0, 1},
		"a variable":      {".env", "BOT_TOKEN=" + one + "\nSESSION_STRING=\"" + telethon + "\"", sessionstring.Telethon, 2, bot, 1},
		"of a group":      {".env", "SHOP_BOT_TOKEN=" + one + "\nB_BOT_TOKEN=" + two + "\nSHOP_SESSION=" + telethon, sessionstring.Telethon, 3, bot, 2},
		"numbered":        {".env", "BOT_TOKEN_1=" + two + "\nBOT_TOKEN_2=" + one + "\nSESSION_2=" + telethon, sessionstring.Telethon, 3, bot, 2},
		"a column":        {"a.csv", "name,token,session\nShop," + one + "," + telethon, sessionstring.Telethon, 2, bot, 1},
		"a column alone":  {"a.csv", "name,session\nShop," + pyrogram, sessionstring.Pyrogram, 2, 0, 0},
		"no heading":      {"a.csv", one + "," + telethon + "\n" + two + ",", sessionstring.Telethon, 1, bot, 2},
		"JSON":            {"a.json", `{"a": {"token": "` + one + `", "session": "` + telethon + `"}, "b": "` + two + `"}`, sessionstring.Telethon, 1, bot, 2},
		"JSON, in a list": {"a.json", `["` + telethon + `"]`, sessionstring.Telethon, 1, 0, 0},
		"YAML": {
			"docker-compose.yml", "services:\n  a:\n    environment:\n      - BOT_TOKEN=" + one + "\n      - STRING_SESSION=" + telethon + "\n",
			sessionstring.Telethon, 5, bot, 1,
		},
		"a file of gotd's": {"session.json", gotd, sessionstring.Gotd, 0, 0, 0},
	} {
		doc, err := files.Read(test.file, []byte(test.text))
		tokens := 0
		var got []files.Entry
		for _, e := range doc.Entries {
			if e.IsSession() {
				got = append(got, e)
			} else {
				tokens++
			}
		}
		if err != nil || len(got) != 1 || got[0].Session == nil {
			t.Errorf("%s: %+v, %v", name, doc, err)
			continue
		}
		if e := got[0]; e.Kind != test.kind || e.Line != test.line || e.Bot != test.bot || tokens != test.tokens || !e.Session.Key.Equal(authKey()) {
			t.Errorf("%s: %v in line %d of bot %d beside %d tokens", name, e.Kind, e.Line, e.Bot, tokens)
		}
	}
	doc, err := files.Read("a.txt", []byte(pyrogram[:350]))
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Refused == nil || strings.Contains(fmt.Sprint(doc.Entries[0].Refused), pyrogram[:20]) {
		t.Errorf("one that is cut off: %+v, %v", doc, err)
	}
}

// gramStore writes a folder as GramJS 2.26's StoreSession does.
func gramStore(t testing.TB, dir, prefix string) {
	t.Helper()
	numbers := make([]int, 256)
	for i := range numbers {
		numbers[i] = 'k'
	}
	key, err := json.Marshal(map[string]any{"type": "Buffer", "data": numbers})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{
		prefix + "authKey": string(key), prefix + "dcId": "2", prefix + "port": "443", prefix + "serverAddress": `"149.154.167.51"`,
		prefix + "7000000001": `["7000000001","123",null,null,"X","1"]`,
	})
}

func write(t testing.TB, dir string, contents map[string]string) {
	t.Helper()
	for name, text := range contents {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
