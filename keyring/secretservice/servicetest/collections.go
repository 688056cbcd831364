package servicetest

import (
	"fmt"

	"github.com/godbus/dbus/v5"
)

func (f serviceObject) Lock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("Lock"); err != nil {
		return nil, nothing, err
	}
	defer f.leave("Lock")
	f.Set(func() { f.Locked = true })
	return objects, nothing, nil
}

func (f serviceObject) CreateCollection(map[string]dbus.Variant, string) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("CreateCollection"); err != nil {
		return nothing, nothing, err
	}
	defer f.leave("CreateCollection")
	f.mu.Lock()
	defer f.mu.Unlock()
	return nothing, f.prompt(func() { f.NoCollection = false }), nil
}

// AcceptLate accepts every prompt that is still on the screen, when its caller may have gone, and says how many
// there were.
func (f *Service) AcceptLate() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	late := len(f.shown)
	for path, accepted := range f.shown {
		delete(f.shown, path)
		accepted()
	}
	return late
}

// introspection says which interfaces the service has, as far as anybody asks.
type introspection struct{ *Service }

func (f introspection) Introspect() (string, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.TakesPasswords {
		return `<node><interface name="org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"></interface></node>`, nil
	}
	return `<node></node>`, nil
}

// Texts are what the items of a ring hold, by name.
func (f *Service) Texts(ring string) map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	texts := map[string]string{}
	for _, item := range f.Items {
		if item.Attributes["service"] == ring {
			texts[item.Attributes["username"]] = item.Text
		}
	}
	return texts
}

// Write puts an item where another program would have, in place of the one of that name.
func (f *Service) Write(ring, name, text string) {
	f.Remove(ring, name)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	f.Items[dbus.ObjectPath(fmt.Sprint(itemPaths, f.next))] = &Item{Attributes: map[string]string{"service": ring, "username": name}, Text: text}
}

// Remove deletes the items of a name, as another program would.
func (f *Service) Remove(ring, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for path, item := range f.Items {
		if item.Attributes["service"] == ring && item.Attributes["username"] == name {
			delete(f.Items, path)
		}
	}
}
