package cli_test

import (
	"os/exec"
	"slices"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/ui/internal/screentest"
)

// scale is how many bots the list is made for.
const scale = 10_000

// startScaled opens the list of many bots on a terminal of 120 by 40 and lets it come to rest.
func startScaled(t testing.TB, home string) *screentest.Screen {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "--home", home)
	cmd.Env = []string{"HOME=" + home, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
	s := screentest.Start(t, cmd, 120, 40)
	s.See("10000 bots")
	s.See("no keyring") // the last that comes by itself, but for the seconds
	return s
}

// answer presses a key and returns how long it takes until something is written, and how much is by then and in the
// time of two frames after it.
func answer(t testing.TB, s *screentest.Screen, key string) (took time.Duration, written int) {
	t.Helper()
	before, began := s.Written(), time.Now()
	s.Type(key)
	s.WroteOn(before)
	took = time.Since(began)
	time.Sleep(20 * time.Millisecond)
	return took, s.Written() - before
}

// TestMovesWriteLittle: a line of a remote terminal is slow. Moving by a row, down the screen and then scrolling it,
// never writes more than 8 KB.
func TestMovesWriteLittle(t *testing.T) {
	t.Parallel()
	const most = 8 << 10
	s := startScaled(t, catalogue(t, scale))
	for _, key := range []string{"j", "G", "k"} {
		moves, largest := 45, 0
		if key == "G" {
			moves = 1
		}
		for range moves {
			if _, n := answer(t, s, key); key != "G" {
				largest = max(largest, n)
			}
		}
		t.Logf("%s writes up to %d bytes", key, largest)
		if largest > most {
			t.Errorf("%s writes %d bytes, the bound is %d", key, largest, most)
		}
	}
}

// TestStartAtScale: the list of ten thousand bots is there at once. What is bounded is the work up to the first frame
// that shows it, all threads together, since other work on the machine lengthens the wait for it.
func TestStartAtScale(t *testing.T) {
	t.Parallel()
	const bound = 200 * time.Millisecond
	home := catalogue(t, scale)
	best := time.Hour
	for range 5 {
		s, cmd := startOn(t, home, "unix:path=/nonexistent")
		s.Wrote("Bot number 00000")
		_ = cmd.Process.Kill()
		_ = s.Ended()
		best = min(best, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	t.Logf("%v of work up to the first frame", best)
	if best > bound {
		t.Errorf("%v of work up to the first frame, the bound is %v", best, bound)
	}
}

// A key on a terminal, from the key to the first byte of what is drawn for it. The renderer draws 120 times a second,
// which is up to 8 ms of it.
func BenchmarkKeyOnTerminal(b *testing.B) {
	s := startScaled(b, catalogue(b, scale))
	var took []time.Duration
	for b.Loop() {
		for _, key := range []string{"j", "G", "k", "g", "s", "S", "s", "/", "n", "u", "9", "\x7f"} {
			one, _ := answer(b, s, key)
			took = append(took, one)
		}
		s.Press(uv.KeyEscape) // known as the key after a pause, which is not ours
		s.Gone("/ nu")
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}
