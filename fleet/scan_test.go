package fleet

import (
	"bytes"
	"database/sql" //nolint:depguard // to make what another library keeps
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"botring/fleet/radar"
)

// The session of a bot is known again in the file that Telethon keeps it in.
func TestScanSessionFile(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	key, err := hex.DecodeString(keyText(t, f, "bot/"+env+"/7").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, key := range map[string][]byte{"ours.session": key, "theirs.session": bytes.Repeat([]byte("key "), authKeySize/4)} {
		db, err := sql.Open("sqlite", filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), `CREATE TABLE version (version integer primary key) WITHOUT ROWID;
			CREATE TABLE sessions (dc_id integer primary key, server_address text, port integer, auth_key blob, takeout_id integer) WITHOUT ROWID;
			INSERT INTO version VALUES (7)`)
		if err == nil {
			_, err = db.ExecContext(t.Context(), `INSERT INTO sessions VALUES (2, '149.154.167.50', 443, ?, NULL)`, key)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = db.Close()
	}
	if err := os.WriteFile(filepath.Join(folder, "not.session"), []byte("SQLite format 3\x00 or not"), 0o600); err != nil {
		t.Fatal(err)
	}
	marks, err := f.Marks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report, err := Scan(t.Context(), radar.Options{Paths: []string{folder}, Marks: marks.Marks})
	if err != nil || len(report.Unread) > 0 {
		t.Fatalf("%v, unread %v", err, report.Unread)
	}
	found := map[string]bool{}
	for _, leak := range report.Findings {
		found[filepath.Base(leak.Path)] = leak.Known && leak.Owner.ID == 7 && leak.Format == "telethon"
	}
	if len(found) != 2 || !found["ours.session"] || found["theirs.session"] {
		t.Errorf("found %+v", report.Findings)
	}
}
