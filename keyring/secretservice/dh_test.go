package secretservice

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestBothSidesDeriveOneKey(t *testing.T) {
	agreed := 0
	for agreed < 5 {
		a, err := newKeyExchange()
		if err != nil {
			t.Fatal(err)
		}
		b, err := newKeyExchange()
		if err != nil {
			t.Fatal(err)
		}
		ours, err := a.key(b.public.Bytes())
		if errors.Is(err, errShortKey) {
			continue
		}
		theirs, otherErr := b.key(a.public.Bytes())
		if err != nil || otherErr != nil || !bytes.Equal(ours, theirs) || len(ours) != keySize {
			t.Fatalf("%x, %v and %x, %v", ours, err, theirs, otherErr)
		}
		agreed++
	}
}

// kwalletd5 5.103 puts a zero byte before a number whose highest bit is set: every other public key.
func TestPeerKeysMayBeginWithZeros(t *testing.T) {
	exchange, err := newKeyExchange()
	if err != nil {
		t.Fatal(err)
	}
	peer := bytes.Repeat([]byte{0xab}, groupSize)
	plain, err := exchange.key(peer)
	for errors.Is(err, errShortKey) {
		peer[groupSize-1]++
		plain, err = exchange.key(peer)
	}
	if err != nil {
		t.Fatal(err)
	}
	if signed, err := exchange.key(append([]byte{0}, peer...)); err != nil || !bytes.Equal(signed, plain) {
		t.Errorf("%x, %v with a zero before it, %x without", signed, err, plain)
	}
	for name, peer := range map[string][]byte{
		"zeros": make([]byte, groupSize+1), "129 bytes": append([]byte{1}, peer...), "one": {0, 1}, "nothing": nil,
	} {
		if _, err := exchange.key(peer); !errors.Is(err, errPeerKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealAndUnseal(t *testing.T) {
	key := []byte("0123456789abcdef")
	for _, size := range []int{0, 1, 15, 16, 17, 4096} {
		text := strings.Repeat("x", size)
		vector, sealed, err := seal(key, text)
		if err != nil || len(sealed)%16 != 0 || len(sealed) <= size {
			t.Fatalf("seal of %d bytes: %d, %v", size, len(sealed), err)
		}
		if got, err := unseal(key, vector, sealed); err != nil || got != text {
			t.Errorf("unseal of %d bytes: %d, %v", size, len(got), err)
		}
	}
	one, first, _ := seal(key, "same")
	two, second, _ := seal(key, "same")
	if bytes.Equal(one, two) || bytes.Equal(first, second) {
		t.Error("one text looks the same twice")
	}
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), []byte("0123456789abcdef0123456789abcdef"))
	f.Add([]byte{}, []byte{})
	f.Add([]byte("short"), []byte("0123456789abcdef"))
	key := []byte("fedcba9876543210")
	f.Fuzz(func(t *testing.T, vector, sealed []byte) {
		text, err := unseal(key, vector, sealed)
		switch {
		case err != nil && text != "":
			t.Error("a text and an error")
		case err == nil && (len(text) >= len(sealed) || len(sealed)-len(text) > 16):
			t.Errorf("%d bytes from %d", len(text), len(sealed))
		}
	})
}

func FuzzPeerKey(f *testing.F) {
	exchange, err := newKeyExchange()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{2})
	f.Add(exchange.public.Bytes())
	f.Add(exchange.prime.Bytes())
	f.Fuzz(func(t *testing.T, peer []byte) {
		if key, err := exchange.key(peer); err == nil && len(key) != keySize {
			t.Errorf("a key of %d bytes", len(key))
		}
	})
}

func TestSockets(t *testing.T) {
	for address, want := range map[string][]string{
		"unix:path=/run/user/1000/bus":                    {"/run/user/1000/bus"},
		"unix:path=/run/user/1000/bus,guid=abc":           {"/run/user/1000/bus"},
		"unix:abstract=/tmp/dbus-x,guid=abc":              {"@/tmp/dbus-x"},
		"unix:path=/a%20b;tcp:host=x,port=1;unix:path=/c": {"/a b", "/c"},
		"unix:tmpdir=/tmp":                                nil,
		"autolaunch:":                                     nil,
		"":                                                nil,
		"unix:path=%":                                     nil,
	} {
		if got := sockets(address); !slices.Equal(got, want) {
			t.Errorf("%q names %q, not %q", address, got, want)
		}
	}
}

func FuzzSockets(f *testing.F) {
	f.Add("unix:path=/run/user/1000/bus,guid=abc;unix:abstract=%2ftmp")
	f.Fuzz(func(t *testing.T, address string) {
		for _, name := range sockets(address) {
			if name == "" || name == "@" {
				t.Errorf("an empty socket in %q", address)
			}
		}
	})
}
