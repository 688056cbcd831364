package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
)

// change has another program write to the file of a catalogue.
func change(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestExamine(t *testing.T) {
	for name, c := range map[string]struct {
		damage []string
		want   string // in the first fault, "" for none
	}{
		"whole": {nil, ""},
		"a session of nobody's": {
			[]string{"PRAGMA foreign_keys = OFF", "DELETE FROM bots WHERE id = 7"}, "a row of sessions refers to none",
		},
		"an index without its rows": {
			// Now it should have the bot without a label too.
			[]string{"UPDATE bots SET label = '' WHERE id = 8", "PRAGMA writable_schema = ON",
				"UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX bots_label ON bots (label)' WHERE name = 'bots_label'"}, "bots_label",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "catalogue.db")
			s, err := store.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			commit(t, s, bot(7))
			commit(t, s, bot(8))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			change(t, path, c.damage...)
			faults, err := open(t, path).Examine(t.Context())
			if err != nil || (len(faults) > 0) != (c.want != "") || c.want != "" && !strings.Contains(faults[0], c.want) {
				t.Errorf("%q, %v", faults, err)
			}
		})
	}
	if faults, err := memory(t).Examine(t.Context()); err != nil || faults != nil {
		t.Errorf("in memory: %q, %v", faults, err)
	}
}

// TestExamineOverwritten: a page in the middle that is somebody else's is told, not passed over.
func TestExamineOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for id := range int64(200) {
		commit(t, s, bot(id+1))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for at := len(content) - 4*page; at < len(content); at++ {
		content[at] = 'x'
	}
	write(t, path, content)
	faults, err := open(t, path).Examine(t.Context())
	if len(faults) == 0 && !errors.Is(err, store.ErrNotACatalogue) {
		t.Errorf("%q, %v", faults, err)
	}
}

func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "catalogue.db")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	want := map[string]string{}
	for _, name := range []string{".aside-20260301-120000", ".aside-20260301-120000-2"} {
		for _, companion := range []string{"", "-wal"} {
			content := "of " + name + companion
			write(t, path+companion, []byte(content))
			want["catalogue.db"+name+companion] = content
		}
		if got, err := store.SetAside(path, at); err != nil || got != path+name {
			t.Errorf("%s, %v", got, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Errorf("%d files, %v", len(entries), err)
	}
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != content {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	var refused *store.OpenError
	if _, err := store.SetAside(path, at); !errors.As(err, &refused) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestLatest(t *testing.T) {
	s := memory(t)
	if at, err := s.Latest(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("of an empty one: %v, %v", at, err)
	}
	commit(t, s, bot(7))
	late := bot(8)
	late.Sessions[0].MadeAt = now.Add(time.Hour)
	commit(t, s, late)
	if at, err := s.Latest(t.Context()); err != nil || !at.Equal(now.Add(time.Hour)) {
		t.Errorf("%v, %v", at, err)
	}
	flood := store.Flood{Key: bot(7).Key, APIID: 1, Method: "m", Until: now.Add(9 * time.Hour), SeenAt: now.Add(2 * time.Hour)}
	if err := s.PutFlood(t.Context(), flood); err != nil {
		t.Fatal(err)
	}
	if at, err := s.Latest(t.Context()); err != nil || !at.Equal(now.Add(2*time.Hour)) {
		t.Errorf("with a flood: %v, %v", at, err)
	}
}
