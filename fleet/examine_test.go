package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// examine runs an examination and checks that everything was reported as it came.
func examine(t *testing.T, f *Fleet, opts ExamineOptions) []Finding {
	t.Helper()
	var told []Sign
	findings, err := f.Examine(t.Context(), opts, func(f Finding) { told = append(told, f.Found) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, signs(findings)) {
		t.Errorf("told %v, returned %v", told, signs(findings))
	}
	return findings
}

func signs(findings []Finding) (all []Sign) {
	for _, f := range findings {
		all = append(all, f.Found)
	}
	return all
}

// find is the one finding of a sign.
func find(t *testing.T, findings []Finding, want Sign) Finding {
	t.Helper()
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.Found == want })
	if i < 0 {
		t.Fatalf("no finding %d among %+v", want, findings)
	}
	return findings[i]
}

// wantGrade checks that nothing is worse than a grade.
func wantGrade(t *testing.T, findings []Finding, worst Grade) {
	t.Helper()
	for _, f := range findings {
		if f.Grade > worst && f.Grade != GradeSkipped {
			t.Errorf("%s is a %s: %+v", f.Topic, f.Grade, f)
		}
	}
}

// openToExamine is open for a world that may be broken.
func (w *world) openToExamine() *Fleet {
	w.t.Helper()
	f, err := OpenToExamine(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	if w.fake != nil {
		f.talk = func(telegram.Network) conversation { return w.fake }
	}
	return f
}

func (w *world) put(name string, value secret.Secret) {
	w.t.Helper()
	if err := w.store.Memory.Put(w.t.Context(), keyring.Item{Name: name, Value: value}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) lose(name string) {
	w.t.Helper()
	if err := w.store.Memory.Delete(w.t.Context(), name); err != nil {
		w.t.Fatal(err)
	}
}

func TestExamineWhatIsWell(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	findings := examine(t, f, ExamineOptions{})
	wantGrade(t, findings, GradeOK)
	if got := find(t, findings, FoundAgreement); got.Count != 1 || got.Apps != 1 {
		t.Errorf("%+v", got)
	}
	if got := find(t, findings, FoundProbed); got.Took <= 0 {
		t.Errorf("%+v", got)
	}
	if names := w.items(); len(names) != 2 {
		t.Errorf("the probe was left behind: %v", names)
	}
	if w.fake.contacts != 0 {
		t.Errorf("%d contacts with Telegram, unasked", w.fake.contacts)
	}
}

// TestExamineItems: every way in which the keyring and the catalogue can disagree is told, and mended as far as
// that is possible.
func TestExamineItems(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id := int64(7); id < 10; id++ {
		w.added(f, id)
	}
	prefix := "bot/" + env + "/"
	further, err := (&sessionItem{Session: fakeSession(99, 99), Runs: store.Elsewhere}).encodeFurther()
	if err != nil {
		t.Fatal(err)
	}
	w.lose(prefix + "8")
	w.lose("app/10001")
	w.put(prefix+"9", secret.New("rubbish"))
	w.put(prefix+"11", botValue(t, 11))
	w.put(prefix+"99/ci", further)

	findings := examine(t, f, ExamineOptions{})
	for sign, want := range map[Sign]struct {
		names   []string
		grade   Grade
		fixable bool
	}{
		FoundWithoutRow:  {[]string{prefix + "11"}, GradeProblem, true},
		FoundOrphans:     {[]string{prefix + "99/ci"}, GradeWarning, false},
		FoundWithoutItem: {[]string{env + "/8"}, GradeProblem, true},
		FoundAppsWithout: {[]string{"main"}, GradeProblem, false},
		FoundBadItems:    {[]string{prefix + "9"}, GradeProblem, false},
	} {
		got := find(t, findings, sign)
		if !slices.Equal(got.Names, want.names) || got.Grade != want.grade || got.Fixable != want.fixable || got.Topic != TopicItems {
			t.Errorf("%+v", got)
		}
	}
	if _, err := f.Bot(t.Context(), key(11)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("mended unasked: %v", err)
	}

	findings = examine(t, f, ExamineOptions{Fix: true})
	for sign, count := range map[Sign]int{FoundRowsAdded: 1, FoundRowsMarked: 1} {
		if got := find(t, findings, sign); got.Count != count || !got.Fixed || got.Grade != GradeOK {
			t.Errorf("%+v", got)
		}
	}
	if got := find(t, findings, FoundWithoutItem); got.Fixable {
		t.Errorf("the row says so already: %+v", got)
	}
	wantStatus(t, f, 11, store.NotLoggedIn)
	wantStatus(t, f, 8, store.SecretMissing)

	w.put(prefix+"8", botValue(t, 8))
	if got := find(t, examine(t, f, ExamineOptions{}), FoundReturned); !got.Fixable || got.Names[0] != env+"/8" {
		t.Errorf("%+v", got)
	}
	find(t, examine(t, f, ExamineOptions{Fix: true}), FoundRowsReturned)
	wantStatus(t, f, 8, store.NotLoggedIn)
}

// A promptingStore is a keyring that would prompt.
type promptingStore struct {
	*faultyStore
	asked atomic.Int64
}

func (s *promptingStore) Status(context.Context) (keyring.Status, error) {
	return keyring.Status{Kind: keyring.KindSystem, Provider: "a keyring", Collection: "Login", Locked: true, CanList: true}, nil
}

func (s *promptingStore) Unlock(context.Context) error { s.asked.Add(1); return nil }

// TestExamineLocked: nobody is asked to unlock anything, and nothing is read or written.
func TestExamineLocked(t *testing.T) {
	w := newFakeWorld(t)
	w.added(w.open(), 7)
	locked := &promptingStore{faultyStore: w.store}
	w.ring = keyring.Wrap(locked, keyring.Options{})
	w.store.fail(func(*keyring.Item) error { t.Error("written"); return nil }, func(string) error { t.Error("read"); return nil })
	findings := examine(t, w.openToExamine(), ExamineOptions{Fix: true})
	wantGrade(t, findings, GradeWarning)
	find(t, findings, FoundLocked)
	skipped := 0
	for _, f := range findings {
		if f.Grade == GradeSkipped && f.Found == FoundLockedOut {
			skipped++
		}
	}
	if skipped != 2 || locked.asked.Load() != 0 {
		t.Errorf("%d skipped, asked %d times: %+v", skipped, locked.asked.Load(), findings)
	}
}

func TestExamineWithoutBus(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no bus is needed")
	}
	w := newFakeWorld(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	opts := w.options()
	opts.OpenRing = nil
	f, err := OpenToExamine(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	findings := examine(t, f, ExamineOptions{Fix: true})
	var missing *keyring.UnavailableError
	if got := find(t, findings, FoundFault); got.Topic != TopicBus || !errors.As(got.Err, &missing) || missing.Reason != keyring.NoSessionBus {
		t.Errorf("%+v", got)
	}
	find(t, findings, FoundNoKeyring)
	find(t, findings, FoundWhole)
}

// TestExamineCancelled: what was found until then is returned, and what is cut off is no finding.
func TestExamineCancelled(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	ctx, cancel := context.WithCancel(t.Context())
	findings, err := f.Examine(ctx, ExamineOptions{}, func(found Finding) {
		if found.Topic == TopicProbe {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || findings[len(findings)-1].Topic != TopicProbe {
		t.Errorf("%+v, %v", findings, err)
	}
}

// TestExamineUnfinishedFiles: a change of recipients that was cut off is told.
func TestExamineUnfinishedFiles(t *testing.T) {
	w := newFakeWorld(t)
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("seven bold ferrets\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opts := w.options()
	opts.Keyring, opts.Passphrase = "age", Passphrase{File: passphrase, WorkFactor: 10}
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	find(t, examine(t, f, ExamineOptions{}), FoundNotMade)
	if err := f.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantGrade(t, examine(t, f, ExamineOptions{}), GradeOK)
	if err := os.WriteFile(filepath.Join(w.home, "age", "botring", "reencrypt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := find(t, examine(t, f, ExamineOptions{}), FoundUnfinished); got.Grade != GradeWarning {
		t.Errorf("%+v", got)
	}
}
