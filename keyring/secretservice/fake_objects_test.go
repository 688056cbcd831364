package secretservice

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

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
