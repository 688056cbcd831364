package agefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/keyring/passphrase"
)

const (
	testPassphrase = "a passphrase of tests"
	// testFactor makes a guess cost a millisecond.
	testFactor = 4
)

// answers is somebody who answers questions for passphrases one after the other, and with the last answer
// from then on.
type answers struct {
	mu    sync.Mutex
	texts []string
	asked []passphrase.Ask
}

func (a *answers) ask(_ context.Context, question passphrase.Ask) (secret.Secret, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, question)
	text := a.texts[0]
	if len(a.texts) > 1 {
		a.texts = a.texts[1:]
	}
	return secret.New(text), nil
}

// purposes returns what was asked, such as "open" or "open/wrong".
func (a *answers) purposes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for _, q := range a.asked {
		text := q.Purpose.String()
		if q.Again != passphrase.First {
			text += "/" + q.Again.String()
		}
		all = append(all, text)
	}
	return all
}

// testOptions are those of a store whose passphrase somebody knows.
func testOptions(dir string, texts ...string) (Options, *answers) {
	if len(texts) == 0 {
		texts = []string{testPassphrase}
	}
	a := &answers{texts: texts}
	return Options{Dir: dir, Ask: passphrase.Asker{Ask: a.ask}, WorkFactor: testFactor}, a
}

// newDir names a directory for a store that is not there yet.
func newDir(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "age") }

// openStore opens the store in a directory as a new process would.
func openStore(t testing.TB, dir string, texts ...string) *Store {
	t.Helper()
	opts, _ := testOptions(dir, texts...)
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func mustPut(t testing.TB, s *Store, name, value string) {
	t.Helper()
	if err := s.Put(testContext(t), name, secret.New(value)); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func mustGet(t testing.TB, s *Store, name, want string) {
	t.Helper()
	got, err := s.Get(testContext(t), name)
	if err != nil || got.Reveal() != want {
		t.Fatalf("get %s: %q, %v; want %q", name, got.Reveal(), err, want)
	}
}

// must is for the steps of a test that are not what it is about.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLayout(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "bot/production/1", "one")
	mustPut(t, s, "bot/production/1/ci", "session")
	var seen []string
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the mode %04o", relative, info.Mode().Perm())
		}
		seen = append(seen, filepath.ToSlash(relative))
		return err
	}))
	want := []string{".", "identities", "lock", "store", "store/.age-recipients", "store/bot", "store/bot/production",
		"store/bot/production/1", "store/bot/production/1/ci.age", "store/bot/production/1.age", "tmp"}
	slices.Sort(seen)
	slices.Sort(want)
	if !slices.Equal(seen, want) {
		t.Errorf("files %q\nwant  %q", seen, want)
	}
}

func TestNothingIsMadeOrAskedForReading(t *testing.T) {
	opts, a := testOptions(newDir(t))
	s, err := Open(opts)
	must(t, err)
	ctx := testContext(t)
	if _, err := s.Get(ctx, "bot/test/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if err := s.Delete(ctx, "bot/test/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete: %v", err)
	}
	if names, err := s.List(ctx); err != nil || len(names) > 0 {
		t.Errorf("list: %q, %v", names, err)
	}
	if state, err := s.State(ctx); err != nil || state != (State{Locked: true}) {
		t.Errorf("state: %+v, %v", state, err)
	}
	if err := s.Forget(ctx); err != nil {
		t.Errorf("forget: %v", err)
	}
	if _, err := os.Stat(opts.Dir); !errors.Is(err, os.ErrNotExist) || len(a.purposes()) > 0 {
		t.Errorf("the directory: %v; asked: %q", err, a.purposes())
	}
}

func TestOpensOnceAProcess(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "a", "1")
	opts, a := testOptions(dir)
	s, err := Open(opts)
	must(t, err)
	var tasks sync.WaitGroup
	for range 8 {
		tasks.Go(func() {
			if _, err := s.Get(testContext(t), "a"); err != nil {
				t.Error(err)
			}
		})
	}
	tasks.Wait()
	if got := a.purposes(); !slices.Equal(got, []string{"open"}) {
		t.Errorf("asked %q", got)
	}
	if state, err := s.State(testContext(t)); err != nil || state != (State{Exists: true}) {
		t.Errorf("state: %+v, %v", state, err)
	}
	must(t, s.Lock(testContext(t)))
	if state, err := s.State(testContext(t)); err != nil || !state.Locked {
		t.Errorf("state after lock: %+v, %v", state, err)
	}
	mustGet(t, s, "a", "1")
	if got := a.purposes(); !slices.Equal(got, []string{"open", "open"}) {
		t.Errorf("asked %q", got)
	}
}

