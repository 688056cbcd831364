package telegram

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotd/td/crypto"
)

func TestBuiltinNetworks(t *testing.T) {
	for _, test := range []struct {
		network     Network
		dcs         int
		fingerprint uint64
	}{
		{Production(), 6, 0xd09d1d85de64fd85},
		{Test(), 3, 0xb25898df208d2603},
	} {
		n := test.network
		if err := n.Validate(); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
		if len(n.DCs) != test.dcs || n.first(0).ID != 2 {
			t.Errorf("%s: data centres %+v", n.Name, n.DCs)
		}
		if len(n.Keys) != 1 || uint64(crypto.RSAFingerprint(n.Keys[0])) != test.fingerprint {
			t.Errorf("%s: keys %v", n.Name, n.Keys)
		}
	}
	if Test().wireDC(2) != 10002 || Production().wireDC(2) != 2 {
		t.Error("ids of data centres in the key exchange are off")
	}
}

// keyFile writes a PEM file.
func keyFile(t *testing.T, blocks ...*pem.Block) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("a comment before the first block\n")
	for _, b := range blocks {
		if err := pem.Encode(&text, b); err != nil {
			t.Fatal(err)
		}
	}
	return textFile(t, text.String())
}

func textFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func pkix(t *testing.T, key any) *pem.Block {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &pem.Block{Type: "PUBLIC KEY", Bytes: der}
}

func pkcs1(key *rsa.PublicKey) *pem.Block {
	return &pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key)}
}

func TestCustom(t *testing.T) {
	key := Production().Keys[0]
	both := keyFile(t, pkcs1(key), pkix(t, Test().Keys[0]))
	n, err := Custom("my-net", []string{"7=127.0.0.1:4430", "2=[::1]:443", "7=dc7.example.org:443"}, []string{both})
	if err != nil {
		t.Fatal(err)
	}
	if n.Name != "my-net" || n.Test || len(n.Keys) != 2 || !n.Keys[0].Equal(key) || len(n.DCs) != 2 ||
		n.DCs[0].ID != 7 || len(n.DCs[0].Addrs) != 2 || n.DCs[1].Addrs[0] != "[::1]:443" || n.first(0).ID != 2 {
		t.Errorf("network %+v", n)
	}
	n, err = Custom("custom", []string{"7=127.0.0.1:4430"}, []string{keyFile(t, pkix(t, key))})
	if err != nil || n.first(0).ID != 7 || len(n.Keys) != 1 {
		t.Errorf("network %+v, %v", n, err)
	}
}

