package secretservice

import (
	"testing"
	"time"

	"botring/keyring/secretservice/servicetest"
)

// startBus makes a bus of the test's own the session bus.
func startBus(t testing.TB, service ...string) *servicetest.Bus {
	t.Helper()
	bus := servicetest.StartBus(t, service...)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	return bus
}

// startGnome puts a real gnome-keyring on a session bus of the test's own.
func startGnome(t testing.TB) *servicetest.Gnome {
	t.Helper()
	return servicetest.StartGnome(t, startBus(t))
}

// connectTo makes a client of the session bus.
func connectTo(t testing.TB) *Client {
	t.Helper()
	client, err := Connect(testContext(t, 10*time.Second), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// eventually waits for what other goroutines take a moment to do.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}
