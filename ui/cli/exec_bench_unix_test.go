//go:build !windows

package cli_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// execBound is what exec may add to a child's start.
const execBound = 30 * time.Millisecond

// BenchmarkExec measures what exec adds to the start of a program, with the secrets in the system's keyring: in
// botring's place, and beside it with masked output. Fastest rounds that take more than twice the bound fail.
func BenchmarkExec(b *testing.B) {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		b.Skip("no system keyring (scripts/with-keyring.sh brings one up)")
	}
	bin, err := program()
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	env := append(os.Environ(), "HOME="+home, "BOTRING_HOME="+home+"/botring", "BOTRING_RING=bench-exec")
	add := exec.CommandContext(b.Context(), bin, "add", "--no-login")
	add.Env = append(slices.Clone(env), "BOT_TOKEN="+fineToken, "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef")
	if out, err := add.CombinedOutput(); err != nil {
		b.Skipf("no system keyring: %v: %s", err, out)
	}
	b.Cleanup(func() {
		remove := exec.Command(bin, "remove", botID, "--yes")
		remove.Env = env
		if out, err := remove.CombinedOutput(); err != nil {
			b.Errorf("%v: %s", err, out)
		}
	})
	run := func(b *testing.B, args ...string) time.Duration {
		b.Helper()
		cmd := exec.CommandContext(b.Context(), args[0], args[1:]...)
		cmd.Env = env
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		return time.Since(began)
	}
	for _, flags := range []string{"", "--mask"} {
		b.Run(strings.TrimLeft("exec "+flags, "-"), func(b *testing.B) {
			with := append(append([]string{bin, "exec", botID}, strings.Fields(flags)...), "--", "true")
			var added []time.Duration
			for b.Loop() {
				added = append(added, run(b, with...)-run(b, "true"))
			}
			slices.Sort(added)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(added[len(added)/2].Microseconds())/1e3, "ms-added")
			b.ReportMetric(float64(execBound.Milliseconds()), "ms-bound")
			if fast := added[len(added)/10]; len(added) >= 10 && fast > 2*execBound {
				b.Errorf("the fastest rounds add %v", fast)
			}
		})
	}
}
