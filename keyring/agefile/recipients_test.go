package agefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"botring/internal/secret"
)

// somebody is another member of a team.
func somebody(t testing.TB) (*age.X25519Identity, string) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	must(t, err)
	return identity, identity.Recipient().String()
}

// readAs decrypts an item's file as somebody else.
func readAs(t testing.TB, dir, file string, identity age.Identity) (string, error) {
	t.Helper()
	sealed, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	must(t, err)
	value, err := (&keys{identities: []age.Identity{identity}}).decrypt(sealed)
	return value.Reveal(), err
}

func TestRecipients(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	ctx := testContext(t)
	for i := range 5 {
		mustPut(t, s, fmt.Sprint("bot/test/", i), fmt.Sprint("value ", i))
	}
	own, err := s.Recipients(ctx)
	if err != nil || len(own) != 1 {
		t.Fatalf("at first: %q, %v", own, err)
	}
	identity, other := somebody(t)
	var told []string
	must(t, s.AddRecipient(ctx, other, func(done, total int) { told = append(told, fmt.Sprint(done, "/", total)) }))
	if !slices.Equal(told, []string{"1/5", "2/5", "3/5", "4/5", "5/5"}) {
		t.Errorf("told %q", told)
	}
	mustPut(t, s, "bot/test/5", "value 5")
	for i := range 6 {
		got, err := readAs(t, dir, fmt.Sprintf("store/bot/test/%d.age", i), identity)
		if err != nil || got != fmt.Sprint("value ", i) {
			t.Errorf("somebody else reads %q, %v", got, err)
		}
		mustGet(t, openStore(t, dir), fmt.Sprint("bot/test/", i), fmt.Sprint("value ", i))
	}
	must(t, s.AddRecipient(ctx, other, nil)) // once more changes nothing
	if got, err := s.Recipients(ctx); err != nil || !slices.Equal(got, []string{own[0], other}) {
		t.Errorf("then: %q, %v", got, err)
	}
	if state, err := s.State(ctx); err != nil || state.Unfinished {
		t.Errorf("state: %+v, %v", state, err)
	}
	must(t, s.RemoveRecipient(ctx, other, nil))
	for i := range 6 {
		if got, err := readAs(t, dir, fmt.Sprintf("store/bot/test/%d.age", i), identity); !errors.Is(err, ErrDamagedItem) {
			t.Errorf("who was removed reads %q, %v", got, err)
		}
		mustGet(t, s, fmt.Sprint("bot/test/", i), fmt.Sprint("value ", i))
	}
	if got, err := s.Recipients(ctx); err != nil || !slices.Equal(got, own) {
		t.Errorf("at last: %q, %v", got, err)
	}
}