func TestCustomRefuses(t *testing.T) {
	good := keyFile(t, pkcs1(Production().Keys[0]))
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(small)}
	one := []string{"2=127.0.0.1:443"}
	for _, test := range []struct {
		name  string
		env   string
		dcs   []string
		files []string
		part  Part
		says  string
	}{
		{"production", "production", one, []string{good}, PartName, "Telegram's own"},
		{"test", "test", one, []string{good}, PartName, "Telegram's own"},
		{"no name", "", one, []string{good}, PartName, "1 to 32"},
		{"capitals", "Net", one, []string{good}, PartName, "a-z"},
		{"control characters", "a\x1b[2J", one, []string{good}, PartName, "a-z"},
		{"long name", strings.Repeat("a", 33), one, []string{good}, PartName, "1 to 32"},
		{"no data centre", "net", nil, []string{good}, PartDC, "at least one"},
		{"no equals sign", "net", []string{"127.0.0.1:443"}, []string{good}, PartDC, "want ID=HOST:PORT"},
		{"id 0", "net", []string{"0=127.0.0.1:443"}, []string{good}, PartDC, "1 to 999"},
		{"id 1000", "net", []string{"1000=127.0.0.1:443"}, []string{good}, PartDC, "1 to 999"},
		{"signed id", "net", []string{"+2=127.0.0.1:443"}, []string{good}, PartDC, "1 to 999"},
		{"no port", "net", []string{"2=127.0.0.1"}, []string{good}, PartDC, "HOST:PORT"},
		{"port 0", "net", []string{"2=127.0.0.1:0"}, []string{good}, PartDC, "1 to 65535"},
		{"port 65536", "net", []string{"2=127.0.0.1:65536"}, []string{good}, PartDC, "1 to 65535"},
		{"named port", "net", []string{"2=127.0.0.1:https"}, []string{good}, PartDC, "1 to 65535"},
		{"no host", "net", []string{"2=:443"}, []string{good}, PartDC, "neither"},
		{"bare IPv6", "net", []string{"2=::1:443"}, []string{good}, PartDC, "HOST:PORT"},
		{"spaces", "net", []string{"2=my host:443"}, []string{good}, PartDC, "neither"},
		{"user info", "net", []string{"2=user@host:443"}, []string{good}, PartDC, "neither"},
		{"twice", "net", []string{"2=127.0.0.1:443", "2=127.0.0.1:443"}, []string{good}, PartDC, "twice"},
		{"no key", "net", one, nil, PartKey, "at least one"},
		{"no such file", "net", one, []string{"/nonexistent/key.pem"}, PartKey, "no such file"},
		{"no PEM", "net", one, []string{textFile(t, "ssh-rsa AAAA")}, PartKey, "no PEM block"},
		{"large file", "net", one, []string{textFile(t, strings.Repeat("x", maxKeyFile+1))}, PartKey, "64 KiB"},
		{"private key", "net", one, []string{keyFile(t, private)}, PartKey, "private key"},
		{"other kind", "net", one, []string{keyFile(t, pkix(t, &curve.PublicKey))}, PartKey, "than RSA"},
		{"small key", "net", one, []string{keyFile(t, pkcs1(&small.PublicKey))}, PartKey, "1024 bits"},
		{"certificate", "net", one, []string{keyFile(t, &pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})}, PartKey, "want RSA PUBLIC KEY"},
		{"garbage", "net", one, []string{keyFile(t, &pem.Block{Type: "RSA PUBLIC KEY", Bytes: []byte{1}})}, PartKey, "PKCS#1"},
		{"second is bad", "net", one, []string{keyFile(t, pkcs1(Test().Keys[0]), private)}, PartKey, "private key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, err := Custom(test.env, test.dcs, test.files)
			var e *NetworkError
			if !errors.As(err, &e) {
				t.Fatalf("%+v, %v", n, err)
			}
			if e.Part != test.part || !strings.Contains(err.Error(), test.says) || strings.ContainsAny(err.Error(), "\x1b") {
				t.Errorf("%v: %v", e.Part, err)
			}
			var entries []string
			switch test.part {
			case PartName:
				entries = []string{test.env}
			case PartDC:
				entries = test.dcs
			case PartKey:
				entries = test.files
			}
			if len(entries) > 0 && e.Entry != entries[len(entries)-1] {
				t.Errorf("names %q", e.Entry)
			}
		})
	}
	if _, err := Custom("net", one, []string{"/nonexistent/key.pem"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not unwrap", err)
	}
}

func TestValidate(t *testing.T) {
	for name, spoil := range map[string]func(*Network){
		"DC listed twice": func(n *Network) { n.DCs = append(n.DCs, n.DCs[0]) },
		"no address":      func(n *Network) { n.DCs[0].Addrs = nil },
		"DC 0":            func(n *Network) { n.DCs[0].ID = 0 },
		"bad address":     func(n *Network) { n.DCs[0].Addrs = []string{"nowhere"} },
		"nil key":         func(n *Network) { n.Keys = []*rsa.PublicKey{nil} },
		"even exponent":   func(n *Network) { n.Keys = []*rsa.PublicKey{{N: n.Keys[0].N, E: 2}} },
		"no name":         func(n *Network) { n.Name = "" },
	} {
		n := Production()
		spoil(&n)
		var e *NetworkError
		if err := n.Validate(); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseDC(f *testing.F) {
	for _, seed := range []string{"2=127.0.0.1:443", "2=[::1]:443", "203=dc.example.org:4430", "=", "2=", "2==:1", "2=a:1=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		id, addr, err := parseDC(entry)
		if err != nil {
			return
		}
		if dc := (DC{ID: id, Addrs: []string{addr}}); dc.check() != nil || !strings.HasSuffix(entry, "="+addr) {
			t.Errorf("%q became %+v", entry, dc)
		}
		if strings.ContainsAny(addr, " \t\r\n\x00\x1b@/") {
			t.Errorf("address %q", addr)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(productionKey))
	f.Add([]byte(productionKey + "\n" + testKey))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys(text)
		if err != nil {
			return
		}
		for _, key := range keys {
			if checkKey(key) != nil {
				t.Errorf("key %+v", key)
			}
		}
	})
}
