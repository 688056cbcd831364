package secretservice

import (
	"fmt"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// How a fake answers a prompt.
type promptAnswer int

const (
	promptAccepted promptAnswer = iota
	promptDismissed
	promptUnanswered
	promptDeath
)

const (
	fakeCollection = dbus.ObjectPath("/a/place/of/its/own")
	fakeItems      = fakeCollection + "/"
	fakePrompts    = dbus.ObjectPath("/prompts/")
)

type fakeItem struct {
	label      string
	attributes map[string]string
	text       string
	locked     bool // by itself, as KeePassXC's items are until the user lets us at them
}

// A fakeService is a Secret Service that does what a test wants. Its fields are set before its first call,
// or under mu.
type fakeService struct {
	t       testing.TB
	address string

	mu       sync.Mutex
	conn     *dbus.Conn
	items    map[dbus.ObjectPath]*fakeItem
	sessions map[dbus.ObjectPath][]byte
	prompts  map[dbus.ObjectPath]func()
	next     int
	calls    map[string]int

	locked         bool
	noCollection   bool
	writePrompts   bool         // CreateItem and Delete prompt, as KeePassXC's may
	hideLocked     bool         // SearchItems finds nothing while locked, as KeePassXC's
	answer         promptAnswer // of every prompt
	takesPasswords bool         // it has gnome-keyring's interface for them
	// before is called with a method's name before it does anything; an error is its answer.
	before func(method string) *dbus.Error
	// after is called when a method is done, before its answer is sent.
	after func(method string)
	// publicKey and wire replace what is sent.
	publicKey func([]byte) dbus.Variant
	wire      func(wireSecret) wireSecret
	// store replaces what is stored.
	store func(string) string
}

// startFake puts a fake on the bus.
func startFake(t testing.TB, address string) *fakeService {
	t.Helper()
	f := &fakeService{t: t, address: address, items: map[dbus.ObjectPath]*fakeItem{}, calls: map[string]int{}}
	f.start()
	t.Cleanup(f.die)
	return f
}

// start connects the fake, with no memory of sessions.
func (f *fakeService) start() {
	f.t.Helper()
	conn, err := dbus.Connect(f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.conn, f.sessions, f.prompts = conn, map[dbus.ObjectPath][]byte{}, map[dbus.ObjectPath]func(){}
	f.mu.Unlock()
	for _, export := range []error{
		conn.Export(f, servicePath, serviceInterface),
		conn.Export(introspection{f}, servicePath, "org.freedesktop.DBus.Introspectable"),
		conn.ExportSubtree(collectionObject{f}, fakeCollection, collectionInterface),
		conn.ExportSubtree(itemObject{f}, fakeCollection, itemInterface),
		conn.ExportSubtree(propertiesObject{f}, fakeCollection, "org.freedesktop.DBus.Properties"),
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

// die ends the fake's connection, as a crash would.
func (f *fakeService) die() {
	f.mu.Lock()
	conn := f.conn
	f.mu.Unlock()
	_ = conn.Close()
}

// restart replaces the fake's process by a successor, which has the items and no sessions.
func (f *fakeService) restart() {
	f.mu.Lock()
	conn := f.conn
	f.mu.Unlock()
	f.start()
	_ = conn.Close()
}

// set changes the fake under its lock.
func (f *fakeService) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// count says how often a method was called.
func (f *fakeService) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// enter counts a call and runs before.
func (f *fakeService) enter(method string) *dbus.Error {
	f.mu.Lock()
	f.calls[method]++
	before := f.before
	f.mu.Unlock()
	if before != nil {
		return before(method)
	}
	return nil
}

func (f *fakeService) leave(method string) {
	f.mu.Lock()
	after := f.after
	f.mu.Unlock()
	if after != nil {
		after(method)
	}
}

func fault(name string) *dbus.Error { return dbus.NewError(name, []any{"says the fake"}) }

func (f *fakeService) OpenSession(algorithm string, input dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("OpenSession"); err != nil {
		return dbus.Variant{}, nothing, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	peer, _ := input.Value().([]byte)
	exchange, err := newKeyExchange()
	if err != nil {
		return dbus.Variant{}, nothing, dbus.MakeFailedError(err)
	}
	key, err := exchange.key(peer)
	if err != nil && f.publicKey == nil {
		// The other 255 of 256 exchanges are not this fake's subject.
		key = make([]byte, keySize)
	}
	f.next++
	path := dbus.ObjectPath(fmt.Sprint("/sessions/", f.next))
	f.sessions[path] = key
	if f.publicKey != nil {
		return f.publicKey(exchange.public.Bytes()), path, nil
	}
	return dbus.MakeVariant(exchange.public.Bytes()), path, nil
}

func (f *fakeService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("ReadAlias"); err != nil {
		return nothing, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noCollection {
		return nothing, nil
	}
	return fakeCollection, nil
}

func (f *fakeService) SearchItems(attributes map[string]string) ([]dbus.ObjectPath, []dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("SearchItems"); err != nil {
		return nil, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []dbus.ObjectPath
	for path, item := range f.items {
		matches := true
		for key, value := range attributes {
			matches = matches && item.attributes[key] == value
		}
		if matches {
			found = append(found, path)
		}
	}
	switch {
	case f.locked && f.hideLocked:
		return nil, nil, nil
	case f.locked:
		return nil, found, nil
	default:
		return found, nil, nil
	}
}

func (f *fakeService) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("Unlock"); err != nil {
		return nil, nothing, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return nil, f.prompt(func() {
		for _, object := range objects {
			if item, ok := f.items[object]; ok {
				item.locked = false
			} else {
				f.locked = false
			}
		}
	}), nil
}

// prompt makes a prompt that does something when it is accepted. The caller holds mu.
func (f *fakeService) prompt(accepted func()) dbus.ObjectPath {
	f.next++
	path := dbus.ObjectPath(fmt.Sprint(fakePrompts, f.next))
	f.prompts[path] = accepted
	return path
}

// secretOf is an item's secret on the wire. The caller holds mu.
func (f *fakeService) secretOf(item *fakeItem, session dbus.ObjectPath) (wireSecret, *dbus.Error) {
	key, ok := f.sessions[session]
	if !ok {
		return wireSecret{}, fault("org.freedesktop.Secret.Error.NoSession")
	}
	if f.locked || item.locked {
		return wireSecret{}, fault("org.freedesktop.Secret.Error.IsLocked")
	}
	vector, sealed, err := seal(key, item.text)
	if err != nil {
		return wireSecret{}, dbus.MakeFailedError(err)
	}
	w := wireSecret{Session: session, Vector: vector, Sealed: sealed, ContentType: "text/plain"}
	if f.wire != nil {
		w = f.wire(w)
	}
	return w, nil
}

func (f *fakeService) GetSecrets(paths []dbus.ObjectPath, session dbus.ObjectPath) (map[dbus.ObjectPath]wireSecret, *dbus.Error) {
	if err := f.enter("GetSecrets"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	secrets := map[dbus.ObjectPath]wireSecret{}
	for _, path := range paths {
		if item, ok := f.items[path]; !ok || item.locked {
			continue
		}
		w, err := f.secretOf(f.items[path], session)
		if err != nil {
			return nil, err
		}
		secrets[path] = w
	}
	return secrets, nil
}
