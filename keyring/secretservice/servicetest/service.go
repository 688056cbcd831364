package servicetest

import (
	"errors"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
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

	nothing = dbus.ObjectPath("/")
)

// An Answer is how a prompt is answered.
type Answer int

// The answers.
const (
	Accepted Answer = iota
	Dismissed
	Unanswered
	// Death: the service dies while its prompt is shown.
	Death
)

// Where a Service has its things.
const (
	Collection  = dbus.ObjectPath("/a/place/of/its/own")
	itemPaths   = Collection + "/"
	promptPaths = dbus.ObjectPath("/prompts/")
)

// An Item is one of a Service's.
type Item struct {
	Label      string
	Attributes map[string]string
	Text       string
	Locked     bool // by itself, as KeePassXC's are until the user lets us at them
}

// A Secret is one as it travels: the struct (oayays) of the specification.
type Secret struct {
	Session     dbus.ObjectPath
	Vector      []byte
	Sealed      []byte
	ContentType string
}

// A Service is a Secret Service that does what a test wants. Its fields are set before its first call, or
// in Set.
type Service struct {
	t       testing.TB
	address string

	mu       sync.Mutex
	conn     *dbus.Conn
	sessions map[dbus.ObjectPath][]byte
	prompts  map[dbus.ObjectPath]func()
	shown    map[dbus.ObjectPath]func() // those that wait for somebody
	next     int
	calls    map[string]int

	// Items are what it holds. Those outside Collection are in another one.
	Items map[dbus.ObjectPath]*Item
	// Locked: the collection is. Mute: Unlock shows no prompt, and unlocks nothing.
	Locked, Mute bool
	NoCollection bool
	WritePrompts bool   // CreateItem and Delete prompt, as KeePassXC's may
	HideLocked   bool   // SearchItems finds nothing while locked, as KeePassXC's
	Answer       Answer // of every prompt
	// TakesPasswords: it says that it has gnome-keyring's interface for them.
	TakesPasswords bool
	// Before is called with a call's name, such as "CreateItem" or "Get Locked", before it does anything;
	// an error is its answer, and after its death there is none. See Refusal. A write is called a second time
	// by what it writes: "CreateItem app/1".
	Before func(call string) error
	// After is called when a call is done, before its answer is sent.
	After func(call string)
	// PublicKey and Wire replace what is sent.
	PublicKey func([]byte) any
	Wire      func(Secret) Secret
	// Keep replaces what is stored; nil is nothing, acknowledged all the same.
	Keep func(*Item) *Item
}

// StartService puts a service on the bus until the test ends.
func StartService(t testing.TB, bus *Bus) *Service {
	t.Helper()
	f := &Service{t: t, address: bus.Address, Items: map[dbus.ObjectPath]*Item{}, calls: map[string]int{}}
	f.start()
	t.Cleanup(f.Die)
	return f
}

// start connects the service, with no memory of sessions.
func (f *Service) start() {
	f.t.Helper()
	conn, err := dbus.Connect(f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.conn, f.sessions = conn, map[dbus.ObjectPath][]byte{}
	f.prompts, f.shown = map[dbus.ObjectPath]func(){}, map[dbus.ObjectPath]func(){}
	f.mu.Unlock()
	for _, export := range []error{
		conn.Export(serviceObject{f}, servicePath, serviceInterface),
		conn.Export(introspection{f}, servicePath, "org.freedesktop.DBus.Introspectable"),
		conn.ExportSubtree(collectionObject{f}, Collection, collectionInterface),
		conn.ExportSubtree(itemObject{f}, Collection, itemInterface),
		conn.ExportSubtree(propertiesObject{f}, Collection, "org.freedesktop.DBus.Properties"),
		conn.ExportSubtree(itemObject{f}, "/elsewhere", itemInterface),
		conn.ExportSubtree(propertiesObject{f}, "/elsewhere", "org.freedesktop.DBus.Properties"),
		conn.ExportSubtree(promptObject{f}, "/prompts", promptInterface),
		conn.ExportSubtree(sessionObject{f}, "/sessions", sessionInterface),
	} {
		if export != nil {
			f.t.Fatal(export)
		}
	}
	const takeOver = dbus.NameFlagAllowReplacement | dbus.NameFlagReplaceExisting | dbus.NameFlagDoNotQueue
	if reply, err := conn.RequestName(serviceName, takeOver); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		f.t.Fatalf("own the name: %v, %v", reply, err)
	}
}

// Die ends the service's connection, as a crash would.
func (f *Service) Die() {
	f.mu.Lock()
	conn := f.conn
	f.mu.Unlock()
	_ = conn.Close()
}

// Restart replaces the service's process by a successor, which has the items and no sessions.
func (f *Service) Restart() {
	f.mu.Lock()
	conn := f.conn
	f.mu.Unlock()
	f.start()
	_ = conn.Close()
}

// Forget drops all sessions, as a restart that nobody noticed would.
func (f *Service) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.sessions)
}

// Heal makes the service one that works, its process a new one if it has died. Its items stay.
func (f *Service) Heal() {
	f.t.Helper()
	f.mu.Lock()
	f.Locked, f.Mute, f.NoCollection, f.WritePrompts, f.HideLocked, f.Answer = false, false, false, false, false, Accepted
	f.Before, f.After, f.PublicKey, f.Wire, f.Keep = nil, nil, nil, nil, nil
	conn := f.conn
	f.mu.Unlock()
	if !conn.Connected() {
		f.start()
	}
}

// Set changes the service under its lock.
func (f *Service) Set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// Count says how often a call was called.
func (f *Service) Count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// errDied is what nobody hears of a call that its service did not survive.
var errDied = errors.New("died")

// enter counts a call and runs Before.
func (f *Service) enter(method string) *dbus.Error {
	f.mu.Lock()
	f.calls[method]++
	before, conn := f.Before, f.conn
	f.mu.Unlock()
	if before == nil {
		return nil
	}
	var refused dbus.Error
	switch err := before(method); {
	case !conn.Connected():
		return dbus.MakeFailedError(errDied)
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &refused
	default:
		return dbus.MakeFailedError(err)
	}
}

func (f *Service) leave(method string) {
	f.mu.Lock()
	after := f.After
	f.mu.Unlock()
	if after != nil {
		after(method)
	}
}

// Refusal is an error that a call can be answered with, by its name on the bus.
func Refusal(name string) error { return *refusal(name) }

func refusal(name string) *dbus.Error { return dbus.NewError(name, []any{"says the scripted service"}) }
