package telegram

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
)

// A DC is a data centre and the addresses it is reached at, tried in order.
type DC struct {
	ID    int
	Addrs []string
}

// A Network is one Telegram: its data centres and the RSA keys that prove them.
type Network struct {
	// Name is the environment: "production", "test", or a custom name.
	Name string
	// Test marks Telegram's test environment, whose DC ids travel as id+10000 in the key exchange.
	Test bool
	DCs  []DC
	// Keys are the only ones accepted.
	Keys []*rsa.PublicKey
}

// Names of Telegram's own environments.
const (
	EnvironmentProduction = "production"
	EnvironmentTest       = "test"
)

// homeDC is where a login starts of which nothing is known. Bots live in any data centre; all of them answer where a bot lives.
const homeDC = 2

// maxDC bounds the ids of data centres; Telegram's are 1 to 5 and 203.
const maxDC = 999

// keyBits is the one size of RSA key that the key exchange can use: what it encrypts is 256 bytes long and
// must be below the modulus, and so must come out with 256 bytes
// (core.telegram.org/mtproto/auth_key#presenting-proof-of-work-server-authentication).
const keyBits = 2048

// Production is Telegram itself. The addresses are those that Telethon and Pyrogram use.
func Production() Network {
	return Network{
		Name: EnvironmentProduction,
		DCs: []DC{
			{1, []string{"149.154.175.53:443"}},
			{2, []string{"149.154.167.50:443"}},
			{3, []string{"149.154.175.100:443"}},
			{4, []string{"149.154.167.91:443"}},
			{5, []string{"91.108.56.130:443"}},
			{203, []string{"91.105.192.100:443"}},
		},
		Keys: builtinKeys(productionKey),
	}
}

// Test is Telegram's test environment (core.telegram.org/api/auth#test-accounts).
func Test() Network {
	return Network{
		Name: EnvironmentTest,
		Test: true,
		DCs: []DC{
			{1, []string{"149.154.175.10:443"}},
			{2, []string{"149.154.167.40:443"}},
			{3, []string{"149.154.175.117:443"}},
		},
		Keys: builtinKeys(testKey),
	}
}

// Validate reports what makes a network unusable, as a *NetworkError.
func (n Network) Validate() error {
	if err := checkName(n.Name); err != nil {
		return &NetworkError{Part: PartName, Entry: n.Name, Err: err}
	}
	if len(n.DCs) == 0 {
		return &NetworkError{Part: PartDC, Err: errors.New("there must be at least one data centre")}
	}
	seen := make(map[int]bool, len(n.DCs))
	for _, dc := range n.DCs {
		if err := dc.check(); err != nil {
			return &NetworkError{Part: PartDC, Entry: fmt.Sprint(dc.ID), Err: err}
		}
		if seen[dc.ID] {
			return &NetworkError{Part: PartDC, Entry: fmt.Sprint(dc.ID), Err: errors.New("listed twice")}
		}
		seen[dc.ID] = true
	}
	if len(n.Keys) == 0 {
		return &NetworkError{Part: PartKey, Err: errors.New("there must be at least one server key")}
	}
	for _, key := range n.Keys {
		if err := checkKey(key); err != nil {
			return &NetworkError{Part: PartKey, Err: err}
		}
	}
	return nil
}

func (d DC) check() error {
	if d.ID < 1 || d.ID > maxDC {
		return fmt.Errorf("ids of data centres are 1 to %d", maxDC)
	}
	if len(d.Addrs) == 0 {
		return errors.New("no address")
	}
	for _, addr := range d.Addrs {
		if err := checkAddr(addr); err != nil {
			return err
		}
	}
	return nil
}

// dc finds a data centre.
func (n Network) dc(id int) (DC, bool) {
	i := slices.IndexFunc(n.DCs, func(dc DC) bool { return dc.ID == id })
	if i < 0 {
		return DC{}, false
	}
	return n.DCs[i], true
}

// first is the data centre where a login starts: the preferred one, if there is such.
func (n Network) first(preferred int) DC {
	for _, id := range []int{preferred, homeDC} {
		if dc, ok := n.dc(id); ok {
			return dc
		}
	}
	return n.DCs[0]
}

// Home is the data centre where a login starts of which nothing is known.
func (n Network) Home() DC { return n.first(homeDC) }

// wireDC is a data centre's id in the key exchange.
func (n Network) wireDC(id int) int {
	if n.Test {
		return id + 10000
	}
	return id
}

// addrs are the addresses to dial for a session, the one it was reached at first. An address that is not
// the network's is left out: an auth key is not carried to whatever server a session names.
func (d DC) addrs(preferred string) []string {
	if !slices.Contains(d.Addrs, preferred) {
		return d.Addrs
	}
	addrs := []string{preferred}
	for _, addr := range d.Addrs {
		if addr != preferred {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}
