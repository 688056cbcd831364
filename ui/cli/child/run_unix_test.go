//go:build !windows

package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"botring/internal/secret"
)

// helper has the test binary be something else: what a test needs as a process of its own.
const helper = "BOTRING_TEST_CHILD_HELPER"

func TestMain(m *testing.M) {
	if Attends() {
		os.Exit(Attend(func(err error) int { panic(err) }))
	}
	switch script := os.Getenv("SCRIPT"); os.Getenv(helper) {
	case "run": // runs a shell script beside it
		codes, err := Run(shell(script, os.Stdin, os.Stdout, os.Stderr))
		if err != nil {
			panic(err)
		}
		os.Exit(codes[0])
	case "mask": // and hides a word
		c := shell(script, os.Stdin, os.Stdout, os.Stderr)
		c.Mask, c.Hidden = true, []Hidden{{Text: secret.New("whisper-whisper")}}
		codes, err := Run(c)
		if err != nil {
			panic(err)
		}
		os.Exit(codes[0])
	case "replace":
		err := Replace(shell(script, nil, nil, nil).Program, nil)
		panic(err)
	}
	os.Exit(m.Run())
}

// shell is a child that runs a shell script.
func shell(script string, streams ...any) *Child {
	c := &Child{Program: Program{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: os.Environ()}}
	if in, ok := streams[0].(*os.File); ok {
		c.In = in
	}
	if out, ok := streams[1].(*os.File); ok {
		c.Out = out
	}
	if errs, ok := streams[2].(*os.File); ok {
		c.Err = errs
	}
	return c
}

// helped is the test binary as a helper that deals with a script.
func helped(t *testing.T, role, script string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), helper+"="+role, "SCRIPT="+script)
	return cmd
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		script, in, out, errs string
		code                  int
	}{
		{"echo out; echo err >&2", "", "out\n", "err\n", 0},
		{"cat; exit 7", "what comes in", "what comes in", "", 7},
		{"kill -TERM $$", "", "", "", 128 + 15},
		{"kill -KILL $$", "", "", "", 128 + 9},
		{"printf 'no end'", "", "no end", "", 0},
	} {
		var out, errs bytes.Buffer
		c := shell(test.script, nil, nil, nil)
		c.In, c.Out, c.Err = strings.NewReader(test.in), &out, &errs
		codes, err := Run(c)
		if err != nil || codes[0] != test.code || out.String() != test.out || errs.String() != test.errs {
			t.Errorf("%s: %v, %v, out %q, err %q", test.script, codes, err, out.String(), errs.String())
		}
	}
}

