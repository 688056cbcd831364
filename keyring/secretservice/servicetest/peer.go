package servicetest

import (
	"errors"

	"github.com/godbus/dbus/v5"

	"botring/keyring/secretservice/internal/dh"
)

// A peer is another program at a Secret Service, of the simplest kind: it waits for ever and knows no
// prompts.
type peer struct {
	conn    *dbus.Conn
	session dbus.ObjectPath
	key     []byte
}

// meet connects to bus and service and opens a session.
func meet(bus *Bus) (*peer, error) {
	conn, err := dbus.Connect(bus.Address)
	if err != nil {
		return nil, err
	}
	p := &peer{conn: conn}
	for p.key == nil {
		if err := p.open(); err != nil {
			p.leave()
			return nil, err
		}
	}
	return p, nil
}

// open agrees on a key. One exchange in 256 comes to none.
func (p *peer) open() error {
	exchange, err := dh.New()
	if err != nil {
		return err
	}
	var answer dbus.Variant
	err = p.service().Call(serviceInterface+".OpenSession", 0, dh.Algorithm, dbus.MakeVariant(exchange.Public())).
		Store(&answer, &p.session)
	if err != nil {
		return err
	}
	public, _ := answer.Value().([]byte)
	p.key, err = exchange.Key(public)
	if errors.Is(err, dh.ErrShortKey) {
		return nil
	}
	return err
}

func (p *peer) leave() { _ = p.conn.Close() }

func (p *peer) service() dbus.BusObject { return p.conn.Object(serviceName, servicePath) }

func (p *peer) collection() (path dbus.ObjectPath, err error) {
	err = p.service().Call(serviceInterface+".ReadAlias", 0, "default").Store(&path)
	if err == nil && path == nothing {
		err = errors.New("no default collection")
	}
	return path, err
}

func (p *peer) locked() (locked bool, err error) {
	collection, err := p.collection()
	if err != nil {
		return false, err
	}
	return locked, p.conn.Object(serviceName, collection).StoreProperty(collectionInterface+".Locked", &locked)
}

func (p *peer) wrap(text string) (Secret, error) {
	vector, sealed, err := dh.Seal(p.key, text)
	return Secret{Session: p.session, Vector: vector, Sealed: sealed, ContentType: "text/plain"}, err
}

func (p *peer) search(attributes map[string]string) ([]dbus.ObjectPath, error) {
	var open, locked []dbus.ObjectPath
	err := p.service().Call(serviceInterface+".SearchItems", 0, attributes).Store(&open, &locked)
	if err == nil && len(locked) > 0 {
		err = errors.New("the collection is locked")
	}
	return open, err
}

// texts are what the items with these attributes hold, by their names.
func (p *peer) texts(attributes map[string]string) (map[string]string, error) {
	paths, err := p.search(attributes)
	texts := map[string]string{}
	if err != nil || len(paths) == 0 {
		return texts, err
	}
	var sealed map[dbus.ObjectPath]Secret
	if err := p.service().Call(serviceInterface+".GetSecrets", 0, paths, p.session).Store(&sealed); err != nil {
		return nil, err
	}
	for path, secret := range sealed {
		var names map[string]string
		if err := p.conn.Object(serviceName, path).StoreProperty(itemInterface+".Attributes", &names); err != nil {
			return nil, err
		}
		if texts[names["username"]], err = dh.Unseal(p.key, secret.Vector, secret.Sealed); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func (p *peer) write(attributes map[string]string, text string) error {
	collection, err := p.collection()
	if err != nil {
		return err
	}
	secret, err := p.wrap(text)
	if err != nil {
		return err
	}
	properties := map[string]dbus.Variant{
		itemInterface + ".Label": dbus.MakeVariant("by another program"), itemInterface + ".Attributes": dbus.MakeVariant(attributes),
	}
	return p.conn.Object(serviceName, collection).Call(collectionInterface+".CreateItem", 0, properties, secret, true).Err
}

func (p *peer) remove(attributes map[string]string) error {
	paths, err := p.search(attributes)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := p.conn.Object(serviceName, path).Call(itemInterface+".Delete", 0).Err; err != nil {
			return err
		}
	}
	return nil
}