func TestBadRecipients(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "a", "1")
	ctx := testContext(t)
	own, err := s.Recipients(ctx)
	must(t, err)
	identity, other := somebody(t)
	hybrid, err := age.GenerateHybridIdentity()
	must(t, err)
	for name, bad := range map[string]string{
		"nothing": "", "no recipient": "age1x", "an identity": identity.String(), "two": other + "\n" + other,
		"with a comment": "#" + other, "of a sort that does not mix": hybrid.Recipient().String(),
	} {
		err := s.AddRecipient(ctx, bad, nil)
		if !errors.Is(err, ErrRecipients) || strings.Contains(err.Error(), "AGE-SECRET") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]string{"our own": own[0], "none of them": other} {
		if err := s.RemoveRecipient(ctx, bad, nil); !errors.Is(err, ErrRecipients) {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	file := filepath.Join(dir, "store", ".age-recipients")
	for name, content := range map[string]string{"damaged": "age1", "empty": "", "of others": other + "\n"} {
		must(t, os.WriteFile(file, []byte(content), 0o600))
		if err := s.Put(ctx, "a", secret.New("2")); !errors.Is(err, ErrRecipients) {
			t.Errorf("a file that is %s: %v", name, err)
		}
		mustGet(t, s, "a", "1")
	}
	// Without a file an item is for us alone, as passage has it.
	must(t, os.Remove(file))
	mustPut(t, s, "a", "3")
	mustGet(t, s, "a", "3")
	must(t, s.AddRecipient(ctx, other, nil))
	if got, err := readAs(t, dir, "store/a.age", identity); err != nil || got != "3" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCommentsOfRecipientsStay(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	ctx := testContext(t)
	must(t, s.Unlock(ctx))
	own, err := s.Recipients(ctx)
	must(t, err)
	file := filepath.Join(dir, "store", ".age-recipients")
	must(t, os.WriteFile(file, []byte("# ours\n"+own[0]), 0o600)) // no newline at the end
	_, other := somebody(t)
	must(t, s.AddRecipient(ctx, other, nil))
	content, err := os.ReadFile(file)
	if want := "# ours\n" + own[0] + "\n" + other + "\n"; err != nil || string(content) != want {
		t.Errorf("%q, %v; want %q", content, err, want)
	}
}

// TestReencryptionCutShort: cancelled after any item, everything can be read, and it can be finished.
func TestReencryptionCutShort(t *testing.T) {
	for cut := 1; cut <= 3; cut++ {
		dir := newDir(t)
		s := openStore(t, dir)
		for i := range 4 {
			mustPut(t, s, fmt.Sprint("a/", i), "x")
		}
		identity, other := somebody(t)
		ctx, cancel := context.WithCancel(testContext(t))
		err := s.AddRecipient(ctx, other, func(done, _ int) {
			if done == cut {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cut after %d: %v", cut, err)
		}
		again := openStore(t, dir)
		if state, err := again.State(testContext(t)); err != nil || !state.Unfinished {
			t.Errorf("cut after %d: %+v, %v", cut, state, err)
		}
		must(t, again.Reencrypt(testContext(t), nil))
		if state, err := again.State(testContext(t)); err != nil || state.Unfinished {
			t.Errorf("finished: %+v, %v", state, err)
		}
		for i := range 4 {
			if got, err := readAs(t, dir, fmt.Sprintf("store/a/%d.age", i), identity); err != nil || got != "x" {
				t.Errorf("item %d: %q, %v", i, got, err)
			}
		}
	}
}

// TestReencryptionGoesAroundDamage: what cannot be read is left alone and told, the rest is done.
func TestReencryptionGoesAroundDamage(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "a/1", "x")
	mustPut(t, s, "a/2", "x")
	damaged := filepath.Join(dir, "store", "a", "1.age")
	must(t, os.WriteFile(damaged, []byte("damaged"), 0o600))
	identity, other := somebody(t)
	if err := s.AddRecipient(testContext(t), other, nil); !errors.Is(err, ErrDamagedItem) || !strings.Contains(err.Error(), "a/1") {
		t.Errorf("%v", err)
	}
	if got, err := readAs(t, dir, "store/a/2.age", identity); err != nil || got != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if content, err := os.ReadFile(damaged); err != nil || string(content) != "damaged" {
		t.Errorf("it was written: %q, %v", content, err)
	}
	if state, err := s.State(testContext(t)); err != nil || !state.Unfinished {
		t.Errorf("%+v, %v", state, err)
	}
}

// TestWritesDuringReencryption: what others write meanwhile is neither lost nor left out.
func TestWritesDuringReencryption(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	for i := range 10 {
		mustPut(t, s, fmt.Sprint("a/", i), "old")
	}
	identity, other := somebody(t)
	writer := openStore(t, dir)
	must(t, writer.Unlock(testContext(t)))
	must(t, s.AddRecipient(testContext(t), other, func(done, _ int) {
		mustPut(t, writer, "a/9", fmt.Sprint("new ", done))
		mustPut(t, writer, fmt.Sprint("b/", done), "new")
	}))
	mustGet(t, s, "a/9", "new 10")
	names, err := s.List(testContext(t))
	if err != nil || len(names) != 20 {
		t.Fatalf("%d items, %v", len(names), err)
	}
	for _, name := range names {
		file, err := itemPath(name)
		must(t, err)
		if _, err := readAs(t, dir, file, identity); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRecipients(f *testing.F) {
	identity, own := somebody(f)
	f.Add("# a comment\n" + own + "\n")
	f.Add(own + "\r\n\r\n")
	f.Add(identity.String())
	k := &keys{recipients: []string{own}}
	f.Fuzz(func(t *testing.T, text string) {
		recipients, err := parseRecipients(text, k)
		if err != nil {
			if !errors.Is(err, ErrRecipients) || strings.Contains(err.Error(), identity.String()) {
				t.Fatal(err)
			}
			return
		}
		if !slices.Contains(recipientLines(text), own) || len(recipients) != len(recipientLines(text)) {
			t.Fatalf("%d of %q", len(recipients), recipientLines(text))
		}
	})
}
