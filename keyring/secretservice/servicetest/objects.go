package servicetest

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/keyring/secretservice/internal/dh"
)

type collectionObject struct{ *Service }

func (f collectionObject) CreateItem(properties map[string]dbus.Variant, w Secret, replace bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("CreateItem"); err != nil {
		return nothing, nothing, err
	}
	defer f.leave("CreateItem")
	var attributes map[string]string
	_ = properties[itemInterface+".Attributes"].Store(&attributes) // create says what is wrong with them
	named := "CreateItem " + attributes["username"]
	if err := f.enter(named); err != nil {
		return nothing, nothing, err
	}
	defer f.leave(named)
	item, path, failure := f.create(properties, w, replace)
	if failure != nil {
		return nothing, nothing, failure
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	keep := func() {
		if f.Keep != nil {
			item = f.Keep(item)
		}
		if item != nil {
			f.Items[path] = item
		}
	}
	if f.WritePrompts {
		return nothing, f.prompt(keep), nil
	}
	keep()
	return path, nothing, nil
}

// create makes an item of a call's arguments, and says where it goes.
func (f collectionObject) create(properties map[string]dbus.Variant, w Secret, replace bool) (*Item, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key, ok := f.sessions[w.Session]
	switch {
	case !ok:
		return nil, "", refusal("org.freedesktop.Secret.Error.NoSession")
	case f.Locked:
		return nil, "", refusal("org.freedesktop.Secret.Error.IsLocked")
	}
	text, err := dh.Unseal(key, w.Vector, w.Sealed)
	if err != nil {
		return nil, "", dbus.MakeFailedError(err)
	}
	item := &Item{Text: text}
	if properties[itemInterface+".Label"].Store(&item.Label) != nil ||
		properties[itemInterface+".Attributes"].Store(&item.Attributes) != nil {
		return nil, "", refusal("org.freedesktop.DBus.Error.InvalidArgs")
	}
	for path, other := range f.Items {
		if replace && maps.Equal(other.Attributes, item.Attributes) {
			return item, path, nil
		}
	}
	f.next++
	return item, dbus.ObjectPath(fmt.Sprint(itemPaths, f.next)), nil
}

type itemObject struct{ *Service }

func (f itemObject) GetSecret(session dbus.ObjectPath, message dbus.Message) (Secret, *dbus.Error) {
	if err := f.enter("GetSecret"); err != nil {
		return Secret{}, err
	}
	defer f.leave("GetSecret")
	f.mu.Lock()
	defer f.mu.Unlock()
	item, ok := f.Items[pathOf(message)]
	if !ok {
		return Secret{}, refusal("org.freedesktop.DBus.Error.UnknownMethod")
	}
	return f.secretOf(item, session)
}

func (f itemObject) Delete(message dbus.Message) (dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("Delete"); err != nil {
		return nothing, err
	}
	defer f.leave("Delete")
	f.mu.Lock()
	defer f.mu.Unlock()
	path := pathOf(message)
	if _, ok := f.Items[path]; !ok {
		return nothing, refusal("org.freedesktop.Secret.Error.NoSuchObject")
	}
	if f.WritePrompts {
		return f.prompt(func() { delete(f.Items, path) }), nil
	}
	delete(f.Items, path)
	return nothing, nil
}

type propertiesObject struct{ *Service }

func (f propertiesObject) Get(_, name string, message dbus.Message) (dbus.Variant, *dbus.Error) {
	if err := f.enter("Get " + name); err != nil {
		return dbus.Variant{}, err
	}
	defer f.leave("Get " + name)
	f.mu.Lock()
	defer f.mu.Unlock()
	path := pathOf(message)
	item, ok := f.Items[path]
	switch {
	case path == Collection && name == "Locked":
		return dbus.MakeVariant(f.Locked), nil
	case path == Collection && name == "Label":
		return dbus.MakeVariant("A scripted one"), nil
	case ok && name == "Attributes":
		return dbus.MakeVariant(item.Attributes), nil
	case ok && name == "Modified":
		return dbus.MakeVariant(uint64(len(item.Text))), nil
	default:
		return dbus.Variant{}, refusal("org.freedesktop.DBus.Error.UnknownMethod")
	}
}

type promptObject struct{ *Service }

func (f promptObject) Prompt(_ string, message dbus.Message) *dbus.Error {
	if err := f.enter("Prompt"); err != nil {
		return err
	}
	defer f.leave("Prompt")
	f.mu.Lock()
	path, answer, conn := pathOf(message), f.Answer, f.conn
	switch answer {
	case Accepted:
		f.prompts[path]()
	case Unanswered:
		f.shown[path] = f.prompts[path]
	case Dismissed, Death:
	}
	f.mu.Unlock()
	switch answer {
	case Accepted, Dismissed:
		// Before the call's own answer, as a prompter without a display does.
		err := conn.Emit(path, promptInterface+".Completed", answer == Dismissed, dbus.MakeVariant(""))
		if err != nil {
			return dbus.MakeFailedError(err)
		}
	case Death:
		time.AfterFunc(20*time.Millisecond, f.Die)
	case Unanswered:
	}
	return nil
}

// Dismiss takes a prompt back: nobody can accept it any more. It makes gnome-keyring 42.1 abort.
func (f promptObject) Dismiss(message dbus.Message) *dbus.Error {
	if err := f.enter("Dismiss"); err != nil {
		return err
	}
	defer f.leave("Dismiss")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.TakesPasswords {
		f.t.Error("Prompt.Dismiss was called of a gnome-keyring")
	}
	delete(f.shown, pathOf(message))
	return nil
}

type sessionObject struct{ *Service }

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
