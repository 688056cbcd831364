package secretservice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
	"botring/keyring/secretservice/internal/dh"
)

// Names of the specification.
const (
	serviceName         = "org.freedesktop.secrets"
	servicePath         = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	itemInterface       = "org.freedesktop.Secret.Item"
	promptInterface     = "org.freedesktop.Secret.Prompt"
	sessionInterface    = "org.freedesktop.Secret.Session"
	propertyGet         = "org.freedesktop.DBus.Properties.Get"
)

// callTimeout bounds a call that needs no human, where the caller's context does not end sooner. It is
// the time D-Bus libraries usually wait.
const callTimeout = 25 * time.Second

// A link is a connection to one process that owns the Secret Service name, with an encrypted session.
// Calls go to that process's unique name: should another take over, they fail instead of reaching a
// stranger to the session.
type link struct {
	conn    *dbus.Conn
	raw     net.Conn
	owner   string
	session dbus.ObjectPath
	key     []byte
	opts    Options
}

// dial connects to bus and service and opens the session.
func dial(ctx context.Context, opts Options) (*link, error) {
	conn, raw, err := openBus(ctx)
	if err != nil {
		return nil, err
	}
	l := &link{conn: conn, raw: raw, opts: opts}
	if l.owner, err = findOwner(ctx, conn); err == nil {
		err = l.openSession(ctx)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// close ends the connection, and with it the session. The socket goes first: godbus waits for writes that
// are under way.
func (l *link) close() {
	_ = l.raw.Close()
	_ = l.conn.Close()
}

// openSession agrees on the key that encrypts secrets on the bus.
func (l *link) openSession(ctx context.Context) error {
	for range 8 {
		exchange, err := dh.New()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoEncryption, err)
		}
		var answer dbus.Variant
		err = l.call(ctx, servicePath, serviceInterface+".OpenSession", dh.Algorithm,
			dbus.MakeVariant(exchange.Public())).store(&answer, &l.session)
		if err != nil {
			if errors.Is(err, ErrFault) {
				return fmt.Errorf("%w: %w", ErrNoEncryption, err)
			}
			return fmt.Errorf("open session: %w", err)
		}
		peer, ok := answer.Value().([]byte)
		if !ok {
			return fmt.Errorf("%w: no public key in its answer", ErrNoEncryption)
		}
		l.key, err = exchange.Key(peer)
		if !errors.Is(err, dh.ErrShortKey) {
			if err != nil {
				return fmt.Errorf("%w: %w", ErrNoEncryption, err)
			}
			return nil
		}
		// A session nobody uses: whether it closes well does not matter.
		_ = l.call(ctx, l.session, sessionInterface+".Close").err
	}
	return fmt.Errorf("%w: %w", ErrNoEncryption, dh.ErrShortKey)
}

// A reply is a call's outcome, its error already one of this package's.
type reply struct {
	body []any
	err  error
}

// store copies the answer to values; an answer of another shape is ErrFault.
func (r reply) store(values ...any) error {
	if r.err != nil {
		return r.err
	}
	if err := dbus.Store(r.body, values...); err != nil {
		return fmt.Errorf("%w: unexpected answer: %w", ErrFault, err)
	}
	return nil
}

// call calls a method of the service and waits for its answer, no longer than callTimeout.
func (l *link) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) reply {
	if !path.IsValid() {
		return reply{err: fmt.Errorf("%w: %q is no object path", ErrFault, path)}
	}
	return l.send(ctx, l.conn.Object(l.owner, path), method, args...)
}

// send calls a method of any object.
func (l *link) send(ctx context.Context, object dbus.BusObject, method string, args ...any) reply {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	done := object.CallWithContext(bounded, method, 0, args...)
	return reply{body: done.Body, err: callError(ctx, done.Err)}
}

// property reads one property of an object.
func (l *link) property(ctx context.Context, path dbus.ObjectPath, iface, name string, value any) error {
	var boxed dbus.Variant
	if err := l.call(ctx, path, propertyGet, iface, name).store(&boxed); err != nil {
		return err
	}
	if err := boxed.Store(value); err != nil {
		return fmt.Errorf("%w: property %s: %w", ErrFault, name, err)
	}
	return nil
}

// defaultCollection returns where new items go, or ErrNoCollection.
func (l *link) defaultCollection(ctx context.Context) (dbus.ObjectPath, error) {
	var path dbus.ObjectPath
	if err := l.call(ctx, servicePath, serviceInterface+".ReadAlias", "default").store(&path); err != nil {
		return "", fmt.Errorf("look up the default collection: %w", err)
	}
	if path == nothing {
		return "", ErrNoCollection
	}
	return path, nil
}

// locked reports whether a collection is locked.
func (l *link) locked(ctx context.Context, collection dbus.ObjectPath) (bool, error) {
	var locked bool
	if err := l.property(ctx, collection, collectionInterface, "Locked", &locked); err != nil {
		return false, fmt.Errorf("see whether the collection is locked: %w", goneAs(ErrNoCollection, err))
	}
	return locked, nil
}

// provider names the program behind the service and its process, as far as the bus and /proc tell.
func (l *link) provider(ctx context.Context) (name string, process int) {
	var pid uint32
	err := l.send(ctx, l.conn.BusObject(), "org.freedesktop.DBus.GetConnectionUnixProcessID", l.owner).store(&pid)
	if err != nil {
		return providerName(""), 0
	}
	// A service in another PID namespace (a container's) has no entry, or somebody else's; a wrong name
	// here misleads nobody but the reader.
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return providerName(""), int(pid)
	}
	return providerName(strings.TrimSpace(string(comm))), int(pid)
}

// gnomeKeyring is the name of the provider that is not to be told to dismiss a prompt.
const gnomeKeyring = "gnome-keyring"

// providerName turns a process's name, which the kernel cuts after 15 bytes, into one people know.
func providerName(comm string) string {
	switch comm {
	case "gnome-keyring-d", "gnome-keyring":
		return gnomeKeyring
	case "keepassxc":
		return "KeePassXC"
	case "kwalletd5", "kwalletd6", "ksecretd":
		return "KWallet"
	case "oo7-daemon":
		return "oo7"
	default:
		return "Secret Service"
	}
}

// A wireSecret is a secret as it travels: the struct (oayays) of the specification.
type wireSecret struct {
	Session     dbus.ObjectPath
	Vector      []byte
	Sealed      []byte
	ContentType string
}

// wrap encrypts a value for the wire. Text and other bytes are told apart because KeePassXC keeps a text
// as the entry's password and cannot do that with bytes.
func (l *link) wrap(value secret.Secret) (wireSecret, error) {
	text := value.Reveal()
	vector, sealed, err := dh.Seal(l.key, text)
	if err != nil {
		return wireSecret{}, fmt.Errorf("%w: %w", ErrNoEncryption, err)
	}
	contentType := "text/plain; charset=utf8"
	if !utf8.ValidString(text) {
		contentType = "application/octet-stream"
	}
	return wireSecret{Session: l.session, Vector: vector, Sealed: sealed, ContentType: contentType}, nil
}

// unwrap undoes wrap.
func (l *link) unwrap(w wireSecret) (secret.Secret, error) {
	text, err := dh.Unseal(l.key, w.Vector, w.Sealed)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrFault, err)
	}
	return secret.New(text), nil
}
