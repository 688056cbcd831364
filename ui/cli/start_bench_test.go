package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkStart is commands from their fork to their exit, of the program as it is given to people, beside a program
// of Go's that prints a line: what the system and Go's runtime take by themselves. They are run in turn, so that other
// work on the machine slows all of them; what is told are medians.
func BenchmarkStart(b *testing.B) {
	bin, home := b.TempDir(), catalogue(b, 1000)
	build := func(name string, what ...string) string {
		program := filepath.Join(bin, name)
		cmd := exec.CommandContext(b.Context(), "go", append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", program}, what...)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		return program
	}
	hello, botring := build("hello", "./testdata/hello"), build("botring", "botring")
	commands := map[string][]string{
		"hello":    {hello},
		"version":  {botring, "version"},
		"help":     {botring, "--help"},
		"list":     {botring, "list", "--json", "--home", home},
		"complete": {botring, "__complete", "--home", home, "show", ""},
	}
	took := map[string][]time.Duration{}
	for b.Loop() {
		for name, args := range commands {
			cmd := exec.CommandContext(b.Context(), args[0], args[1:]...)
			cmd.Env = []string{"HOME=" + home, "LANG=C.UTF-8", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
			began := time.Now()
			if out, err := cmd.Output(); err != nil || len(out) == 0 {
				b.Fatalf("%s: %v: %q", name, err, out)
			}
			took[name] = append(took[name], time.Since(began))
		}
	}
	for name, times := range took {
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2].Microseconds())/1e3, "ms-"+name)
	}
	b.ReportMetric(0, "ns/op")
}
