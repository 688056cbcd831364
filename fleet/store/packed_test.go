package store

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Whatever stands in a row is read as it was written.
func TestRowsAreReadAsWritten(t *testing.T) {
	hostile := []string{
		"", `a"b`, `back\slash`, `\"`, `\u0041`, "][", `],["x"`, "line\nfeed\r\t\b\f", "\x01\x1b[31m\x7f", "天気 👩‍👩‍👧", "\u2028\u202e", "<&>",
		"a\x00b", "half \xff\xc3 letters", `ends in \`, strings.Repeat(`"\`, 300),
	}
	s, err := Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	want := map[Key]Bot{}
	for i, text := range hostile {
		bot := Bot{
			Key: Key{"production", int64(i + 1)}, Label: text, APIID: 10001,
			Profile: Profile{Username: text, FirstName: text, DC: 2, ReadsAll: true},
			Health:  Health{Status: Status(text), Kind: text, Code: -1, Type: text, CheckedAt: time.UnixMilli(1)},
			Sessions: []Session{
				{Name: "first " + text, DC: 4, Runs: Elsewhere, APIID: 10001, MadeAt: time.UnixMilli(5)},
				{Name: "a later one", DC: 2, Runs: Here, APIID: 10002, MadeAt: time.UnixMilli(6), CheckedAt: time.UnixMilli(7)},
			},
			AddedAt: time.UnixMilli(1<<42 - 1),
		}
		if text != "" {
			bot.Tags = []string{strings.ToValidUTF8(text, "?"), "eu"} // what JSON can hold
		}
		if err := s.Commit(t.Context(), Save{Key: bot.Key, Edit: func(b *Bot) { *b = bot }}); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want[bot.Key] = bot
	}
	all, err := s.Bots(t.Context(), time.Now())
	if err != nil || len(all) != len(hostile) {
		t.Fatalf("%d bots, %v", len(all), err)
	}
	for _, got := range all {
		one, err := s.Bot(t.Context(), got.Key, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []Bot{got, one} {
			w := want[got.Key]
			if got.Label != w.Label || got.Profile != w.Profile || got.Health != w.Health || !slices.Equal(got.Tags, w.Tags) ||
				!slices.Equal(got.Sessions, w.Sessions) || !got.AddedAt.Equal(w.AddedAt) || got.APIID != w.APIID {
				t.Errorf("%q was read as\n%+v, written\n%+v", w.Label, got, w)
			}
		}
	}
}

// What SQLite does not write is a fault, and never a crash or an endless loop.
func FuzzPacked(f *testing.F) {
	for _, text := range []string{"", `["a",1,["b","c"],-2]["",0,[],3]`, `["\u0001\n\"",1,["\\"],2]`, `["a`, `["\`, `["\u00`, `["\ud800",1,[],2]`, `[`, `]`, `["a",1,[`, `["a"1,[],2]`, `["a",,[],2]`, `["a",1,[],2`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := packed{rest: text}
		rows, most := 0, p.count()
		for p.next() {
			left := len(p.rest)
			_, _, _, _ = p.text(), p.number(), p.texts(), p.number()
			rows++
			if len(p.rest) >= left && p.err() == nil {
				t.Fatalf("%q: a row without an end", text)
			}
		}
		if p.err() == nil && (p.rest != "" || rows > most) {
			t.Errorf("%q: %d rows, left is %q", text, rows, p.rest)
		}
	})
}
