package fleet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

// TestExamineUnreadableCatalogue: it is set aside only where it is damaged and the keyring gives everything.
func TestExamineUnreadableCatalogue(t *testing.T) {
	rubbish := []byte(strings.Repeat("rubbish ", 500))
	for name, c := range map[string]struct {
		spoil func(t *testing.T, w *world)
		fixed bool
	}{
		"damaged": {func(*testing.T, *world) {}, true},
		"and the keyring cannot list": {func(_ *testing.T, w *world) {
			w.ring = keyring.Wrap(blindStore{w.store}, keyring.Options{})
		}, false},
		"and the keyring fails": {func(_ *testing.T, w *world) {
			w.store.fail(nil, func(name string) error {
				if strings.HasPrefix(name, keyring.ProbePrefix) {
					return nil
				}
				return keyring.ErrGone
			})
		}, false},
		"and the keyring is locked": {func(_ *testing.T, w *world) {
			w.ring = keyring.Wrap(&promptingStore{faultyStore: w.store}, keyring.Options{})
		}, false},
		"newer": {func(t *testing.T, w *world) {
			path := filepath.Join(w.home, "catalogue.db")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := w.open().Close(); err != nil {
				t.Fatal(err)
			}
			patch(t, path, userVersion, 99)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(w.home, "catalogue.db")
			if err := os.WriteFile(path, rubbish, 0o600); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, w)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), w.options()); err == nil {
				t.Fatal("it can be opened")
			}
			f = w.openToExamine()
			if got := catalogueFault(t, examine(t, f, ExamineOptions{})); got.Grade != GradeProblem {
				t.Errorf("%+v", got)
			}
			findings := examine(t, f, ExamineOptions{Fix: true})
			if !c.fixed {
				catalogueFault(t, findings)
				if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
					t.Errorf("the file was touched: %v", err)
				}
				return
			}
			got := find(t, findings, FoundRebuilt)
			if aside, err := os.ReadFile(got.Subject); err != nil || !bytes.Equal(aside, before) || !got.Fixed || got.Count != 1 {
				t.Errorf("%+v, %v", got, err)
			}
			find(t, findings, FoundAgreement)
			wantStatus(t, f, 7, store.Unchecked)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			wantStatus(t, w.open(), 7, store.Unchecked)
		})
	}
}

// catalogueFault is why the catalogue cannot be used.
func catalogueFault(t *testing.T, findings []Finding) Finding {
	t.Helper()
	for _, f := range findings {
		if f.Topic == TopicCatalogue && f.Found == FoundFault {
			return f
		}
	}
	t.Fatalf("nothing of the catalogue among %+v", findings)
	return Finding{}
}

// Where the header of a database has numbers of 32 bits (sqlite.org/fileformat.html#the_database_header).
const (
	freePages   = 36
	userVersion = 60
)

