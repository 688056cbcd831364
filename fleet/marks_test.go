package fleet

import (
	"context"
	"database/sql" //nolint:depguard // to change the file behind the program's back
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"botring/fleet/radar"
	"botring/internal/secret"
)

// spots is what a scan finds with what the catalogue has: a word for each secret.
func (w *world) spots(f *Fleet, secrets ...secret.Secret) string {
	w.t.Helper()
	marks, err := f.Marks(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	var words []string
	for _, s := range secrets {
		file := filepath.Join(w.t.TempDir(), "file")
		if err := os.WriteFile(file, []byte(s.Reveal()), 0o600); err != nil {
			w.t.Fatal(err)
		}
		report, err := radar.Scan(context.Background(), radar.Options{Paths: []string{file}, Marks: marks.Marks})
		if err != nil {
			w.t.Fatal(err)
		}
		word := "nothing"
		for _, found := range report.Findings {
			switch {
			case found.Owner.Old:
				word = "old"
			case found.Known:
				word = "known"
			default:
				word = "foreign"
			}
			if found.Owner.Session != "" {
				word += " " + found.Owner.Session
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func (w *world) wantSpots(f *Fleet, want string, secrets ...secret.Secret) {
	w.t.Helper()
	if got := w.spots(f, secrets...); got != want {
		w.t.Errorf("a scan finds %s, want %s", got, want)
	}
}

// keyText is a session's key as a file may have it.
func keyText(t testing.TB, f *Fleet, name string) secret.Secret {
	t.Helper()
	on := f.at.Load()
	r, err := on.ring.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	value, err := r.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	id, further, _ := parseBotItemName(name)
	if further != "" {
		session, err := decodeFurther(id, further, value)
		if err != nil {
			t.Fatal(err)
		}
		return secret.New(hex.EncodeToString([]byte(session.Key.Reveal())))
	}
	item, err := decodeBotItem(id, value)
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(hex.EncodeToString([]byte(item.Session.Key.Reveal())))
}

// What is saved is known again, and what it replaced too; what was removed is not.
func TestMarks(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	token, replaced, hash := tokenOf(7, "x"), tokenOf(7, "y"), testHash()
	first := keyText(t, f, "bot/"+env+"/7")
	w.wantSpots(f, "known, nothing, known, known default", token, replaced, hash, first)

	if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci"}, nil); err != nil {
		t.Fatal(err)
	}
	ci := keyText(t, f, "bot/"+env+"/7/ci")
	w.wantSpots(f, "known default, known ci", first, ci)

	if _, err := f.ReplaceToken(t.Context(), key(7), replaced, false, nil); err != nil {
		t.Fatal(err)
	}
	second := keyText(t, f, "bot/"+env+"/7")
	w.wantSpots(f, "old, known, old default, known default", token, replaced, first, second)

	if _, err := f.LogOut(t.Context(), key(7), nil); err != nil {
		t.Fatal(err)
	}
	w.wantSpots(f, "known, old default, old ci", replaced, second, ci)

	newHash := secret.New("fedcba9876543210fedcba9876543210")
	if _, err := f.EditApp(t.Context(), testApp, "", newHash); err != nil {
		t.Fatal(err)
	}
	w.wantSpots(f, "old, known", hash, newHash)

	removed, err := f.Take(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	w.wantSpots(f, "nothing, nothing", token, replaced)
	if _, err := f.Restore(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	w.wantSpots(f, "nothing, known", token, replaced)
}

// A catalogue from before there were marks gets them as items are read, and all at once when the keyring is verified.
func TestMarksOfBefore(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id := int64(7); id < 10; id++ {
		w.added(f, id)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(w.home, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"marks", "app_marks"} {
		if _, err := db.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f = w.open()
	unmarked := func(want int) {
		t.Helper()
		if marks, err := f.Marks(t.Context()); err != nil || marks.Unmarked != want || marks.Bots != 3-want {
			t.Errorf("%+v, %v; want %d without", marks, err, want)
		}
	}
	unmarked(3)
	w.wantSpots(f, "nothing, nothing", tokenOf(7, "x"), testHash())
	if _, err := f.Token(t.Context(), key(7)); err != nil {
		t.Fatal(err)
	}
	unmarked(2)
	w.wantSpots(f, "known, nothing", tokenOf(7, "x"), tokenOf(8, "x"))
	if _, err := f.VerifyKeyring(t.Context()); err != nil {
		t.Fatal(err)
	}
	unmarked(0)
	w.wantSpots(f, "known, known, known", tokenOf(8, "x"), tokenOf(9, "x"), testHash())
}
