package fleet

import (
	"bytes"
	"context"
	"database/sql" //nolint:depguard // to make what another library keeps
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"botring/fleet/radar"
	"botring/internal/secret"
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

// Each token that was found is asked about once, a hundred at most, and what was answered before it was stopped is there.
func TestAskFound(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	botAPIOf(f, func(token secret.Secret) bool { return token.Equal(tokenOf(1, "x")) })
	found := func(id int64, held secret.Secret) radar.Finding {
		return radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: id}, Held: held}
	}
	elsewhere := found(3, tokenOf(3, "x"))
	elsewhere.Known, elsewhere.Owner = true, radar.Owner{Environment: "nowhere", ID: 3}
	findings := []radar.Finding{found(1, tokenOf(1, "x")), found(0, secret.Secret{}), found(2, tokenOf(2, "x")), found(1, tokenOf(1, "x")), elsewhere}
	var told []string
	verdicts, err := f.AskFound(t.Context(), env, findings, func(at Asking) {
		told = append(told, fmt.Sprintf("%d/%d of %d, %v", at.Done, at.Of, at.About.ID, at.Err != nil))
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "[0/3 of 0, false 1/3 of 3, true 2/3 of 1, false 3/3 of 2, false]"; fmt.Sprint(told) != want {
		t.Errorf("told %v, want %s", told, want)
	}
	for i, want := range []string{"alive true", "unknown false", "revoked true", "alive true", "unknown true"} {
		if v, asked := verdicts.Of(findings[i]); fmt.Sprint(v, asked) != want {
			t.Errorf("finding %d: %v, %v, want %s", i, v, asked, want)
		}
	}
	var many []radar.Finding
	for id := range int64(mostAsked + 5) {
		many = append(many, found(id+1, tokenOf(id+1, "x")))
	}
	last := &many[len(many)-1]
	last.Known, last.Owner = true, radar.Owner{Environment: env, ID: last.ID}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	of := 0
	verdicts, err = f.AskFound(ctx, env, many, func(at Asking) {
		if of = at.Of; at.Done == 2 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || of != mostAsked {
		t.Errorf("%v, asked about %d", err, of)
	}
	if _, first := verdicts.Of(many[0]); !first {
		t.Error("what was answered is forgotten")
	}
	if _, ring := verdicts.Of(*last); !ring {
		t.Error("what the ring knows was not asked first")
	}
	if _, third := verdicts.Of(many[2]); third {
		t.Error("what nobody answered has a verdict")
	}
}

// Of a bot on the ring it is the one in its environment, of another's token one of the same id.
func TestOwners(t *testing.T) {
	production, test := Key{Environment: "production", ID: 7}, Key{Environment: "test", ID: 7}
	o := OwnersAmong([]Bot{{Key: production}, {Key: test}, {Key: key(8)}}, []App{{APIID: 10001, Name: "main"}})
	for _, at := range []struct {
		found radar.Secret
		bot   Key
		app   string
	}{
		{radar.Secret{Kind: radar.Token, ID: 7, Known: true, Owner: radar.Owner{Environment: "production", ID: 7}}, production, ""},
		{radar.Secret{Kind: radar.Session, Known: true, Owner: radar.Owner{Environment: "test", ID: 7}}, test, ""},
		{radar.Secret{Kind: radar.Token, ID: 8}, key(8), ""},
		{radar.Secret{Kind: radar.Token, ID: 9}, Key{}, ""},
		{radar.Secret{Kind: radar.APIHash, ID: 8, Known: true, Owner: radar.Owner{ID: 10001}}, Key{}, "main"},
		{radar.Secret{Kind: radar.APIHash, ID: 8}, Key{}, ""},
	} {
		bot, _ := o.Bot(radar.Finding{Secret: at.found})
		app, _ := o.App(radar.Finding{Secret: at.found})
		if bot.Key != at.bot || app.Name != at.app {
			t.Errorf("%+v is of %v and %q", at.found, bot.Key, app.Name)
		}
	}
}
