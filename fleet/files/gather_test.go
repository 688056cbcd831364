package files_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/files"
	"botring/telegram/sessionstring"
)

func TestGatherFolder(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, map[string]string{"secret.env": "BOT_TOKEN=" + two})
	write(t, dir, map[string]string{
		".env":                   "SHOP_BOT_TOKEN=" + one + "\n",
		"a/worker.session":       string(database(t, telethonSchema+`INSERT INTO sessions VALUES (2, '149.154.167.51', 443, `+key256+`, NULL);`)),
		"a/tokens.txt":           "mine: " + two + "\nnothing here\n",
		"b/worker.session":       string(database(t, pyrogramSchema)),
		"bots.csv":               "name,token\nA," + two + "\nB,broken\n",
		"notes.csv":              "a,b\nc,d\n",
		"README.md":              "# A bot\n\nAt 12:34 it starts.\n",
		"photo.jpg":              "\xff\xd8\xff\x00\x00",
		"package.json":           `{"name": "bot", "broken": `,
		"node_modules/x/.env":    "BOT_TOKEN=" + two,
		"cache.db":               string(database(t, `CREATE TABLE notes (text);`)),
		"empty":                  "",
		"deep/er/compose.yml":    "environment:\n  TELEGRAM_TOKEN: " + one + "\n",
		"large.log":              strings.Repeat("a line of a log\n", 400_000) + two,
		"journal.session-wal":    two + "\x00",
		"utf16.txt":              "\xff\xfe7\x00",
		"a/plain, with a ü.json": `["` + strings.Repeat("ü", 3000) + `", "` + two + `"]`,
	})
	gramStore(t, filepath.Join(dir, "shop"), "shop%3A")
	for _, link := range [][2]string{{outside, "link"}, {filepath.Join(outside, "secret.env"), "link.env"}, {"..", "up"}, {"/dev/zero", "a/zero"}} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := files.Gather(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range doc.Entries {
		what := "token"
		switch {
		case e.Refused != nil:
			what = e.Refused.Error()
		case e.Session != nil:
			what = e.Kind.String()
		}
		got = append(got, fmt.Sprintf("%s:%d %s %d", e.File, e.Line, what, e.Bot))
	}
	want := []string{
		".env:1 token 0",
		"a/plain, with a ü.json:1 token 0",
		"a/tokens.txt:1 token 0",
		"a/worker.session:0 telethon 7123450002",
		"b/worker.session:0 session file: no key 0",
		"bots.csv:2 token 0",
		"bots.csv:3 token 0",
		"deep/er/compose.yml:2 token 0",
		"shop:0 gramjs 0",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if doc.Format != files.Folder || doc.Files != 8 || doc.Links != 4 || doc.Skipped != 9 || doc.Incomplete {
		t.Errorf("%d files, %d links, %d skipped, incomplete: %t", doc.Files, doc.Links, doc.Skipped, doc.Incomplete)
	}
}

// TestGatherCutCharacters: of a text whose beginning alone is looked at first, that may end within a character.
func TestGatherCutCharacters(t *testing.T) {
	const head = 4 << 10
	for _, char := range []string{"x", "ü", "€", "😀"} {
		for before := head - 6; before <= head+1; before++ {
			text := three + "\n# " + strings.Repeat("x", before-len(three)-3) + strings.Repeat(char, 20) + "\n"
			contents := map[string]string{"utf-8.txt": text}
			for name, order := range map[string]binary.AppendByteOrder{"little.txt": binary.LittleEndian, "big.txt": binary.BigEndian} {
				// Here a unit has two bytes, and the mark comes first.
				short := three + "\n# " + strings.Repeat("x", before-head/2-len(three)-4) + strings.Repeat(char, 20) + "\n"
				contents[name] = string(utf16File(order, short))
			}
			dir := t.TempDir()
			write(t, dir, contents)
			doc, err := files.Gather(t.Context(), dir)
			if err != nil || doc.Files != len(contents) || doc.Skipped != 0 {
				t.Errorf("%s after %d bytes: %d read, %d not, %v", char, before, doc.Files, doc.Skipped, err)
			}
		}
	}
	// Half a character in the midst is none.
	dir := t.TempDir()
	write(t, dir, map[string]string{"latin-1.txt": three + strings.Repeat(" caf\xe9", 2000), "latin-1 at the cut.txt": three + "\n# " + strings.Repeat("x", head-len(three)-6) + "\xe9\xe9\xe9\xe9"})
	if doc, err := files.Gather(t.Context(), dir); err != nil || doc.Skipped != 2 {
		t.Errorf("%+v, %v", doc, err)
	}
}

// TestGramStore reads a folder alone, with each divider, and what is wrong with one.
func TestGramStore(t *testing.T) {
	for _, divider := range []string{"%3A", ":", "-"} {
		dir := t.TempDir()
		gramStore(t, dir, "shop_bot"+divider)
		doc, err := files.Gather(t.Context(), dir)
		if err != nil || len(doc.Entries) != 1 || doc.Skipped != 0 {
			t.Errorf("%s: %+v, %v", divider, doc, err)
			continue
		}
		want := sessionstring.Session{DC: 2, Host: "149.154.167.51", Port: 443}
		if e := doc.Entries[0]; !same(e, want) || e.Name != "shop_bot" || e.Kind != sessionstring.GramJS {
			t.Errorf("%s: %+v", divider, e)
		}
	}
	for name, text := range map[string]string{
		"a short key": `{"type":"Buffer","data":[1,2,3]}`, "no bytes": `{"type":"Buffer","data":[1000,-1]}`, "an empty key": `{"type":"Buffer","data":[]}`,
	} {
		dir := t.TempDir()
		gramStore(t, dir, "x%3A")
		write(t, dir, map[string]string{"x%3AauthKey": text})
		doc, err := files.Gather(t.Context(), dir)
		if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Refused == nil {
			t.Errorf("%s: %+v, %v", name, doc, err)
		}
	}
}

// TestGramStoreTakesItsOwn: what has the name of a session in front is not passed over for that.
func TestGramStoreTakesItsOwn(t *testing.T) {
	for _, prefix := range []string{"s", "shop%3A", "shop-", "7"} {
		dir := t.TempDir()
		gramStore(t, dir, prefix)
		write(t, dir, map[string]string{
			prefix + "-1001234567890": `["-1001234567890","1",null,null,"X",1]`, prefix + "42": `["42","1",null,null,"X",1]`,
			prefix + "ecrets.env": "BOT_TOKEN=" + one, prefix + ".json": `["` + two + `"]`, prefix + "list2": three, prefix: three,
		})
		doc, err := files.Gather(t.Context(), dir)
		if err != nil || len(doc.Entries) != 5 || doc.Files != 5 || doc.Skipped != 0 {
			t.Errorf("%s: %d files, %d skipped, %+v, %v", prefix, doc.Files, doc.Skipped, doc.Entries, err)
		}
	}
}

func TestGatherFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"bots.txt": one, "bots.bin": "\x00"})
	doc, err := files.Gather(t.Context(), filepath.Join(dir, "bots.txt"))
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].File != "" || doc.Entries[0].Stem != "bots" {
		t.Errorf("%+v, %v", doc, err)
	}
	huge := filepath.Join(dir, "huge.txt")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, files.MaxSize+1); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{
		"bots.bin": files.ErrNotText, "huge.txt": files.ErrTooLarge, "nothing": fs.ErrNotExist,
	} {
		if _, err := files.Gather(t.Context(), filepath.Join(dir, name)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if _, err := files.Gather(t.Context(), os.DevNull); !errors.Is(err, files.ErrNotRegular) {
		t.Errorf("a device: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := files.Gather(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestGatherIsBounded: a folder in a folder in a folder is not followed for ever, and that is said.
func TestGatherIsBounded(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{strings.Repeat("a/", 40) + "x.txt": one, "y.txt": two})
	doc, err := files.Gather(t.Context(), dir)
	if err != nil || !doc.Incomplete || len(doc.Entries) != 1 {
		t.Errorf("%+v, %v", doc, err)
	}
}

// TestTenThousandLinesAreReadAtOnce: tokens and sessions, all in one list.
func TestTenThousandLinesAreReadAtOnce(t *testing.T) {
	session := sessionText(t, sessionstring.Pyrogram, 7)
	var list strings.Builder
	for i := range 10_000 {
		if i%4 == 0 {
			fmt.Fprintln(&list, session)
			continue
		}
		fmt.Fprintf(&list, "%d:AAH%s\n", 7000000000+i, strings.Repeat("k", 32))
	}
	began := time.Now()
	doc, err := files.Read("bots.txt", []byte(list.String()))
	if took := time.Since(began); err != nil || len(doc.Entries) != 10_000 || took > time.Second {
		t.Errorf("%d entries in %v, %v", len(doc.Entries), took, err)
	}
}
