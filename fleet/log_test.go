package fleet

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// A journal is the log of a world, a line a record, without times.
type journal struct {
	mu    sync.Mutex
	text  bytes.Buffer
	taken int
}

func (j *journal) Write(record []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(record)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		if attr.Key == slog.TimeKey || attr.Key == "took" && attr.Value.Duration() > 0 {
			return slog.Attr{}
		}
		return attr
	}}))
}

// take returns what was logged since the last time.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	fresh := j.text.String()[j.taken:]
	j.taken = j.text.Len()
	return strings.FieldsFunc(fresh, func(r rune) bool { return r == '\n' })
}

// leaks returns the secrets of these tests, whole or in part, that were logged.
func (j *journal) leaks() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []string
	for _, s := range []string{
		testHash().Reveal(), ":AAE", strings.Repeat("x", 16), strings.Repeat("y", 16), // tokens
		strings.Repeat("0", 12), "MDAwMDAwMDAw", // the fake's auth keys, also in base64
	} {
		if bytes.Contains(j.text.Bytes(), []byte(s)) {
			found = append(found, s)
		}
	}
	return found
}

func wantLog(t *testing.T, w *world, want ...string) {
	t.Helper()
	got := w.journal.take()
	if len(got) != len(want) {
		t.Errorf("%d records, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
		return
	}
	for i, record := range got {
		for part := range strings.SplitSeq(want[i], " & ") {
			if !strings.Contains(record, part) {
				t.Errorf("record %d has no %s: %s", i, part, record)
			}
		}
	}
}

func TestLogOfALife(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	ctx := t.Context()
	if _, err := f.Bots(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Recover(ctx); err != nil {
		t.Fatal(err)
	}
	wantLog(t, w) // a start leaves nothing behind

	for range 2 {
		if _, err := f.Keyring(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	wantLog(t, w, `level=INFO & msg="keyring opened" kind= & locked=false`, `msg="unlock keyring" outcome=ok`)

	if _, err := f.Add(ctx, w.bot(7, func(b *telegramtest.Bot) { b.DC = 4 }), nil); err != nil {
		t.Fatal(err)
	}
	wantLog(t, w, "msg=add bot=test-loopback/7 dc=4 addr=127.0.0.1: & outcome=ok")
	_, err := f.Add(ctx, NewBot{Token: testHash()}, nil)
	var input *InputError
	if !errors.As(err, &input) {
		t.Fatal(err)
	}
	wantLog(t, w) // what was typed wrong went nowhere

	w.tg.RevokeToken(7)
	for _, do := range []func() error{
		func() error { _, err := f.Check(ctx, key(7), nil); return err },
		func() error { _, err := f.Login(ctx, key(7), false, nil); return err },
	} {
		if do() == nil {
			t.Fatal("a revoked token works")
		}
	}
	wantLog(t, w,
		`level=WARN msg=check bot=test-loopback/7 dc=4 & error="users.getUsers: 401 SESSION_REVOKED`,
		`level=WARN msg="log in" bot=test-loopback/7 & error="auth.importBotAuthorization: 400 ACCESS_TOKEN_EXPIRED`)
	if _, err := f.Token(ctx, key(7)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.EditApp(ctx, testApp, "other", testHash()); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(ctx, key(7)); err != nil {
		t.Fatal(err)
	}
	wantLog(t, w, `msg="read token" bot=test-loopback/7 outcome=ok`, `msg="edit app" api_id=10001 outcome=ok`, "msg=remove bot=test-loopback/7 outcome=ok")
}

// A login that replaces one which works ends that one, and the log knows of both.
func TestLogOfAReplacedSession(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.journal.take()
	if _, err := f.Login(t.Context(), key(7), true, nil); err != nil {
		t.Fatal(err)
	}
	wantLog(t, w, `msg="end session" bot=test-loopback/7 outcome=ok`, `msg="log in" bot=test-loopback/7 outcome=ok`)
}

func TestLogOfAKeyringThatIsNotThere(t *testing.T) {
	w := newFakeWorld(t)
	opts := w.options()
	opts.OpenRing = func(context.Context) (*keyring.Ring, error) {
		return nil, &keyring.UnavailableError{Reason: keyring.NoSessionBus}
	}
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Keyring(t.Context()); !errors.Is(err, keyring.ErrUnavailable) {
		t.Fatal(err)
	}
	wantLog(t, w, `level=WARN msg="open keyring" error="keyring unavailable: no D-Bus session"`)
	// Whoever wants nothing kept gets no log either.
	if err := f.UseMemory(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
		t.Fatal(err)
	}
	wantLog(t, w)
}

func TestLogOfARecovery(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	if err := f.at.Load().Begin(t.Context(), store.Intent{Nonce: newNonce(), Key: key(9), APIID: testApp, Began: w.clock()}); err != nil {
		t.Fatal(err)
	}
	lost, err := f.Recover(t.Context())
	if err != nil || !slices.Equal(lost, []Key{key(9)}) {
		t.Fatalf("%v, %v", lost, err)
	}
	wantLog(t, w, "msg=recover saves=1 lost=test-loopback/9 outcome=ok")
}

// A call that breaks the program is not logged as one that went well.
func TestLogOfAPanic(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.journal.take()
	w.fake.onCheck = func(context.Context, int64) error { panic(testHash().Reveal()) }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = f.Check(t.Context(), key(7), nil)
	}()
	wantLog(t, w, "level=ERROR msg=check bot=test-loopback/7 outcome=panic")
}

// What somebody else named cannot move a cursor or begin a line.
func TestLogIsPlain(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	on := f.at.Load()
	on.logKeyring(t.Context(), KeyringStatus{Kind: "system", Provider: "evil\x1b[2J\nlevel=INFO msg=forged", Collection: "\u202egol"}, nil)
	ctx, op := f.begin(t.Context(), "check", Key{Environment: "a\x1b]0;b\x07", ID: 7})
	observe(ctx, nil)(telegram.Step{DC: 2, Addr: "[::1]:443\u202e"})
	op.began = time.Now()
	var err error
	op.end(&err)
	records := w.journal.take()
	if len(records) != 2 {
		t.Fatalf("%q", records)
	}
	for _, record := range records {
		if strings.ContainsAny(record, "\x1b\x07\u202e") || strings.Contains(record, `\x1b`) || strings.Contains(record, `\u202e`) {
			t.Errorf("%q", record)
		}
	}
}
