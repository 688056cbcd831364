package telegram

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// maxKeyFile bounds a key file in bytes; one key in PEM has about 450.
const maxKeyFile = 64 << 10

// A Part is a part of a network's description.
type Part int

// The parts.
const (
	PartName Part = iota // the environment's name
	PartDC               // a data centre, "ID=HOST:PORT"
	PartKey              // a file with server keys
)

// String names the part.
func (p Part) String() string {
	switch p {
	case PartName:
		return "environment"
	case PartDC:
		return "data centre"
	case PartKey:
		return "server key"
	}
	return "network"
}

// A NetworkError is a mistake in the description of a network.
type NetworkError struct {
	Part Part
	// Entry is the name, "ID=HOST:PORT" or file as it was given, "" when the whole list is at fault.
	Entry string
	// Err says what is wrong with it.
	Err error
}

// Error names the entry and what is wrong with it.
func (e *NetworkError) Error() string {
	if e.Entry == "" {
		return fmt.Sprintf("%s: %v", e.Part, e.Err)
	}
	return fmt.Sprintf("%s %.80q: %v", e.Part, e.Entry, e.Err)
}

// Unwrap returns the cause, such as fs.ErrNotExist.
func (e *NetworkError) Unwrap() error { return e.Err }

// Custom makes a network of addresses "ID=HOST:PORT" and PEM files with RSA public keys (PKCS#1 or PKIX).
// An id given again adds an address to its data centre. The keys replace Telegram's own.
// name matches [a-z0-9-]{1,32} and is neither "production" nor "test"; both lists must not be empty.
// Errors are *NetworkError and name the entry that is wrong.
func Custom(name string, dcs, keyFiles []string) (Network, error) {
	n := Network{Name: name}
	if name == EnvironmentProduction || name == EnvironmentTest {
		return Network{}, &NetworkError{Part: PartName, Entry: name, Err: errors.New("the name is Telegram's own")}
	}
	for _, entry := range dcs {
		id, addr, err := parseDC(entry)
		if err == nil {
			err = n.add(id, addr)
		}
		if err != nil {
			return Network{}, &NetworkError{Part: PartDC, Entry: entry, Err: err}
		}
	}
	for _, file := range keyFiles {
		keys, err := readKeys(file)
		if err != nil {
			return Network{}, &NetworkError{Part: PartKey, Entry: file, Err: err}
		}
		n.Keys = append(n.Keys, keys...)
	}
	if err := n.Validate(); err != nil {
		return Network{}, err
	}
	return n, nil
}

func (n *Network) add(id int, addr string) error {
	i := slices.IndexFunc(n.DCs, func(dc DC) bool { return dc.ID == id })
	if i < 0 {
		n.DCs = append(n.DCs, DC{ID: id, Addrs: []string{addr}})
		return nil
	}
	if slices.Contains(n.DCs[i].Addrs, addr) {
		return errors.New("given twice")
	}
	n.DCs[i].Addrs = append(n.DCs[i].Addrs, addr)
	return nil
}

// parseDC reads "ID=HOST:PORT".
func parseDC(entry string) (id int, addr string, err error) {
	digits, addr, found := strings.Cut(entry, "=")
	if !found {
		return 0, "", errors.New("want ID=HOST:PORT")
	}
	id, err = strconv.Atoi(digits)
	if err != nil || !isDigits(digits) || id < 1 || id > maxDC {
		return 0, "", fmt.Errorf("ids of data centres are 1 to %d", maxDC)
	}
	return id, addr, checkAddr(addr)
}

// checkAddr wants HOST:PORT, the host an IP address (IPv6 in brackets) or a host name.
func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("want HOST:PORT")
	}
	if n, err := strconv.Atoi(port); err != nil || !isDigits(port) || n < 1 || n > 65535 {
		return errors.New("ports are 1 to 65535")
	}
	if _, err := netip.ParseAddr(host); err == nil || isHostName(host) {
		return nil
	}
	return errors.New("neither an IP address nor a host name")
}

func isHostName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			c := label[i]
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
			if !letter && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

func checkName(name string) error {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return errors.New("names consist of a-z, 0-9 and -")
		}
	}
	if name == "" || len(name) > 32 {
		return errors.New("names have 1 to 32 characters")
	}
	return nil
}

// readKeys reads the public keys of one file.
func readKeys(file string) ([]*rsa.PublicKey, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("over %d KiB, which no key file has", maxKeyFile>>10)
	}
	return parseKeys(text)
}
