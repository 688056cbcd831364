package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"botring/fleet"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/cli/logfile"
)

// loggedShell is a shell on a fleet that keeps a log in home.
func loggedShell(t *testing.T, server *telegramtest.Server, store keyring.Store, home string, edit ...func(*fleet.Options)) *shell {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir()) // for locks
	s := &shell{log: openLog(home, "v1.2.3", "add")}
	opts := fleet.Options{
		Networks: []telegram.Network{server.Network()}, Environment: "custom", Home: home, Log: s.log.records,
		OpenRing: func(context.Context) (*keyring.Ring, error) { return keyring.Wrap(store, keyring.Options{}), nil },
	}
	for _, e := range edit {
		e(&opts)
	}
	f, err := fleet.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	s.fleet = f
	return s
}

// runs runs a command of a shell and returns its exit code and all it said.
func (s *shell) runs(t *testing.T, stdin string, args ...string) (code int, said string) {
	t.Helper()
	var all bytes.Buffer
	s.Process = Process{
		Args: args, In: strings.NewReader(stdin), Out: &all, Err: &all, Version: "v1.2.3",
		Environ: mapEnviron{"API_ID": "10001", "API_HASH": "0123456789abcdef0123456789abcdef"},
	}
	s.flags = flags{}
	code = s.finish(t.Context(), s.run(t.Context()))
	return code, all.String()
}

func readLog(t *testing.T, home string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(home, logfile.Name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// An answer nobody knows is told with the place of the log, and the log says what it was.
func TestUnexpectedAnswerNamesTheLog(t *testing.T) {
	server := startServer(t)
	server.AddBot(telegramtest.Bot{Token: tokenOf(7001, "A"), Login: telegramtest.Script{Error: "SOMETHING_NEW", Code: 400}})
	home := t.TempDir()
	s := loggedShell(t, server, keyring.NewMemory(), home)
	path := filepath.Join(home, logfile.Name)
	for _, args := range [][]string{{"add"}, {"add", "--json"}} {
		code, said := s.runs(t, tokenOf(7001, "A").Reveal(), args...)
		if code != exitFailure || !strings.Contains(said, "The log has more: "+path+".") {
			t.Errorf("%v: %d\n%s", args, code, said)
		}
	}
	text := readLog(t, home)
	for _, want := range []string{
		"msg=start pid=", " version=v1.2.3 command=add os=" + runtime.GOOS, "msg=\"keyring opened\"",
		"level=WARN msg=add pid=", " bot=custom/7001 dc=2 addr=127.0.0.1:", " outcome=unexpected code=400 type=SOMETHING_NEW error=",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the log:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "msg=start"); n != 1 {
		t.Errorf("%d starts", n)
	}
	if code, said := s.runs(t, "", "show", "nobody"); code == exitOK || strings.Contains(said, "The log") {
		t.Errorf("a bot that is not there: %d, %s", code, said)
	}
}

// A fault of the program's own is in the log when the log is named, whatever it came from.
func TestWhatIsToldIsInTheLog(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	s := shell{log: openLog(home, "v1.2.3", "list")}
	text, _ := told(t, s, errors.New("something odd"))
	want := "~/" + logfile.Name
	if runtime.GOOS == "windows" {
		want = filepath.Join(home, logfile.Name)
	}
	if !strings.Contains(text, "The log has more: "+want+".") {
		t.Errorf("%s", text)
	}
	if log := readLog(t, home); !strings.Contains(log, `level=ERROR msg=told`) || !strings.Contains(log, `outcome=unexpected error="something odd"`) {
		t.Errorf("%s", log)
	}
}

// A log that cannot be written is not named and not in the way.
func TestNoLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []shell{{}, {log: openLog(file, "v1.2.3", "list")}} {
		text, object := told(t, s, errors.New("something odd"))
		if !strings.HasPrefix(text, "botring: ") || strings.Contains(text+object, "The log") {
			t.Errorf("%s%s", text, object)
		}
	}
}

// What asks neither Telegram nor the keyring leaves no log; what does leaves it where the system wants it.
func TestLogOfProcesses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("places and keyrings are other ones here")
	}
	home := t.TempDir()
	run := func(args ...string) {
		cmd := process(t, args...)
		cmd.Env = append(cmd.Env, "HOME="+home, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus",
			"BOT_TOKEN="+tokenOf(7001, "A").Reveal(), "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef")
		_ = cmd.Run()
	}
	path := filepath.Join(home, ".local", "state", "botring", logfile.Name)
	for _, args := range [][]string{{"version"}, {"list"}, {"--help"}, {"show", "nobody"}, {"add", "--keyring", "memory", "--no-login"}} {
		run(args...)
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("botring %v leaves a log: %v", args, err)
		}
	}
	run("add")
	data, err := os.ReadFile(path)
	if text := string(data); err != nil || !strings.Contains(text, "command=add") ||
		!strings.Contains(text, `msg="open keyring"`) || !strings.Contains(text, "outcome=keyring_unavailable") ||
		strings.Contains(text, secretMark) || strings.Contains(text, "0123456789abcdef") {
		t.Errorf("%v\n%s", err, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	run("add", "--home", filepath.Join(home, "own"))
	if _, err := os.Stat(filepath.Join(home, "own", logfile.Name)); err != nil {
		t.Error(err)
	}
}