func TestNotRun(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lost := filepath.Join(dir, "lost")
	if err := os.WriteFile(lost, []byte("#!/nonexistent/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	code := func(err error) int {
		var failed *Error
		if !errors.As(err, &failed) {
			return -1
		}
		return failed.Code
	}
	for name, want := range map[string]int{
		"no-such-program-at-all": NotFound, "/nonexistent/program": NotFound, plain: NotExecutable, dir: NotExecutable,
	} {
		if _, err := Find(name); code(err) != want {
			t.Errorf("%s: %v, want code %d", name, err, want)
		}
	}
	if _, err := Run(&Child{Program: Program{Path: lost, Args: []string{lost}}}); code(err) != NotFound {
		t.Errorf("without its interpreter: %v", err)
	}
	if err := Replace(Program{Path: plain, Args: []string{plain}}, nil); code(err) != NotExecutable {
		t.Errorf("replace: %v", err)
	}
}

func TestReplace(t *testing.T) {
	cmd := helped(t, "replace", `echo $$; exit 9`)
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 9 {
		t.Errorf("%v", err)
	}
	if want := fmt.Sprintln(cmd.Process.Pid); out.String() != want {
		t.Errorf("process %q, want %q", out.String(), want)
	}
}

func TestMaskedOutput(t *testing.T) {
	var out, errs bytes.Buffer
	c := shell(`printf whis; sleep 0.1; echo per-whisper; echo whisper-whisper >&2; printf whisper-whi`, nil, nil, nil)
	c.Out, c.Err, c.Mask, c.Hidden = &out, &errs, true, []Hidden{{Text: secret.New("whisper-whisper")}}
	if _, err := Run(c); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "whis•••\n•••" || errs.String() != "•••\n" {
		t.Errorf("out %q, err %q", got, errs.String())
	}
}

// What a child leaves running does not keep us.
func TestLeftBehind(t *testing.T) {
	var out bytes.Buffer
	c := shell(`sleep 30 & echo done`, nil, nil, nil)
	c.Out, c.Mask = &out, true
	began := time.Now()
	if _, err := Run(c); err != nil || out.String() != "done\n" {
		t.Errorf("%v, %q", err, out.String())
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A gate is a reader of ours that takes its time.
type gate struct {
	bytes.Buffer
	wait func()
}

func (g *gate) Write(p []byte) (int, error) {
	g.wait()
	return g.Buffer.Write(p)
}

// What a child has written arrives, however slowly it is read.
func TestASlowReader(t *testing.T) {
	out := &gate{wait: func() { time.Sleep(leftBehind * 3 / 2) }}
	// Less than a pipe holds, so that the child has ended long before.
	c := shell(`echo begin; sleep 0.2; i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; echo end`, nil, nil, nil)
	c.Out, c.Mask = out, true
	if _, err := Run(c); err != nil || !strings.HasSuffix(out.String(), "\n1999\nend\n") {
		t.Errorf("%v, and %d bytes arrived", err, out.Len())
	}
}

// A reader that takes nothing any more can be left, and that is no success.
func TestAReaderThatStops(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	out := &gate{wait: func() {
		go func() {
			time.Sleep(200 * time.Millisecond) // by then the child has ended
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		}()
		<-stuck
	}}
	c := shell(`echo done`, nil, nil, nil)
	c.Out, c.Mask = out, true
	began := time.Now()
	codes, err := Run(c)
	if took := time.Since(began); err != nil || len(codes) != 1 || codes[0] != bySignal+int(syscall.SIGTERM) || took > 10*time.Second {
		t.Errorf("%v, %v after %v", codes, err, took)
	}
}

func TestSeveral(t *testing.T) {
	var out bytes.Buffer
	both := &locked{w: &out}
	var children []*Child
	for i, script := range []string{`echo one; echo two >&2; exit 3`, `printf 'a part'; exit 5`, `cat`} {
		c := shell(script, nil, nil, nil)
		c.Out, c.Err, c.Before = both, both, fmt.Sprint(i, " | ")
		children = append(children, c)
	}
	codes, err := Run(children...)
	if err != nil || fmt.Sprint(codes) != "[3 5 0]" {
		t.Errorf("%v, %v", codes, err)
	}
	for _, line := range []string{"0 | one\n", "0 | two\n", "1 | a part\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is not in\n%s", line, out.String())
		}
	}
}

// Signals that come to us go on to the child, and what it makes of them is its own affair.
func TestSignalsGoOn(t *testing.T) {
	for _, s := range []syscall.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
	} {
		cmd := helped(t, "run", fmt.Sprintf(`trap 'echo heard; exit 42' %d; echo ready; while :; do sleep 0.02; done`, int(s)))
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal of the developer's
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, _ := out.Read(buf)
		if got := string(buf[:n]); got != "ready\n" {
			t.Fatalf("%v: %q", s, got)
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		n, _ = out.Read(buf)
		if got := string(buf[:n]); got != "heard\n" {
			t.Errorf("%v: %q", s, got)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 42 {
			t.Errorf("%v: exit code %d", s, code)
		}
	}
}

func TestFolder(t *testing.T) {
	base := t.TempDir()
	f, err := NewFolder(base, "")
	if err != nil {
		t.Fatal(err)
	}
	path, err := f.Put("BOT_TOKEN", "whisper")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	// One that was left behind by a process that was killed goes; one that is in use, and others' things, stay.
	left := filepath.Join(base, folderPrefix+"left")
	for _, dir := range []string{left, filepath.Join(base, "others")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, folderLock), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other, err := NewFolder(base, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Remove()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left behind: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("what is in use: %v", err)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(base)
	if err != nil || len(entries) != 1 || entries[0].Name() != "others" {
		t.Errorf("%v, %v", entries, err)
	}
}

// Processes that begin at once leave each other their folders.
func TestFoldersAtOnce(t *testing.T) {
	base := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				f, err := NewFolder(base, "")
				if err != nil {
					t.Errorf("make: %v", err)
					return
				}
				if _, err := f.Put("BOT_TOKEN", "whisper"); err != nil {
					t.Errorf("put: %v", err)
				}
				if err := f.Remove(); err != nil {
					t.Errorf("remove: %v", err)
				}
			}
		})
	}
	all.Wait()
	if left, err := os.ReadDir(base); err != nil || len(left) > 0 {
		t.Errorf("left behind: %d, %v", len(left), err)
	}
}
