package servicetest

import (
	"fmt"

	"github.com/godbus/dbus/v5"

	"botring/keyring/secretservice/internal/dh"
)

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
