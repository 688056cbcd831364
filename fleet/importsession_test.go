package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram/sessionstring"
)

// sessionEntry is a session as a file has it, with a key of one letter.
func sessionEntry(letter string, userID, beside int64) files.Entry {
	return files.Entry{
		Session: &sessionstring.Session{DC: 4, Host: "203.0.113.7", Port: 443, Key: secret.New(strings.Repeat(letter, 256)), UserID: userID},
		Kind:    sessionstring.Pyrogram, Stem: "Worker no. 1", Bot: beside,
	}
}

func previewOf(t testing.TB, f *Fleet, entries ...files.Entry) []Candidate {
	t.Helper()
	candidates, err := f.Preview(t.Context(), entries)
	if err != nil {
		t.Fatal(err)
	}
	return candidates
}

// imported runs an import and returns what became of each candidate.
func imported(t testing.TB, f *Fleet, candidates []Candidate) map[int]Outcome {
	t.Helper()
	got := make(map[int]Outcome)
	if err := f.Import(t.Context(), candidates, Importing{}, func(i int, o Outcome) { got[i] = o }); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPreviewSessions(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 1)
	own, err := decodeBotItem(key(1), w.item(botItemName(key(1))))
	if err != nil {
		t.Fatal(err)
	}
	mine := sessionEntry("m", 1, 0)
	mine.Session.Key = own.Session.Key
	test := sessionEntry("t", 1, 0)
	test.Session.Test = true
	entries := []files.Entry{
		sessionEntry("a", 1, 0),         // says whose it is
		sessionEntry("b", 0, 1),         // told by what stands beside it
		sessionEntry("a", 0, 0),         // the first one again, in a form that does not say whose it is
		mine,                            // what botring itself made
		sessionEntry("c", 0, 0),         // nobody's
		sessionEntry("d", 99, 0),        // of a bot that is not here
		sessionEntry("e", 2, 0),         // of one whose token comes along
		sessionEntry("f", 1, 99),        // what the session says counts, not what stands beside it
		{Refused: errors.New("broken")}, // nothing
		test,                            // of another environment, where no such bot is
		{Token: tokenOf(2, "x"), APIID: fmt.Sprint(testApp), APIHash: testHash()},
	}
	candidates := previewOf(t, f, entries...)
	for i, want := range []struct {
		verdict Verdict
		problem Problem
		id      int64
	}{
		{New, 0, 1}, {New, 0, 1}, {Repeated, 0, 1}, {Same, 0, 1}, {Ownerless, ProblemNoOwner, 0}, {Ownerless, ProblemBotNotYet, 99},
		{New, 0, 2}, {New, 0, 1}, {Invalid, ProblemSession, 0}, {Ownerless, ProblemBotNotYet, 1}, {New, 0, 2},
	} {
		c := candidates[i]
		if c.Verdict != want.verdict || c.Key.ID != want.id || (c.Problem != nil) != (want.problem != 0) || c.Problem != nil && c.Problem.Problem != want.problem {
			t.Errorf("%d: %v of %v, %v; want %v of %d", i, c.Verdict, c.Key, c.Problem, want.verdict, want.id)
		}
	}
	if name := candidates[0].SessionName; name != "worker-no-1" {
		t.Errorf("it is to be called %q", name)
	}
	if w.fake.logins != 1 || w.fake.checks != 0 {
		t.Errorf("the preview spoke with Telegram: %d logins, %d checks", w.fake.logins, w.fake.checks)
	}
}

