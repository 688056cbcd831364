package fleet

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"botring/keyring"
)

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

// TestExamineBriefly: what may run at any time neither writes to the keyring nor reads an item, and sees what
// others could read.
func TestExamineBriefly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing here")
	}
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	touched := func(name string) error {
		t.Errorf("%s was read or written", name)
		return nil
	}
	w.store.mu.Lock()
	w.store.get, w.store.put = touched, func(item *keyring.Item) error { return touched(item.Name) }
	w.store.mu.Unlock()
	wantGrade(t, examine(t, f, ExamineOptions{Brief: true}), GradeOK)
	if err := os.Chmod(filepath.Join(w.home, "catalogue.db"), 0o644); err != nil {
		t.Fatal(err)
	}
	findings := examine(t, f, ExamineOptions{Brief: true})
	if got := find(t, findings, FoundExposed); got.Grade != GradeWarning || got.Mode != 0o644 {
		t.Errorf("%+v", got)
	}
	for _, f := range findings {
		if f.Topic == TopicProbe || f.Topic == TopicItems || f.Topic == TopicCatalogue || f.Topic == TopicNetwork {
			t.Errorf("%s was looked at", f.Topic)
		}
	}
	w.store.mu.Lock()
	w.store.get, w.store.put = nil, nil
	w.store.mu.Unlock()
}
