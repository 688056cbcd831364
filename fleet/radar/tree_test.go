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

// A file that git has in its index is not looked for behind a link that took its folder's place.
func TestLinkInPlaceOfFolder(t *testing.T) {
	w := newWorkshop(t)
	w.commit("a/b/x.txt", "nothing")
	w.commit("c/x.txt", "nothing")
	outside := &workshop{t: t, path: t.TempDir()}
	outside.write("b/x.txt", otherToken)
	for _, name := range []string{"a", "c"} {
		if err := os.RemoveAll(filepath.Join(w.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside.path, filepath.Join(w.path, "a")); err != nil {
		t.Fatal(err)
	}
	w.write("c", ringToken)
	report := w.scan(Options{}, ".")
	w.want(w.places(report), []string{"c:1"})
	if report.Links != 1 || len(report.Unread) > 0 {
		t.Errorf("the report says %+v", report)
	}
}

// Some programs name the file of a session by the bot's token.
func TestTokenInName(t *testing.T) {
	w := &workshop{t: t, path: t.TempDir()}
	w.write("bot"+ringToken+".txt", otherToken)
	w.write("a/"+strings.Replace(ringToken, ":", "%3A", 1)+"/b.zip", zipOf(t, map[string]string{ringToken: otherToken}))
	w.write(ringToken+".gz", gzipOf(t, "x")[:12])
	report := w.scan(Options{}, ".")
	w.want(w.places(report), []string{"a/7123456789%3A•••/b.zip!7123456789:•••:1", "bot7123456789:•••.txt:1"})
	if f := report.Findings[0]; f.Path[len(f.Path)-f.Inside:] != "!7123456789:•••" {
		t.Errorf("inside the archive is %q", f.Path[len(f.Path)-f.Inside:])
	}
	if len(report.Unread) != 1 || strings.Contains(report.Unread[0].Path, ringToken) {
		t.Errorf("unread are %+v", report.Unread)
	}
}

// A file that two paths have in them is searched once.
func TestPathsInEachOther(t *testing.T) {
	w := &workshop{t: t, path: t.TempDir()}
	w.write("a/b.txt", otherToken)
	report := w.scan(Options{}, ".", "a", "a/b.txt")
	w.want(w.places(report), []string{"a/b.txt:1"})
	if report.Files != 1 {
		t.Errorf("%d files", report.Files)
	}
}