// TestImportSessions: they are saved as running elsewhere, read back from the keyring, and never opened: neither now
// nor by a check of their bot.
func TestImportSessions(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 1)
	entries := []files.Entry{
		sessionEntry("a", 1, 0), sessionEntry("b", 0, 1), sessionEntry("e", 2, 0),
		{Token: tokenOf(2, "x"), APIID: fmt.Sprint(testApp), APIHash: testHash()},
	}
	w.fake.onCheck = func(context.Context, int64) error { t.Error("a session was opened"); return nil }
	for i, o := range imported(t, f, previewOf(t, f, entries...)) {
		if o.Err != nil {
			t.Errorf("%d: %v", i, o.Err)
		}
	}
	if w.fake.logins != 2 {
		t.Errorf("%d logins", w.fake.logins)
	}
	w.fake.onCheck = nil
	bot, err := f.Check(t.Context(), key(1), nil)
	if err != nil || bot.Health.Status != store.OK {
		t.Errorf("%v, %v", bot.Health.Status, err)
	}
	var names []string
	for _, s := range bot.Sessions {
		names = append(names, s.Name+" "+string(s.Runs))
		if s.Name != store.DefaultSession && !s.CheckedAt.IsZero() {
			t.Errorf("%s counts as verified", s.Name)
		}
	}
	slices.Sort(names)
	if want := []string{"default here", "worker-no-1 elsewhere", "worker-no-1-2 elsewhere"}; !slices.Equal(names, want) {
		t.Errorf("sessions %q, want %q", names, want)
	}
	item, err := decodeFurther(key(1), "worker-no-1", w.item(sessionItemName(key(1), "worker-no-1")))
	if err != nil || !item.Key.Equal(secret.New(strings.Repeat("a", 256))) || item.Addr != "203.0.113.7:443" || item.DC != 4 || item.Runs != store.Elsewhere {
		t.Errorf("%+v, %v", item, err)
	}
	// A lost catalogue is made from the keyring, sessions included; and a second run finds them all.
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w.home = t.TempDir()
	f = w.open()
	if n, err := f.Rebuild(t.Context()); err != nil || n != 2 {
		t.Fatalf("rebuilt %d, %v", n, err)
	}
	for i, c := range previewOf(t, f, entries...) {
		if c.Verdict != Same {
			t.Errorf("%d: %v", i, c.Verdict)
		}
	}
	if err := f.Remove(t.Context(), key(1)); err != nil {
		t.Fatal(err)
	}
	for _, name := range w.items() {
		if strings.HasPrefix(name, botItemName(key(1))) {
			t.Errorf("%s is still there", name)
		}
	}
}

// TestImportSessionsAgain: an import that was cut off between an item and its row is done by the next one, without a
// second item; and what the keyring does not take is told and leaves nothing behind.
func TestImportSessionsAgain(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 1)
	entry := sessionEntry("a", 1, 0)
	w.store.fail(func(item *keyring.Item) error {
		if strings.Contains(item.Name, "worker") {
			return keyring.ErrGone
		}
		return nil
	}, nil)
	candidates := previewOf(t, f, entry)
	if got := imported(t, f, candidates); !errors.Is(got[0].Err, keyring.ErrGone) || len(got[0].Bot.Sessions) != 1 {
		t.Errorf("%+v", got[0])
	}
	w.store.fail(nil, nil)
	written := importedItem(candidates[0], candidates[0].Bot)
	written.DC, written.At, written.Since, written.APIID = 3, "vps-1", w.clock().Add(-time.Hour), testApp+1
	value, err := written.encodeFurther()
	if err != nil {
		t.Fatal(err)
	}
	w.put(sessionItemName(key(1), "worker-no-1"), value)
	got := imported(t, f, previewOf(t, f, entry))
	if got[0].Err != nil || len(got[0].Bot.Sessions) != 2 {
		t.Errorf("%+v", got[0])
	}
	if s := session(t, f, 1, "worker-no-1"); s.At != "vps-1" || !s.Since.Equal(written.Since) || s.DC != 3 || s.APIID != testApp+1 {
		t.Errorf("the row is not the item's: %+v", s)
	}
	if n := len(w.items()); n != 3 { // an app, the bot, the session
		t.Errorf("%d items: %q", n, w.items())
	}
	// The bot is removed while the session waits.
	candidates = previewOf(t, f, sessionEntry("b", 1, 0))
	if err := f.Remove(t.Context(), key(1)); err != nil {
		t.Fatal(err)
	}
	if got := imported(t, f, candidates); !errors.Is(got[0].Err, ErrNoBot) || len(w.items()) != 1 {
		t.Errorf("%+v; %q", got[0], w.items())
	}
}

// TestTenThousandAreJudgedAtOnce: a file of 10,000 lines, of which some are here already, is seen within a second.
func TestTenThousandAreJudgedAtOnce(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id := range int64(100) {
		w.added(f, 1+100*id)
	}
	var list strings.Builder
	for id := range int64(10_000) {
		fmt.Fprintln(&list, tokenOf(id+1, "x").Reveal())
	}
	began := time.Now()
	doc, err := files.Read("bots.txt", []byte(list.String()))
	if err != nil {
		t.Fatal(err)
	}
	candidates, err := f.Preview(t.Context(), doc.Entries)
	if took := time.Since(began); err != nil || len(candidates) != 10_000 || took > time.Second {
		t.Errorf("%d in %v, %v", len(candidates), took, err)
	}
}

func FuzzPlainName(f *testing.F) {
	for _, text := range []string{"", "Worker no. 1", "default", "日本", "a--b", strings.Repeat("x", 100), "../../etc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := plainName(text)
		if len(name) > maxSessionName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") {
			t.Errorf("%q becomes %q", text, name)
		}
		if name != "" {
			if _, session, ok := parseBotItemName(sessionItemName(key(1), name)); name != store.DefaultSession && (!ok || session != name) {
				t.Errorf("%q is no name of an item", name)
			}
		}
	})
}
