package logfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// writerVariable makes the test binary a process that only writes to the log it names.
const writerVariable = "LOGFILE_TEST_WRITER"

const (
	writers = 4
	records = 4000
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerVariable); path != "" {
		os.Exit(writeMany(New(path), os.Getpid()))
	}
	os.Exit(m.Run())
}

// writeMany writes its share of one megabyte and a half, and returns an exit code.
func writeMany(f *File, who int) int {
	for n := range records {
		if _, err := fmt.Fprintf(f, "writer %d record %d %s end\n", who, n, strings.Repeat("x", 60)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// Processes that write at the same time, over a rotation, lose no record and break none.
func TestSeveralProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", Name)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), writerVariable+"="+path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, name := range []string{path, path + ".1"} {
		data, err := os.ReadFile(name)
		// Those that looked at the size together may each add a record to it.
		if err != nil || len(data) > maxSize+maxSize/8 {
			t.Fatalf("%s: %d bytes, %v", name, len(data), err)
		}
		for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
			line := scanner.Text()
			if !strings.HasPrefix(line, "writer ") || !strings.HasSuffix(line, " end") || strings.Count(line, "writer") != 1 {
				t.Fatalf("a broken record: %q", line)
			}
			count[strings.Fields(line)[1]]++
		}
	}
	if len(count) != writers {
		t.Errorf("records of %d writers", len(count))
	}
	for who, n := range count {
		if n != records {
			t.Errorf("%d records of writer %s, not %d", n, who, records)
		}
	}
}

func TestNothingBeforeTheFirstRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "botring")
	f := New(filepath.Join(dir, Name))
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, os.ErrNotExist) || f.Path() != "" {
		t.Errorf("there is something already: %v, %q", err, f.Path())
	}
	if n, err := f.Write([]byte("one\n")); n != 4 || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
	if _, err := f.Write([]byte("two\n")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Path())
	if err != nil || string(data) != "one\ntwo\n" {
		t.Errorf("%q, %v", data, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, f.Path(): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestOneOldLogIsKept(t *testing.T) {
	f := New(filepath.Join(t.TempDir(), Name))
	record := bytes.Repeat([]byte("x"), maxSize/4)
	for n := range byte(12) {
		record[0] = 'a' + n
		if _, err := f.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]byte{f.path: 'i', f.path + ".1": 'e'} {
		data, err := os.ReadFile(path)
		if err != nil || len(data) != maxSize || data[0] != want {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(f.path))
	if err != nil || len(entries) > 3 { // the log, the old one, the lock
		t.Errorf("%v, %v", entries, err)
	}
}

// What stands in the log's way leaves no log, no name of one, and the obstacle as it was.
func TestNoLog(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(file, Name), dir} {
		f := New(path)
		if _, err := f.Write([]byte("x\n")); err == nil || f.Path() != "" {
			t.Errorf("%s: %v, %q", path, err, f.Path())
		}
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "mine" {
		t.Errorf("%q, %v", data, err)
	}
	var none *File
	if none.Path() != "" {
		t.Error("no log has a path")
	}
}

func TestALogThatComesAndGoes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	f := New(filepath.Join(dir, Name))
	write := func() { _, _ = f.Write([]byte("x\n")) }
	if write(); f.Path() == "" {
		t.Error("no log")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if write(); f.Path() != "" {
		t.Error("a log that could not be written is named")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if write(); f.Path() == "" {
		t.Error("it does not come back")
	}
}

func TestLogDir(t *testing.T) {
	home := func() (string, error) { return filepath.FromSlash("/home/u"), nil }
	homeless := func() (string, error) { return "", errors.New("no home") }
	for _, c := range []struct {
		system, variable, value string
		home                    func() (string, error)
		want                    string
	}{
		{"linux", "", "", home, "/home/u/.local/state"},
		{"linux", "XDG_STATE_HOME", "relative", home, "/home/u/.local/state"},
		{"darwin", "XDG_STATE_HOME", "/state", home, "/home/u/Library/Logs"},
		{"windows", "LocalAppData", `C:\local`, homeless, `C:\local`},
		{"windows", "", "", home, ""},
		{"linux", "", "", homeless, ""},
	} {
		getenv := func(name string) string {
			if name == c.variable {
				return c.value
			}
			return ""
		}
		dir, err := logDir(c.system, getenv, c.home)
		if filepath.ToSlash(dir) != filepath.ToSlash(c.want) || (err != nil) != (c.want == "") {
			t.Errorf("%+v: %q, %v", c, dir, err)
		}
	}
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	if path, err := DefaultPath(); runtime.GOOS == "linux" && path != filepath.Join(state, "botring", Name) {
		t.Errorf("%q, %v", path, err)
	}
}

func BenchmarkRecord(b *testing.B) {
	f := New(filepath.Join(b.TempDir(), Name))
	record := []byte(strings.Repeat("x", 150) + "\n")
	for b.Loop() {
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}
