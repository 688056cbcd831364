package radar

import (
	"botring/internal/testneeds"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A workshop is a repository of git's in a folder of its own.
type workshop struct {
	t    testing.TB
	path string
	day  int
}

func newWorkshop(t testing.TB) *workshop {
	t.Helper()
	testneeds.Program(t, "git")
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	w := &workshop{t: t, path: t.TempDir()}
	w.git("init", "-q", "-b", "main")
	return w
}

func (w *workshop) git(args ...string) string {
	w.t.Helper()
	w.day++
	cmd := exec.Command("git", append([]string{"-C", w.path, "-c", "user.name=A", "-c", "user.email=a@example.com"}, args...)...)
	date := time.Date(2026, 1, w.day, 12, 0, 0, 0, time.UTC).Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *workshop) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.path, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// commit writes a file and commits it, and returns the commit's name.
func (w *workshop) commit(name, text string) string {
	w.t.Helper()
	w.write(name, text)
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "change "+name)
	return w.git("rev-parse", "HEAD")
}

func (w *workshop) scan(opts Options, paths ...string) Report {
	w.t.Helper()
	opts.Marks = ring()
	for _, path := range paths {
		opts.Paths = append(opts.Paths, filepath.Join(w.path, path))
	}
	report, err := Scan(context.Background(), opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// places are where the findings are, with the commit where there is one.
func (w *workshop) places(report Report) []string {
	var all []string
	for _, f := range report.Findings {
		path := strings.TrimPrefix(f.Path, w.path+string(filepath.Separator))
		if f.Commit == "" {
			all = append(all, fmt.Sprintf("%s:%d", path, f.Line))
			continue
		}
		all = append(all, fmt.Sprintf("%s:%d %s %d", path, f.Line, f.Commit, f.Versions))
	}
	return all
}

func (w *workshop) want(got, want []string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("found %q, want %q", got, want)
	}
}

func TestIgnored(t *testing.T) {
	w := newWorkshop(t)
	w.write(".gitignore", ".env\nbuild/\n")
	w.write(".env", "TOKEN="+ringToken)
	w.write("build/a.js", ringToken)
	w.write("build/b.js", ringToken)
	w.write("main.go", "const token = `"+otherToken+"`")
	w.write("lib/inner/.gitignore", "*.log")
	w.write("lib/inner/a.log", ringToken)
	w.write("lib/inner/a.txt", ringToken)
	inner := &workshop{t: t, path: filepath.Join(w.path, "lib", "inner")}
	inner.git("init", "-q")
	if err := os.Symlink(filepath.Join(w.path, ".env"), filepath.Join(w.path, "link")); err != nil {
		t.Fatal(err)
	}
	report := w.scan(Options{}, ".")
	w.want(w.places(report), []string{"lib/inner/a.txt:1", "main.go:1"})
	if report.Ignored != 3 || report.Links != 1 || report.Repositories != 1 || report.NoGit {
		t.Errorf("the report says %+v", report)
	}
	report = w.scan(Options{NoIgnore: true}, ".")
	w.want(w.places(report), []string{".env:1", "build/a.js:1", "build/b.js:1", "lib/inner/a.log:1", "lib/inner/a.txt:1", "main.go:1"})
	w.want(w.places(w.scan(Options{}, ".env")), []string{".env:1"}) // what is named is meant

	outside := &workshop{t: t, path: filepath.Dir(w.path)}
	report = outside.scan(Options{}, ".")
	w.want(w.places(report), []string{"lib/inner/a.txt:1", "main.go:1"})
}

func TestHistory(t *testing.T) {
	w := newWorkshop(t)
	first := w.commit("bot/config.py", "\nTOKEN = '"+ringToken+"'\n")
	w.commit("bot/config.py", "# more\n\nTOKEN = '"+ringToken+"'\n")
	w.commit("bot/config.py", "import os\n")
	packed := w.commit("dump.bin", tarGzOf(t, map[string]string{"x/.env": "\n\n" + otherToken}))
	w.git("rm", "-q", "dump.bin")
	w.git("commit", "-q", "-m", "Forget it")
	// A branch that came to nothing, and a merge that has what neither of its parents has.
	w.git("checkout", "-q", "-b", "side", first)
	side := w.commit("side.txt", oldToken)
	w.git("rm", "-q", "side.txt")
	w.git("commit", "-q", "-m", "No")
	w.git("checkout", "-q", "main")
	w.git("merge", "-q", "--no-commit", "side")
	w.write("merged.txt", "a\nb\n"+strings.Replace(otherToken, "698", "699", 1))
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "Merge")
	merge := w.git("rev-parse", "HEAD")
	w.git("commit", "-q", "--allow-empty", "-m", "Use it\n\nThe token is "+ringToken+" now")
	said := w.git("rev-parse", "HEAD")
	w.git("tag", "-a", "v1", "-m", "with "+otherToken)
	tag := w.git("rev-parse", "v1")

	report := w.scan(Options{History: true}, ".")
	inHistory := []string{
		":1 " + tag + " 0", ":3 " + said + " 0",
		"bot/config.py:2 " + first + " 2", "dump.bin!x/.env:3 " + packed + " 1", "merged.txt:3 " + merge + " 1", "side.txt:1 " + side + " 1",
	}
	w.want(w.places(report), append([]string{"merged.txt:3"}, inHistory...))
	for _, f := range report.Findings {
		if f.Path == "bot/config.py" && (f.Date != time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC) || !f.Known || f.Message) {
			t.Errorf("the first finding is %+v", f)
		}
		if f.Path == "" && !f.Message {
			t.Errorf("a message is %+v", f)
		}
	}
	// Of a part of the repository only its history is told, wherever that was.
	w.want(w.places(w.scan(Options{History: true}, "bot")), []string{"bot/config.py:2 " + first + " 2"})
	w.want(w.places(w.scan(Options{History: true}, "merged.txt")), []string{"merged.txt:3", "merged.txt:3 " + merge + " 1"})
}

