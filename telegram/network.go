package telegram

import (
	"crypto/rsa"
	"errors"
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

// Production is Telegram itself.
func Production() Network { return Network{Name: EnvironmentProduction} }

// Test is Telegram's test environment (core.telegram.org/api/auth#test-accounts).
func Test() Network { return Network{Name: EnvironmentTest, Test: true} }

// Custom makes a network of addresses "ID=HOST:PORT" and PEM files with RSA public keys (PKCS#1 or PKIX).
// name matches [a-z0-9-]{1,32} and is neither "production" nor "test"; both lists must not be empty.
// Errors name the entry that is wrong.
func Custom(name string, dcs, keyFiles []string) (Network, error) {
	return Network{}, errors.New("telegram: contract only")
}
