package secretservice

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	// greetTimeout bounds the first words with a bus.
	greetTimeout = 5 * time.Second
	// startTimeout bounds how long the bus may take to start the service. It is not a prompt's time: a
	// service that is starting asks nothing.
	startTimeout = 10 * time.Second
	// writeTimeout bounds one write to the bus, whose socket takes anything at once unless it hangs.
	writeTimeout = 5 * time.Second
)

// sessionBus returns the address of a session bus that is already running. A bus that would have to be
// started is none: a keyring on it would belong to nobody else's session, and the bus would outlive us.
func sessionBus() (string, error) {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address, nil
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		socket := filepath.Join(dir, "bus")
		if _, err := os.Stat(socket); err == nil {
			return "unix:path=" + dbus.EscapeBusAddressValue(socket), nil
		}
		return "", fmt.Errorf("%w: DBUS_SESSION_BUS_ADDRESS is not set, and there is no %s", ErrNoBus, socket)
	}
	return "", fmt.Errorf("%w: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set", ErrNoBus)
}

// sockets returns the Unix sockets that a bus address names, in its order, abstract ones with a leading @.
// Other transports are left out: autolaunch starts a bus, tcp shows it to the network.
func sockets(address string) []string {
	var names []string
	for entry := range strings.SplitSeq(address, ";") {
		list, ok := strings.CutPrefix(entry, "unix:")
		if !ok {
			continue
		}
		for pair := range strings.SplitSeq(list, ",") {
			key, value, _ := strings.Cut(pair, "=")
			value, err := dbus.UnescapeBusAddressValue(value)
			if err != nil || value == "" {
				continue
			}
			switch key {
			case "path":
				names = append(names, value)
			case "abstract":
				names = append(names, "@"+value)
			}
		}
	}
	return names
}

// openBus connects to the session bus and introduces itself there.
func openBus(ctx context.Context) (*dbus.Conn, net.Conn, error) {
	address, err := sessionBus()
	if err != nil {
		return nil, nil, err
	}
	names := sockets(address)
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("%w: no Unix socket in the address %q", ErrNoBus, address)
	}
	var failures []error
	for _, name := range names {
		raw, err := new(net.Dialer).DialContext(ctx, "unix", name)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		conn, err := greet(ctx, raw)
		if err != nil {
			failures = append(failures, err)
			_ = raw.Close()
			continue
		}
		return conn, raw, nil
	}
	if ctx.Err() != nil {
		return nil, nil, contextError(ctx)
	}
	return nil, nil, fmt.Errorf("%w: %w", ErrNoBus, errors.Join(failures...))
}

// greet authenticates on a fresh socket. godbus does that without a context, so the end of ours closes the
// socket under it.
func greet(ctx context.Context, raw net.Conn) (*dbus.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	stop := context.AfterFunc(bounded, func() { _ = raw.Close() })
	defer stop()
	conn, err := dbus.NewConn(&wire{Conn: raw, in: bufio.NewReader(raw)},
		dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, err
	}
	if err := conn.Auth(nil); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("authenticate on the bus: %w", err)
	}
	if err := conn.Hello(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("say hello to the bus: %w", err)
	}
	return conn, nil
}

// wire is the socket as godbus sees it: read in large pieces, and never waiting long for a write, which
// would hold up even Close.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func (w *wire) Read(p []byte) (int, error) { return w.in.Read(p) }

func (w *wire) Write(p []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

// findOwner returns the unique name of whoever is the Secret Service, letting the bus start it, as
// desktops do.
func findOwner(ctx context.Context, conn *dbus.Conn) (string, error) {
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	owner, err := nameOwner(starting, conn)
	if err == nil {
		return owner, nil
	}
	var started uint32
	err = conn.BusObject().CallWithContext(starting, "org.freedesktop.DBus.StartServiceByName", 0,
		serviceName, uint32(0)).Store(&started)
	if err == nil {
		owner, err = nameOwner(starting, conn)
	}
	switch {
	case err == nil:
		return owner, nil
	case ctx.Err() != nil:
		return "", contextError(ctx)
	case !conn.Connected():
		return "", fmt.Errorf("%w: %w", ErrNoBus, err)
	default:
		return "", fmt.Errorf("%w: %w", ErrNoService, err)
	}
}

func nameOwner(ctx context.Context, conn *dbus.Conn) (owner string, err error) {
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, serviceName).Store(&owner)
	return owner, err
}
