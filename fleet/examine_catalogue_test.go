package fleet

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring"
)

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
