package radar

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"botring/internal/testneeds"
)

// forgotten has a token in its history alone, and returns the commit that brought it.
func forgotten(w *workshop) string {
	w.t.Helper()
	commit := w.commit("a.txt", ringToken)
	w.git("rm", "-q", "a.txt")
	w.git("commit", "-q", "-m", "Forget it")
	return commit
}

// What somebody had git show in the place of a file is not what a push sends.
func TestReplaced(t *testing.T) {
	w := newWorkshop(t)
	commit := forgotten(w)
	w.write("clean", "nothing")
	w.git("replace", w.git("rev-parse", commit+":a.txt"), w.git("hash-object", "-w", "clean"))
	w.want(w.places(w.scan(Options{History: true}, ".")), []string{"a.txt:1 " + commit + " 1"})
}

func TestFolderWithNewline(t *testing.T) {
	testneeds.Program(t, "git")
	for _, name := range []string{"new\nline", "line\n"} {
		w := newWorkshop(t)
		w.path = filepath.Join(w.path, name)
		if err := os.Mkdir(w.path, 0o700); err != nil {
			t.Fatal(err)
		}
		w.git("init", "-q")
		commit := forgotten(w)
		w.want(w.places(w.scan(Options{History: true}, ".")), []string{"a.txt:1 " + commit + " 1"})
	}
}

// A history that git does not open is no history without secrets.
func TestUnopenedHistory(t *testing.T) {
	w := newWorkshop(t)
	forgotten(w)
	w.write("sub/b.txt", "nothing")
	w.write(".git/config", "[core")
	for _, path := range []string{".", "sub", "sub/b.txt"} {
		report := w.scan(Options{History: true}, path)
		if len(report.Unread) != 1 || !errors.Is(report.Unread[0].Err, ErrGit) {
			t.Errorf("%s: unread are %+v", path, report.Unread)
		}
	}
	alone := &workshop{t: t, path: t.TempDir()}
	if report := alone.scan(Options{History: true}, "."); len(report.Unread) > 0 {
		t.Errorf("outside a repository: %+v", report.Unread)
	}
}

// What was found before git gave up is told.
func TestBrokenHistory(t *testing.T) {
	w := newWorkshop(t)
	commit := forgotten(w)
	last := w.commit("b.txt", "nothing")
	w.git("tag", "-a", "held", "-m", "x", w.git("rev-parse", commit+":a.txt"))
	tree := w.git("rev-parse", last+"^{tree}")
	if err := os.Remove(filepath.Join(w.path, ".git", "objects", tree[:2], tree[2:])); err != nil {
		t.Fatal(err)
	}
	report := w.scan(Options{History: true}, ".")
	if len(report.Findings) != 1 || len(report.Unread) == 0 {
		t.Errorf("found %q, unread %+v", w.places(report), report.Unread)
	}
}

// A version that no commit has is told by what git calls it, and so is one that cannot be searched.
func TestVersionWithoutPath(t *testing.T) {
	w := newWorkshop(t)
	w.write("a.txt", otherToken)
	id := w.git("hash-object", "-w", "a.txt")
	w.git("tag", "file", id)
	w.git("rm", "-q", "--cached", "--ignore-unmatch", "a.txt")
	w.commit("b.gz", gzipOf(t, otherToken)[:30])
	if err := os.Remove(filepath.Join(w.path, "a.txt")); err != nil {
		t.Fatal(err)
	}
	w.git("rm", "-q", "--cached", "a.txt")
	w.git("commit", "-q", "--amend", "-m", "x")
	report := w.scan(Options{History: true}, ".")
	w.want(w.places(report), []string{"version " + id[:12] + ":1"})
	damaged := "version " + w.git("rev-parse", "HEAD:b.gz")[:12]
	if len(report.Unread) != 2 || !strings.HasPrefix(report.Unread[1].Path, damaged) {
		t.Errorf("unread are %+v", report.Unread)
	}
}

// Packed by itself a file has the name that it had.
func TestGzipInHistory(t *testing.T) {
	w := newWorkshop(t)
	commit := w.commit("a.log.gz", gzipOf(t, "\n"+otherToken))
	w.git("rm", "-q", "a.log.gz")
	w.git("commit", "-q", "-m", "x")
	w.want(w.places(w.scan(Options{History: true}, ".")), []string{"a.log.gz!unpacked:2 " + commit + " 1"})
}

func TestShallowHistory(t *testing.T) {
	w := newWorkshop(t)
	forgotten(w)
	clone := &workshop{t: t, path: filepath.Join(t.TempDir(), "clone")}
	w.git("clone", "-q", "--depth=1", "file://"+filepath.ToSlash(w.path), clone.path)
	report := clone.scan(Options{History: true}, ".")
	if len(report.Unread) != 1 || !errors.Is(report.Unread[0].Err, ErrPartial) {
		t.Errorf("unread are %+v", report.Unread)
	}
}

// What is staged counts wherever it is, also where git was told to speak of one folder only.
func TestStagedElsewhere(t *testing.T) {
	w := newWorkshop(t)
	w.write("a.txt", otherToken)
	w.write("sub/b.txt", "nothing")
	w.git("add", "-A")
	w.git("config", "diff.relative", "true")
	report, err := ScanStaged(t.Context(), filepath.Join(w.path, "sub"), Options{Marks: ring()})
	if err != nil {
		t.Fatal(err)
	}
	w.want(w.places(report), []string{"a.txt:1"})
}

// Folders of work share their history: it is told once.
func TestFoldersOfWork(t *testing.T) {
	w := newWorkshop(t)
	commit := forgotten(w)
	other := filepath.Join(t.TempDir(), "other")
	w.git("worktree", "add", "-q", "--detach", other)
	report, err := Scan(t.Context(), Options{Paths: []string{w.path, other}, Marks: ring(), History: true})
	if err != nil {
		t.Fatal(err)
	}
	w.want(w.places(report), []string{"a.txt:1 " + commit + " 1"})
}

// A repository may have its folder of work elsewhere, as those have in which people keep their settings.
func TestFolderOfWorkElsewhere(t *testing.T) {
	w := newWorkshop(t)
	commit := forgotten(w)
	kept := &workshop{t: t, path: filepath.Join(w.path, "kept")}
	if err := os.Rename(filepath.Join(w.path, ".git"), kept.path); err != nil {
		t.Fatal(err)
	}
	kept.git("config", "core.worktree", w.path)
	report := kept.scan(Options{History: true}, ".")
	w.want(w.places(report), []string{"a.txt:1 " + commit + " 1"})
	if len(report.Unread) > 0 {
		t.Errorf("unread are %+v", report.Unread)
	}
	kept.write("a.txt", "nothing")
	kept.want(kept.places(kept.scan(Options{History: true}, "a.txt")), nil) // it is not the one in the history
}

// A file may be called what git's own answers look like.
func TestOddNamesInHistory(t *testing.T) {
	w := newWorkshop(t)
	names := []string{"\x010123456789ab 7", "\nline\n", ":100644 100644 a b M", `"quoted" $(x)`}
	for i, name := range names {
		w.write(name, strings.Replace(otherToken, "698", fmt.Sprint(691+i), 1))
	}
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "x")
	commit := w.git("rev-parse", "HEAD")
	w.git("rm", "-qrf", ".")
	w.git("commit", "-q", "-m", "y")
	want := make([]string, len(names))
	slices.Sort(names)
	for i, name := range names {
		want[i] = name + ":1 " + commit + " 1"
	}
	w.want(w.places(w.scan(Options{History: true}, ".")), want)
}
