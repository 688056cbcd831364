package cli_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"botring/ui/internal/screentest"
)

// catalogue makes a home with n bots in its catalogue and no keyring anywhere. A program does it: under the race
// detector, which tests have and it has not, ten thousand rows take most of a minute.
func catalogue(t testing.TB, n int) string {
	t.Helper()
	home := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "run", "./testdata/fill", home, strconv.Itoa(n)).CombinedOutput(); err != nil {
		t.Fatalf("fill a catalogue: %v\n%s", err, out)
	}
	return home
}

// startOn opens the program on a home, with bus for a D-Bus session.
func startOn(t testing.TB, home, bus string) (*screentest.Screen, *exec.Cmd) {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "--home", home)
	cmd.Env = []string{"HOME=" + home, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "DBUS_SESSION_BUS_ADDRESS=" + bus}
	return screentest.Start(t, cmd, 100, 30), cmd
}

// A bus that takes connections and never answers holds up neither the list nor the leaving.
func TestABusThatHangs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	asked := make(chan net.Conn, 1)
	go func() {
		if conn, err := listener.Accept(); err == nil {
			asked <- conn
		}
	}()
	s, _ := startOn(t, catalogue(t, 50), "unix:path="+socket)
	s.See("50 bots")
	select {
	case conn := <-asked:
		defer func() { _ = conn.Close() }()
	case <-time.After(20 * time.Second):
		t.Fatal("the keyring is never asked for")
	}
	s.Type("!")
	s.See("No bot needs you")
	s.Ctrl('c')
	if err := s.Ended(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

// A start, from the fork to the first frame that shows the bots.
func BenchmarkFirstFrame1000(b *testing.B) { firstFrame(b, 1000) }

// The same with as many bots as the list is made for.
func BenchmarkFirstFrame10000(b *testing.B) { firstFrame(b, 10_000) }

func firstFrame(b *testing.B, bots int) {
	home := catalogue(b, bots)
	if _, err := program(); err != nil { // not while the clock runs
		b.Fatal(err)
	}
	var cpu time.Duration // up to the end of the process, most of it before the first frame
	for b.Loop() {
		s, cmd := startOn(b, home, "unix:path=/nonexistent")
		s.Wrote("Bot number 00000")
		b.StopTimer()
		b.ReportMetric(float64(resident(b, cmd.Process.Pid))/1e6, "MB-resident")
		s.Ctrl('c')
		_ = s.Ended()
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		b.StartTimer()
	}
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "ms-cpu")
}

// resident is the memory of a process in bytes.
func resident(tb testing.TB, pid int) int {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Skipf("no /proc to read a process's memory from: %v", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		tb.Fatal(err)
	}
	return kb * 1024
}
