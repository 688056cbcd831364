package fleet

import (
	"os"
	"path/filepath"
	"testing"
)

// withoutCatalogue is a sealed history of five entries whose catalogue was lost, damaged or taken away.
func withoutCatalogue(t *testing.T, damaged bool) moving {
	t.Helper()
	w := sealedHistory(t)
	files, err := filepath.Glob(filepath.Join(w.home, "catalogue.age.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if damaged {
		if err := os.WriteFile(filepath.Join(w.home, "catalogue.age.db"), []byte("no catalogue of anybody's"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// TestHistoryBeginsAgain: a history that was lost with its catalogue is called cut off until the catalogue is
// rebuilt. Then that is said once, and from then on it is sound, and says where it begins and since when.
func TestHistoryBeginsAgain(t *testing.T) {
	for name, damaged := range map[string]bool{"lost": false, "damaged": true} {
		t.Run(name, func(t *testing.T) {
			w := withoutCatalogue(t, damaged)
			o := w.options()
			o.Keyring, o.Passphrase = "age", knownPassphrase()
			f, err := OpenToExamine(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Unlock(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !damaged {
				cutOff := find(t, examine(t, f, ExamineOptions{}), FoundHistoryCutOff)
				if cutOff.Grade != GradeProblem || !cutOff.Fixable || cutOff.Count != 2 { // unlocking is the new one's first entry
					t.Errorf("before: %+v", cutOff)
				}
			}
			begun := find(t, examine(t, f, ExamineOptions{Fix: true}), FoundHistoryBegun)
			if !begun.Fixed || begun.Grade != GradeOK || begun.Count != 5 {
				t.Errorf("%+v", begun)
			}
			_ = f.Close()

			f = w.on("age")
			if _, err := f.Check(t.Context(), key(7), nil); err != nil {
				t.Fatal(err)
			}
			check, err := f.VerifyHistory(t.Context())
			if err != nil || check.Fault != HistorySound || check.Began.Lost != 5 || check.Began.At.IsZero() || check.Pruned != 0 {
				t.Errorf("%+v, %v", check, err)
			}
			for i, e := range must(f.History(t.Context(), 0))(t) {
				if want := int64(5 + check.Entries - i); e.Seq != want {
					t.Errorf("entry %d has the number %d", want, e.Seq)
				}
			}
			_ = f.Close()

			// What is cut off now is found as ever, and the beginning cannot be moved.
			w.tamper(`DELETE FROM history WHERE seq = (SELECT max(seq) FROM history)`)
			f = w.on("age")
			if check, err := f.VerifyHistory(t.Context()); err != nil || check.Fault != HistoryCutOff {
				t.Errorf("cut off again: %+v, %v", check, err)
			}
			_ = f.Close()
			w.tamper(`UPDATE checkpoint SET seq = seq + 1`)
			if check, err := w.on("age").VerifyHistory(t.Context()); err != nil || check.Fault == HistorySound || check.Began != (Beginning{}) {
				t.Errorf("moved: %+v, %v", check, err)
			}
		})
	}
}

// TestNothingBeginsAgain: rows that are added where no history was lost leave it as it is.
func TestNothingBeginsAgain(t *testing.T) {
	w := sealedHistory(t)
	w.tamper(`DELETE FROM bots WHERE id = 7`)
	f := w.on("age")
	if _, err := f.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	check, err := f.VerifyHistory(t.Context())
	if err != nil || check.Fault != HistorySound || check.Began != (Beginning{}) {
		t.Errorf("%+v, %v", check, err)
	}
	if first := must(f.History(t.Context(), 0))(t); first[len(first)-1].Seq != 1 {
		t.Errorf("it begins with %d", first[len(first)-1].Seq)
	}
}

// must is a value without the error that ends the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
