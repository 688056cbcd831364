package keyring

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A process of a /proc of the test's own.
type procEntry struct {
	comm, status, environ string
	// hidden: its environment cannot be read.
	hidden bool
}

func fakeProc(t *testing.T, entries map[string]procEntry) string {
	t.Helper()
	proc := t.TempDir()
	for id, entry := range entries {
		dir := filepath.Join(proc, id)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"comm": entry.comm + "\n", "status": entry.status}
		if !entry.hidden {
			files["environ"] = strings.ReplaceAll(entry.environ, " ", "\x00")
		}
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return proc
}

func TestRivals(t *testing.T) {
	const mine, sleeping = "Uid:\t1000\t1000\n", "State:\tS (sleeping)\n"
	own := procEntry{comm: daemonName, status: sleeping + mine, environ: "HOME=/home/a LANG=C"}
	for name, c := range map[string]struct {
		own, other procEntry
		home       string // our own
		want       []Daemon
	}{
		"the same home":      {own, own, "", []Daemon{{20, true}}},
		"another home":       {own, procEntry{comm: daemonName, status: mine, environ: "HOME=/home/b"}, "", nil},
		"data elsewhere":     {own, procEntry{comm: daemonName, status: mine, environ: "HOME=/home/a XDG_DATA_HOME=/data"}, "", nil},
		"data named":         {own, procEntry{comm: daemonName, status: mine, environ: "XDG_DATA_HOME=/home/a/.local/share HOME=/x"}, "", []Daemon{{20, true}}},
		"a relative path":    {own, procEntry{comm: daemonName, status: mine, environ: "XDG_DATA_HOME=data HOME=/home/a"}, "", []Daemon{{20, true}}},
		"another user":       {own, procEntry{comm: daemonName, status: "Uid:\t1001\t1001\n", environ: "HOME=/home/a"}, "", nil},
		"another program":    {own, procEntry{comm: "gnome-keyring", status: mine, environ: "HOME=/home/a"}, "", nil},
		"one that has ended": {own, procEntry{comm: daemonName, status: "State:\tZ (zombie)\n" + mine}, "", nil},
		"it hides":           {own, procEntry{comm: daemonName, status: mine, hidden: true}, "", []Daemon{{20, false}}},
		"ours hides": {
			procEntry{comm: daemonName, status: mine, hidden: true},
			procEntry{comm: daemonName, status: mine, environ: "HOME=/home/c"}, "/home/c", []Daemon{{20, true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", c.home)
			t.Setenv("XDG_DATA_HOME", "")
			proc := fakeProc(t, map[string]procEntry{"7": c.own, "20": c.other, "self": own})
			got, err := rivals(t.Context(), proc, 7)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	proc := fakeProc(t, map[string]procEntry{"7": {comm: "keepassxc", status: mine}})
	for _, process := range []int{7, 8} {
		if _, err := rivals(t.Context(), proc, process); !errors.Is(err, ErrCannotSee) {
			t.Errorf("of process %d, which is no gnome-keyring here: %v", process, err)
		}
	}
}

// TestRealRivals starts two daemons on one home, each on a bus of its own, and one more on another home.
func TestRealRivals(t *testing.T) {
	for _, program := range []string{"gnome-keyring-daemon", "dbus-run-session"} {
		if _, err := exec.LookPath(program); err != nil {
			needKeyring(t)
			t.Skipf("%s is not installed", program)
		}
	}
	home := t.TempDir()
	first, second := startDaemon(t, home), startDaemon(t, home)
	startDaemon(t, t.TempDir())
	for own, other := range map[int]int{first: second, second: first} {
		got, err := Rivals(testContext(t), own)
		if err != nil || !slices.Equal(got, []Daemon{{other, true}}) {
			t.Errorf("rivals of %d: %+v, %v; want %d", own, got, err, other)
		}
	}
}

// startDaemon starts a gnome-keyring on a bus of its own and returns its process id.
func startDaemon(t *testing.T, home string) int {
	t.Helper()
	run := t.TempDir()
	if err := os.Chmod(run, 0o700); err != nil {
		t.Fatal(err)
	}
	session := exec.Command("dbus-run-session", "--", "sh", "-c",
		`gnome-keyring-daemon --foreground --components=secrets >/dev/null 2>&1 & echo $!; wait`)
	session.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+run, "XDG_DATA_HOME=", "DISPLAY=", "WAYLAND_DISPLAY=")
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	process, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Its shell ends with it, and the bus with that.
		if daemon, err := os.FindProcess(process); err == nil {
			_ = daemon.Kill()
		}
		_ = session.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := readDaemon("/proc", process); err == nil {
			return process
		}
		if time.Now().After(deadline) {
			t.Fatal("waited 10 s for gnome-keyring")
		}
	}
}

func TestSessionBus(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	gone := "unix:path=" + filepath.Join(t.TempDir(), "gone")
	for address, want := range map[string]string{"": "", gone: gone} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		bus, err := SessionBus(testContext(t))
		if !bus.Needed || bus.Address != want || is(t, err, ErrUnavailable) != NoSessionBus {
			t.Errorf("%q: %+v, %v", address, bus, err)
		}
	}
}

func TestSystemProbe(t *testing.T) {
	ring := newSystemRing(t)
	if bus, err := SessionBus(testContext(t)); err != nil || bus.Address == "" {
		t.Errorf("bus: %+v, %v", bus, err)
	}
	if took, err := ring.Probe(testContext(t), 1200); err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	if names, err := ring.store.List(testContext(t)); err != nil || len(names) != 0 {
		t.Errorf("left behind: %q, %v", names, err)
	}
}
