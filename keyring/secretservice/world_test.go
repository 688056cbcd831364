package secretservice

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// skip skips a test for want of something installed, or fails it where skipping is not allowed.
func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("BOTRING_REQUIRE_KEYRING") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// startBus runs a bus of the test's own and makes it the session bus. It can start nothing but the
// Secret Service, and that only with a command for it.
func startBus(t testing.TB, service ...string) (address string) {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		skip(t, "dbus-daemon is not installed")
	}
	//nolint:usetesting // the name of a t.TempDir may be longer than a socket's can be, and hold commas
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	socket := filepath.Join(dir, "bus")
	services := ""
	if len(service) > 0 {
		services = "<servicedir>" + dir + "</servicedir>"
		file := "[D-BUS Service]\nName=" + serviceName + "\nExec=" + strings.Join(service, " ") + "\n"
		if err := os.WriteFile(filepath.Join(dir, serviceName+".service"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err = os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>unix:path=`+socket+`</listen>`+services+`
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
		</busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(daemon, "--config-file="+config, "--nofork")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	eventually(t, "the bus to listen", func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	address = "unix:path=" + socket
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	return address
}

// eventually waits for what other processes take a moment to do.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}
