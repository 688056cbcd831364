package radar

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// In the folder of a submodule that nobody has fetched git speaks of the repository around it, which lists that folder
// again.
func TestSubmoduleWithoutRepository(t *testing.T) {
	w := newWorkshop(t)
	w.commit("a.txt", otherToken)
	w.git("update-index", "--add", "--cacheinfo", "160000,"+w.git("rev-parse", "HEAD")+",sub")
	w.write("sub/b.txt", ringToken)
	w.write("broken/c.txt", ringToken)
	w.git("update-index", "--add", "--cacheinfo", "160000,"+w.git("rev-parse", "HEAD")+",broken")
	if err := os.Mkdir(filepath.Join(w.path, "broken", ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	report, err := Scan(ctx, Options{Paths: []string{w.path}, Marks: ring()})
	if err != nil {
		t.Fatal(err)
	}
	w.want(w.places(report), []string{"a.txt:1", "broken/c.txt:1", "sub/b.txt:1"})
	if report.Repositories != 1 || len(report.Unread) > 0 {
		t.Errorf("the report says %+v", report)
	}
}

// Without git other repositories are searched too, and to their end.
func TestRepositoriesWithoutGit(t *testing.T) {
	w := newWorkshop(t)
	w.commit("a.txt", otherToken)
	t.Setenv("PATH", t.TempDir())
	around := &workshop{t: t, path: filepath.Dir(w.path)}
	report := around.scan(Options{}, ".")
	if len(report.Findings) != 1 || report.Repositories != 1 || len(report.Unread) > 0 {
		t.Errorf("the report says %+v", report)
	}
}

// What is named is meant: a link to a folder, git's own folder, and what cannot be searched is told.
func TestNamed(t *testing.T) {
	w := &workshop{t: t, path: t.TempDir()}
	w.write("folder/a.txt", otherToken)
	w.write(".git/config", "\n"+otherToken)
	if err := os.Symlink("folder", filepath.Join(w.path, "link")); err != nil {
		t.Fatal(err)
	}
	w.want(w.places(w.scan(Options{}, "link")), []string{"link/a.txt:1"})
	w.want(w.places(w.scan(Options{}, ".git")), []string{".git/config:2"})

	report, err := Scan(context.Background(), Options{Paths: []string{os.DevNull}})
	if err != nil || len(report.Unread) != 1 || !errors.Is(report.Unread[0].Err, ErrNoFile) {
		t.Errorf("a device: %+v, %v", report, err)
	}
}

// What only has the shape of a token does not keep the ring's from being told.
func TestManyFindings(t *testing.T) {
	w := &workshop{t: t, path: t.TempDir()}
	w.write("a.txt", strings.Repeat(otherToken+"\n", mostFindings+1)+ringToken)
	report := w.scan(Options{}, ".")
	if n := len(report.Findings); n != mostFindings+1 || !report.Findings[n-1].Known || !report.More {
		t.Errorf("%d findings, more: %v", n, report.More)
	}
}
