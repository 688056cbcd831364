package secretservice

import (
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// skip skips a test for want of something installed, or fails it where skipping is not allowed.
func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("BOTRING_REQUIRE_KEYRING") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// startBus runs a bus of the test's own, which can start nothing by itself, and makes it the session bus.
func startBus(t testing.TB) (address string) {
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
	err = os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>unix:path=`+socket+`</listen>
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

	locked       bool
	noCollection bool
	writePrompts bool         // CreateItem and Delete prompt, as KeePassXC's may
	hideLocked   bool         // SearchItems finds nothing while locked, as KeePassXC's
	answer       promptAnswer // of every prompt
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

type collectionObject struct{ *fakeService }

func (f collectionObject) CreateItem(properties map[string]dbus.Variant, w wireSecret, replace bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("CreateItem"); err != nil {
		return nothing, nothing, err
	}
	item, path, failure := f.create(properties, w, replace)
	if failure != nil {
		return nothing, nothing, failure
	}
	f.leave("CreateItem")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.writePrompts {
		return nothing, f.prompt(func() { f.items[path] = item }), nil
	}
	f.items[path] = item
	return path, nothing, nil
}

// create makes an item of a call's arguments, and says where it goes.
func (f collectionObject) create(properties map[string]dbus.Variant, w wireSecret, replace bool) (*fakeItem, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key, ok := f.sessions[w.Session]
	switch {
	case !ok:
		return nil, "", fault("org.freedesktop.Secret.Error.NoSession")
	case f.locked:
		return nil, "", fault("org.freedesktop.Secret.Error.IsLocked")
	}
	text, err := unseal(key, w.Vector, w.Sealed)
	if err != nil {
		return nil, "", dbus.MakeFailedError(err)
	}
	if f.store != nil {
		text = f.store(text)
	}
	item := &fakeItem{text: text}
	if properties[itemInterface+".Label"].Store(&item.label) != nil ||
		properties[itemInterface+".Attributes"].Store(&item.attributes) != nil {
		return nil, "", fault("org.freedesktop.DBus.Error.InvalidArgs")
	}
	for path, other := range f.items {
		if replace && maps.Equal(other.attributes, item.attributes) {
			return item, path, nil
		}
	}
	f.next++
	return item, dbus.ObjectPath(fmt.Sprint(fakeItems, f.next)), nil
}

type itemObject struct{ *fakeService }

func (f itemObject) GetSecret(session dbus.ObjectPath, message dbus.Message) (wireSecret, *dbus.Error) {
	if err := f.enter("GetSecret"); err != nil {
		return wireSecret{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	item, ok := f.items[pathOf(message)]
	if !ok {
		return wireSecret{}, fault("org.freedesktop.DBus.Error.UnknownMethod")
	}
	return f.secretOf(item, session)
}

func (f itemObject) Delete(message dbus.Message) (dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("Delete"); err != nil {
		return nothing, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path := pathOf(message)
	if _, ok := f.items[path]; !ok {
		return nothing, fault("org.freedesktop.Secret.Error.NoSuchObject")
	}
	if f.writePrompts {
		return f.prompt(func() { delete(f.items, path) }), nil
	}
	delete(f.items, path)
	return nothing, nil
}

type propertiesObject struct{ *fakeService }

func (f propertiesObject) Get(_, name string, message dbus.Message) (dbus.Variant, *dbus.Error) {
	if err := f.enter("Get " + name); err != nil {
		return dbus.Variant{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path := pathOf(message)
	item, ok := f.items[path]
	switch {
	case path == fakeCollection && name == "Locked":
		return dbus.MakeVariant(f.locked), nil
	case path == fakeCollection && name == "Label":
		return dbus.MakeVariant("A fake"), nil
	case ok && name == "Attributes":
		return dbus.MakeVariant(item.attributes), nil
	case ok && name == "Modified":
		return dbus.MakeVariant(uint64(len(item.text))), nil
	default:
		return dbus.Variant{}, fault("org.freedesktop.DBus.Error.UnknownMethod")
	}
}

type promptObject struct{ *fakeService }

func (f promptObject) Prompt(_ string, message dbus.Message) *dbus.Error {
	if err := f.enter("Prompt"); err != nil {
		return err
	}
	f.mu.Lock()
	path, answer, conn := pathOf(message), f.answer, f.conn
	if answer == promptAccepted {
		f.prompts[path]()
	}
	f.mu.Unlock()
	switch answer {
	case promptAccepted, promptDismissed:
		// Before the call's own answer, as a prompter without a display does.
		err := conn.Emit(path, promptInterface+".Completed", answer == promptDismissed, dbus.MakeVariant(""))
		if err != nil {
			return dbus.MakeFailedError(err)
		}
	case promptDeath:
		time.AfterFunc(20*time.Millisecond, f.die)
	case promptUnanswered:
	}
	return nil
}

// Dismiss makes gnome-keyring 42.1 abort.
func (f promptObject) Dismiss() *dbus.Error {
	f.t.Error("Prompt.Dismiss was called")
	return nil
}

type sessionObject struct{ *fakeService }

func (f sessionObject) Close(message dbus.Message) *dbus.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, pathOf(message))
	return nil
}

func pathOf(message dbus.Message) dbus.ObjectPath {
	path, _ := message.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	return dbus.ObjectPath(strings.TrimSuffix(string(path), "/"))
}