func TestStaged(t *testing.T) {
	w := newWorkshop(t)
	w.write("a.env", "TOKEN="+ringToken)
	w.write("copy.env", "TOKEN="+ringToken)
	w.write("clean", "nothing")
	staged := func() []string {
		t.Helper()
		report, err := ScanStaged(context.Background(), w.path, Options{Marks: ring()})
		if err != nil {
			t.Fatal(err)
		}
		return w.places(report)
	}
	w.want(staged(), nil)
	w.git("add", "a.env", "copy.env", "clean") // before there is any commit
	w.write("a.env", "")                       // what will be committed counts
	w.want(staged(), []string{"a.env:1", "copy.env:1"})
	w.git("commit", "-q", "-m", "x")
	w.want(staged(), nil)
	w.git("mv", "copy.env", "moved :100644.env")
	w.git("add", "a.env")
	w.want(staged(), []string{"moved :100644.env:1"})

	if _, err := ScanStaged(context.Background(), t.TempDir(), Options{}); !errors.Is(err, ErrNoRepository) {
		t.Errorf("outside a repository: %v", err)
	}
}

// A repository's configuration has no program run.
func TestNothingIsRun(t *testing.T) {
	w := newWorkshop(t)
	w.commit("a.txt", otherToken)
	ran := filepath.Join(t.TempDir(), "ran")
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\ntouch "+ran+"\ncat\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write(".gitattributes", "* diff=evil filter=evil\n")
	w.write(".git/info/attributes", "* diff=evil filter=evil\n")
	for _, key := range []string{"core.fsmonitor", "core.pager", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "gpg.program", "core.sshCommand", "core.alternateRefsCommand", "core.editor"} {
		w.git("config", key, program)
	}
	w.git("config", "log.showSignature", "true")
	report := w.scan(Options{History: true}, ".")
	if len(report.Findings) != 2 {
		t.Errorf("found %q", w.places(report))
	}
	if _, err := ScanStaged(context.Background(), w.path, Options{}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program of the repository's was run")
	}
}

// Without git everything is searched, and it is said that there is none.
func TestWithoutGit(t *testing.T) {
	w := newWorkshop(t)
	w.write(".gitignore", "*")
	w.write("a.txt", otherToken)
	t.Setenv("PATH", t.TempDir())
	report := w.scan(Options{History: true}, ".")
	w.want(w.places(report), []string{"a.txt:1"})
	if !report.NoGit {
		t.Error("nobody was told")
	}
	if _, err := ScanStaged(context.Background(), w.path, Options{}); !errors.Is(err, ErrNoGit) {
		t.Errorf("staged: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	w := newWorkshop(t)
	w.commit("a.txt", otherToken)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Scan(ctx, Options{Paths: []string{w.path}, History: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A clone that left versions of files at its origin is searched as far as it goes: nothing is fetched for that.
func TestNothingIsFetched(t *testing.T) {
	w := newWorkshop(t)
	w.commit("a.txt", ringToken)
	w.commit("a.txt", "nothing")
	w.git("config", "uploadpack.allowFilter", "true")
	clone := &workshop{t: t, path: filepath.Join(t.TempDir(), "clone")}
	w.git("clone", "-q", "--filter=blob:none", "file://"+filepath.ToSlash(w.path), clone.path)
	objects := func() string { return clone.git("count-objects", "-v") }
	before := objects()
	report := clone.scan(Options{History: true}, ".")
	if len(report.Findings) > 0 || len(report.Unread) != 1 || !errors.Is(report.Unread[0].Err, ErrPartial) || report.Blobs != 1 {
		t.Errorf("the report says %+v", report)
	}
	if after := objects(); after != before {
		t.Errorf("fetched: %s\nbefore: %s", after, before)
	}
	if !strings.Contains(clone.git("rev-list", "--objects", "--all", "--missing=print"), "\n?") {
		t.Error("the clone lacks nothing")
	}
}