func TestSeveralProcesses(t *testing.T) {
	dir := newDir(t)
	must(t, openStore(t, dir).Unlock(testContext(t)))
	var tasks sync.WaitGroup
	for worker := range 6 {
		s := openStore(t, dir)
		tasks.Go(func() {
			for i := range 10 {
				own := fmt.Sprintf("bot/test/%d", worker)
				for _, name := range []string{own, "bot/test/shared"} {
					if err := s.Put(testContext(t), name, secret.New(fmt.Sprint(worker, " ", i))); err != nil {
						t.Errorf("put %s: %v", name, err)
					}
				}
				if got, err := s.Get(testContext(t), own); err != nil || got.Reveal() != fmt.Sprint(worker, " ", i) {
					t.Errorf("get %s: %v", own, err)
				}
				if _, err := s.Get(testContext(t), "bot/test/shared"); err != nil {
					t.Errorf("get the shared one: %v", err)
				}
			}
		})
	}
	tasks.Wait()
	if names, err := openStore(t, dir).List(testContext(t)); err != nil || len(names) != 7 {
		t.Errorf("%q, %v", names, err)
	}
}

// TestTwoMakeTheStore: both ask, one makes it, and the other one opens what was made.
func TestTwoMakeTheStore(t *testing.T) {
	dir := newDir(t)
	var both, tasks sync.WaitGroup
	both.Add(2)
	for i := range 2 {
		opts, a := testOptions(dir)
		var once sync.Once
		opts.Ask.Ask = func(ctx context.Context, q passphrase.Ask) (secret.Secret, error) {
			if q.Purpose == passphrase.ToCreate {
				once.Do(func() { both.Done(); both.Wait() })
			}
			return a.ask(ctx, q)
		}
		s, err := Open(opts)
		must(t, err)
		tasks.Go(func() {
			if err := s.Put(testContext(t), fmt.Sprint("item/", i), secret.New("x")); err != nil {
				t.Error(err)
			}
		})
	}
	tasks.Wait()
	all, err := openStore(t, dir).GetAll(testContext(t), nil)
	if err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestValuesOfEverySize(t *testing.T) {
	s := openStore(t, newDir(t))
	for _, size := range []int{0, 1, 1200, 64<<10 - 1, 64 << 10, 9 << 20, MaxSize} {
		value := strings.Repeat("v", size)
		mustPut(t, s, "bot/test/1", value)
		got, err := s.Get(testContext(t), "bot/test/1")
		if err != nil || got.Reveal() != value {
			t.Errorf("%d bytes: %d, %v", size, got.Len(), err)
		}
	}
	err := s.Put(testContext(t), "bot/test/1", secret.New(strings.Repeat("w", MaxSize+1)))
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// TestGivenUp: a write that nobody waits for any more cannot overtake a later one.
func TestGivenUp(t *testing.T) {
	s := openStore(t, newDir(t))
	mustPut(t, s, "a", "old")
	reached, goOn := make(chan struct{}), make(chan struct{})
	s.step = func(at step) {
		if at == stepSynced {
			close(reached)
			<-goOn
		}
	}
	ctx, cancel := context.WithCancel(testContext(t))
	first := make(chan error, 1)
	go func() { first <- s.Put(ctx, "a", secret.New("given up")) }()
	<-reached
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	mustGet(t, s, "a", "old")
	s.step = func(step) {} // the writer is waiting, and the next write waits for it
	later := make(chan error, 1)
	go func() { later <- s.Put(testContext(t), "a", secret.New("later")) }()
	close(goOn)
	must(t, <-later)
	mustGet(t, s, "a", "later")
}

// TestSecretsStayOutOfPrint: an open store can be printed.
func TestSecretsStayOutOfPrint(t *testing.T) {
	s := openStore(t, newDir(t))
	mustPut(t, s, "a", "the value")
	k := s.opened()
	printed := fmt.Sprintf("%v %+v %#v %v %+v %#v", s, s, s, k, k, k)
	printed += fmt.Sprint(passphrase.Ask{Purpose: passphrase.ToOpen, Again: passphrase.Wrong}, s.opts.PassphraseFile, []secret.Secret{k.text})
	for _, leak := range []string{"the value", testPassphrase, "AGE-SECRET-KEY", k.text.Reveal()} {
		if strings.Contains(printed, leak) {
			t.Errorf("%q can be seen in %s", leak, printed)
		}
	}
}
