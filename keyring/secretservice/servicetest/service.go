package servicetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

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

// serviceObject is the service as the bus sees it.
type serviceObject struct{ *Service }

func (f serviceObject) OpenSession(algorithm string, input dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("OpenSession"); err != nil {
		return dbus.Variant{}, nothing, err
	}
	defer f.leave("OpenSession")
	f.mu.Lock()
	defer f.mu.Unlock()
	peer, _ := input.Value().([]byte)
	exchange, err := dh.New()
	if err != nil {
		return dbus.Variant{}, nothing, dbus.MakeFailedError(err)
	}
	key, err := exchange.Key(peer)
	if err != nil && f.PublicKey == nil {
		// The other 255 of 256 exchanges are not this test's subject.
		key = make([]byte, dh.KeySize)
	}
	f.next++
	path := dbus.ObjectPath(fmt.Sprint("/sessions/", f.next))
	f.sessions[path] = key
	if f.PublicKey != nil {
		return dbus.MakeVariant(f.PublicKey(exchange.Public())), path, nil
	}
	return dbus.MakeVariant(exchange.Public()), path, nil
}

func (f serviceObject) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("ReadAlias"); err != nil {
		return nothing, err
	}
	defer f.leave("ReadAlias")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.NoCollection {
		return nothing, nil
	}
	return Collection, nil
}

func (f serviceObject) SearchItems(attributes map[string]string) ([]dbus.ObjectPath, []dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("SearchItems"); err != nil {
		return nil, nil, err
	}
	defer f.leave("SearchItems")
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []dbus.ObjectPath
	for path, item := range f.Items {
		matches := true
		for key, value := range attributes {
			matches = matches && item.Attributes[key] == value
		}
		if matches {
			found = append(found, path)
		}
	}
	switch {
	case f.Locked && f.HideLocked:
		return nil, nil, nil
	case f.Locked:
		return nil, found, nil
	default:
		return found, nil, nil
	}
}

func (f serviceObject) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("Unlock"); err != nil {
		return nil, nothing, err
	}
	defer f.leave("Unlock")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Mute {
		return nil, nothing, nil
	}
	return nil, f.prompt(func() {
		for _, object := range objects {
			if item, ok := f.Items[object]; ok {
				item.Locked = false
			} else {
				f.Locked = false
			}
		}
	}), nil
}

// prompt makes a prompt that does something when it is accepted. The caller holds mu.
func (f *Service) prompt(accepted func()) dbus.ObjectPath {
	f.next++
	path := dbus.ObjectPath(fmt.Sprint(promptPaths, f.next))
	f.prompts[path] = accepted
	return path
}

// secretOf is an item's secret on the wire. The caller holds mu.
func (f *Service) secretOf(item *Item, session dbus.ObjectPath) (Secret, *dbus.Error) {
	key, ok := f.sessions[session]
	if !ok {
		return Secret{}, refusal("org.freedesktop.Secret.Error.NoSession")
	}
	if f.Locked || item.Locked {
		return Secret{}, refusal("org.freedesktop.Secret.Error.IsLocked")
	}
	vector, sealed, err := dh.Seal(key, item.Text)
	if err != nil {
		return Secret{}, dbus.MakeFailedError(err)
	}
	w := Secret{Session: session, Vector: vector, Sealed: sealed, ContentType: "text/plain"}
	if f.Wire != nil {
		w = f.Wire(w)
	}
	return w, nil
}

func (f serviceObject) GetSecrets(paths []dbus.ObjectPath, session dbus.ObjectPath) (map[dbus.ObjectPath]Secret, *dbus.Error) {
	if err := f.enter("GetSecrets"); err != nil {
		return nil, err
	}
	defer f.leave("GetSecrets")
	f.mu.Lock()
	defer f.mu.Unlock()
	secrets := map[dbus.ObjectPath]Secret{}
	for _, path := range paths {
		if item, ok := f.Items[path]; !ok || item.Locked {
			continue
		}
		w, err := f.secretOf(f.Items[path], session)
		if err != nil {
			return nil, err
		}
		secrets[path] = w
	}
	return secrets, nil
}
