package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"botring/fleet/radar"
	"botring/internal/secret"
)

// Everything that keeps a scan from something has words: as an error of its own, or as the end of a sentence.
func TestScanWords(t *testing.T) {
	all := map[string]error{
		"ErrTooDeep": radar.ErrTooDeep, "ErrTooLarge": radar.ErrTooLarge, "ErrEncrypted": radar.ErrEncrypted, "ErrDamaged": radar.ErrDamaged,
		"ErrNoFile": radar.ErrNoFile, "ErrPartial": radar.ErrPartial,
		"ErrNoGit": radar.ErrNoGit, "ErrGit": radar.ErrGit, "ErrNoRepository": radar.ErrNoRepository,
		"ErrOtherHook": radar.ErrOtherHook, "ErrNoHook": radar.ErrNoHook,
	}
	for _, name := range sentinels(t, "../radar") {
		err := all[name]
		if err == nil {
			t.Errorf("%s is not looked at", name)
			continue
		}
		wrapped := fmt.Errorf("somewhere: %w", err)
		if Of(wrapped).Kind != kindScan && strings.HasPrefix(ScanUnread(wrapped), "it could not be read") {
			t.Errorf("%s has no words", name)
		}
	}
	if says := ScanUnread(&fs.PathError{Op: "open", Path: "x", Err: errors.New("7123456789:AAHk3vQd0ZlM_x8r-TtYw2BnJ5cPfGuLsEo\x1b[2J")}); strings.Contains(says, "AAHk") || strings.Contains(says, "\x1b") {
		t.Errorf("says %q", says)
	}
}

func TestScanSecret(t *testing.T) {
	bot := radar.Owner{Environment: "production", ID: 7}
	old, ci := bot, bot
	old.Old, ci.Session = true, "ci"
	for _, test := range []struct {
		found radar.Finding
		of    string
		want  string
	}{
		{radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7, Known: true, Owner: bot}}, "Shop", "the token of Shop (7:•••)"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7, Known: true, Owner: old}, Encoding: "base64"}, "Shop\x1b[2J", "an old token of Shop (7:•••), in base64"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7}, Held: secret.New("7:x"), Encoding: "url"}, "", "a token of bot 7, which is not here (7:•••), escaped as in a URL"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7}}, "Shop", "a token of Shop that was never saved here (7:•••)"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.APIHash, Known: true, Owner: radar.Owner{ID: 1}}}, "the app main", "the api_hash of the app main"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.APIHash}}, "", "an api_hash of no app here"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.Session, Format: "telethon", Known: true, Owner: ci}}, "Shop", "the Telethon session \"ci\" of Shop"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.Session, Format: "gramjs"}}, "", "a GramJS session of nobody here"},
		{radar.Finding{Secret: radar.Secret{Kind: radar.Session, Format: "pyrogram", User: true}}, "", "the Pyrogram session of a user's account"},
	} {
		if got := ScanSecret(test.found, test.of); got != test.want {
			t.Errorf("%+v is %q, want %q", test.found, got, test.want)
		}
	}
}

func TestScanCounts(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 9_940: "9.9 kB", 12_300: "12 kB", 5_600_000: "5.6 MB", 7e12: "7.0 TB", 7e15: "7000 TB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// What a repository calls its files and commits cannot speak to a terminal.
func TestScanPlace(t *testing.T) {
	date := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, test := range []struct {
		found radar.Finding
		want  string
	}{
		{radar.Finding{Path: "a/b\x1b[2J.py", Line: 3}, "a/b.py:3"},
		{radar.Finding{Path: "x.zip!y\u202e.env"}, "x.zip!y.env"},
		{radar.Finding{Path: ".env", Line: 1, Commit: "0123456789abcdef", Date: date, Versions: 3}, ".env:1 in 0123456789ab of 2024-05-06 and 2 later versions"},
		{radar.Finding{Message: true, Line: 1, Commit: "0123\x07"}, "message:1 in 0123"},
	} {
		if got := ScanPlace(test.found); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
