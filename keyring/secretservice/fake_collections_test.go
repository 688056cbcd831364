package secretservice

import "github.com/godbus/dbus/v5"

func (f *fakeService) Lock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("Lock"); err != nil {
		return nil, nothing, err
	}
	f.set(func() { f.locked = true })
	return objects, nothing, nil
}

func (f *fakeService) CreateCollection(map[string]dbus.Variant, string) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.enter("CreateCollection"); err != nil {
		return nothing, nothing, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return nothing, f.prompt(func() { f.noCollection = false }), nil
}

type introspection struct{ *fakeService }

func (f introspection) Introspect() (string, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.takesPasswords {
		return `<node><interface name="` + passwordInterface + `"></interface></node>`, nil
	}
	return `<node></node>`, nil
}