// patch changes a number in the header of a database that is closed.
func patch(t *testing.T, path string, at int, number uint32) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(content[at:], number)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExamineFaultyCatalogue: what can still be read of a faulty catalogue goes into the new one. Nobody else
// knows the waits that Telegram asked for.
func TestExamineFaultyCatalogue(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	if _, err := f.SetLabel(t.Context(), key(7), "Shop"); err != nil {
		t.Fatal(err)
	}
	until := w.clock().Add(time.Hour)
	if err := f.at.Load().PutFlood(t.Context(), store.Flood{Key: key(7), Method: "m", Until: until, SeenAt: w.clock()}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	patch(t, filepath.Join(w.home, "catalogue.db"), freePages, 5)
	f = w.openToExamine()
	if got := find(t, examine(t, f, ExamineOptions{}), FoundDamaged); got.Grade != GradeProblem || !got.Fixable || len(got.Names) == 0 {
		t.Errorf("%+v", got)
	}
	findings := examine(t, f, ExamineOptions{Fix: true})
	wantGrade(t, findings, GradeOK)
	find(t, findings, FoundRebuilt)
	bot, err := f.Bot(t.Context(), key(7))
	if err != nil || bot.Label != "Shop" || bot.Health.Status != store.OK {
		t.Errorf("%+v, %v", bot, err)
	}
	floods, err := f.at.Load().Floods(t.Context(), w.clock())
	if err != nil || len(floods) != 1 || !floods[0].Until.Equal(until) {
		t.Errorf("floods: %+v, %v", floods, err)
	}
	wantStatus(t, f, 8, store.OK)
}

func TestExaminePermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing here")
	}
	w := newFakeWorld(t)
	if err := w.open().Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	catalogue := filepath.Join(w.home, "catalogue.db")
	if err := os.Chmod(catalogue, 0o644); err != nil {
		t.Fatal(err)
	}
	shown, written, readable, kept, relied := file("shown", 0o644), file("written", 0o662), file("readable", 0o640), file("kept", 0o666), file("relied", 0o602)
	opts := ExamineOptions{Files: []OwnFile{
		{Path: shown, Shown: true}, {Path: written, Shown: true}, {Path: readable}, {Path: kept, Kept: true}, {Path: relied, Trusted: true},
		{Path: filepath.Join(dir, "nowhere")},
	}}
	type seen struct {
		path    string
		grade   Grade
		found   Sign
		fixable bool
	}
	permissions := func(findings []Finding) (all []seen) {
		for _, f := range findings {
			if f.Topic == TopicPermissions {
				all = append(all, seen{f.Subject, f.Grade, f.Found, f.Fixable})
			}
		}
		return all
	}
	f := w.openToExamine()
	want := []seen{
		{catalogue, GradeOK, FoundNarrowed, false}, // opening did
		{written, GradeProblem, FoundExposed, true}, {readable, GradeWarning, FoundExposed, true},
		{kept, GradeProblem, FoundExposed, false}, {relied, GradeProblem, FoundExposed, false},
	}
	if got := permissions(examine(t, f, opts)); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	opts.Fix = true
	want[1] = seen{written, GradeOK, FoundNarrowed, false}
	want[2] = seen{readable, GradeOK, FoundNarrowed, false}
	if got := permissions(examine(t, f, opts)); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for path, mode := range map[string]os.FileMode{catalogue: 0o600, shown: 0o644, written: 0o640, readable: 0o600, kept: 0o666, relied: 0o602} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestExamineClock(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	find(t, examine(t, f, ExamineOptions{}), FoundClockPlausible)
	w.sleep(-time.Hour)
	if got := find(t, examine(t, f, ExamineOptions{}), FoundClockBehind); got.Grade != GradeWarning || got.Ahead != -time.Hour {
		t.Errorf("before the catalogue: %+v", got)
	}
	w.sleep(2 * time.Hour)
	built := w.clock().Add(48 * time.Hour)
	if got := find(t, examine(t, f, ExamineOptions{Built: built}), FoundClockBehind); got.Ahead != -48*time.Hour {
		t.Errorf("before the build: %+v", got)
	}
	for ahead, want := range map[time.Duration]Sign{
		0: FoundClockRight, -29 * time.Second: FoundClockRight, 31 * time.Second: FoundClockWrong, -time.Hour: FoundClockWrong,
	} {
		// Two servers of five may be wrong.
		got := clockFinding([]time.Duration{ahead, ahead + time.Second, -24 * time.Hour, 24 * time.Hour, ahead - time.Second})
		if got.Found != want || got.Ahead != ahead {
			t.Errorf("%v: %+v", ahead, got)
		}
	}
}

// TestExamineNetwork: at most eight at once, told in their order, and an address that fails is less bad where the
// data centre has another.
func TestExamineNetwork(t *testing.T) {
	w := newFakeWorld(t)
	network := telegram.Network{Name: env}
	for id := 1; id <= 20; id++ {
		network.DCs = append(network.DCs, telegram.DC{ID: id, Addrs: []string{fmt.Sprintf("a%d:1", id), fmt.Sprintf("b%d:1", id)}})
	}
	f := w.open()
	f.envs.known[env] = func() telegram.Network { return network }
	var running, most atomic.Int64
	w.fake.onContact = func(_ context.Context, dc int, addr string) (telegram.Contact, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		if dc == 3 || dc == 4 && addr == "a4:1" {
			return telegram.Contact{}, &telegram.Error{Kind: telegram.Unreachable, DC: dc, Addr: addr}
		}
		return telegram.Contact{Ahead: -5 * time.Minute}, nil
	}
	findings := examine(t, f, ExamineOptions{Network: true})
	var order []string
	for _, f := range findings {
		if f.Topic != TopicNetwork {
			continue
		}
		order = append(order, f.Subject)
		want := GradeOK
		switch f.Subject {
		case "a3:1", "b3:1":
			want = GradeProblem
		case "a4:1":
			want = GradeWarning
		}
		if f.Grade != want || (f.Err != nil) != (want != GradeOK) {
			t.Errorf("%+v", f)
		}
	}
	if len(order) != 40 || order[0] != "a1:1" || order[39] != "b20:1" {
		t.Errorf("order %v", order)
	}
	if most.Load() > contacts || most.Load() < 2 {
		t.Errorf("%d at once", most.Load())
	}
	if got := find(t, findings, FoundClockWrong); got.Grade != GradeProblem || got.Ahead != -5*time.Minute {
		t.Errorf("%+v", got)
	}
}

// TestExamineRealNetwork: not one packet leaves unasked, and then a key is made with each data centre.
func TestExamineRealNetwork(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	examine(t, f, ExamineOptions{Fix: true})
	if seen := w.tg.Stats(); seen.Connections != 0 {
		t.Errorf("%d connections", seen.Connections)
	}
	findings := examine(t, f, ExamineOptions{Network: true})
	for _, f := range findings {
		if f.Topic == TopicNetwork && (f.Grade != GradeOK || f.Took <= 0) {
			t.Errorf("%+v", f)
		}
	}
	if got := find(t, findings, FoundClockRight); got.Ahead.Abs() > 5*time.Second {
		t.Errorf("%+v", got)
	}
	if seen := w.tg.Stats(); seen.Exchanges != len(w.tg.Network().DCs) || seen.Logins+seen.Calls != 0 {
		t.Errorf("%+v", seen)
	}
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
