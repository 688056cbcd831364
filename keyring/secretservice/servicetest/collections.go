package servicetest

import "github.com/godbus/dbus/v5"

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
