// Package servicetest is what tests put in the place of a user's keyring: a bus of their own, on it a real
// gnome-keyring or a Secret Service that does what it is told, and a way to look at what is in either that
// is not the client under test.
//
//	bus := servicetest.StartBus(t)
//	service := servicetest.StartService(t, bus)
//	service.Set(func() { service.Locked, service.Answer = true, servicetest.Dismissed })
//
// None of it is linked into the program.
package servicetest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Skip skips a test for want of something installed, or fails it where skipping is not allowed.
func Skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("BOTRING_REQUIRE_KEYRING") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// A Bus is a D-Bus session bus of a test's own.
type Bus struct {
	// Address is what DBUS_SESSION_BUS_ADDRESS has to be.
	Address string
	process *exec.Cmd
}

// StartBus runs a bus until the test ends. It can start nothing but the Secret Service, and that only with
// a command for it. Whoever is on it may listen to everything.
func StartBus(t testing.TB, service ...string) *Bus {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		Skip(t, "dbus-daemon is not installed")
	}
	dir := shortDir(t)
	config := filepath.Join(dir, "bus.conf")
	socket := filepath.Join(dir, "bus")
	services := ""
	if len(service) > 0 {
		services = "<servicedir>" + dir + "</servicedir>"
		write(t, filepath.Join(dir, serviceName+".service"),
			"[D-BUS Service]\nName="+serviceName+"\nExec="+strings.Join(service, " ")+"\n")
	}
	write(t, config, `<busconfig><type>session</type><listen>unix:path=`+socket+`</listen>`+services+`
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
		</busconfig>`)
	b := &Bus{Address: "unix:path=" + socket, process: exec.CommandContext(t.Context(), daemon, "--config-file="+config, "--nofork")}
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Kill)
	eventually(t, "the bus to listen", func() bool {
		conn, err := net.Dial("unix", socket) //nolint:noctx // it answers at once or is not there
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return b
}

// Listen begins to look on at the bus, and returns what ends that and tells what was said there.
func (b *Bus) Listen(t testing.TB) (traffic func() string) {
	t.Helper()
	monitor, err := exec.LookPath("dbus-monitor")
	if err != nil {
		Skip(t, "dbus-monitor is not installed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var seen strings.Builder
	command := exec.CommandContext(ctx, monitor, "--address", b.Address, "--binary")
	command.Stdout = &seen
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // dbus-monitor does not say when it has begun
	return func() string {
		time.Sleep(100 * time.Millisecond)
		cancel()
		_ = command.Wait()
		return seen.String()
	}
}

// Kill ends the bus.
func (b *Bus) Kill() { kill(b.process) }

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// shortDir makes a directory whose name fits into a socket's address, which that of a t.TempDir may not.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what other processes take a moment to do.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 20 s for %s", what)
		}
	}
}
