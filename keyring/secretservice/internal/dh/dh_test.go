package dh

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestBothSidesDeriveOneKey(t *testing.T) {
	agreed := 0
	for agreed < 5 {
		a, err := New()
		if err != nil {
			t.Fatal(err)
		}
		b, err := New()
		if err != nil {
			t.Fatal(err)
		}
		ours, err := a.Key(b.Public())
		if errors.Is(err, ErrShortKey) {
			continue
		}
		theirs, otherErr := b.Key(a.Public())
		if err != nil || otherErr != nil || !bytes.Equal(ours, theirs) || len(ours) != KeySize {
			t.Fatalf("%x, %v and %x, %v", ours, err, theirs, otherErr)
		}
		agreed++
	}
}

// kwalletd5 5.103 puts a zero byte before a number whose highest bit is set: every other public key.
func TestPeerKeysMayBeginWithZeros(t *testing.T) {
	exchange, err := New()
	if err != nil {
		t.Fatal(err)
	}
	peer := bytes.Repeat([]byte{0xab}, groupSize)
	plain, err := exchange.Key(peer)
	for errors.Is(err, ErrShortKey) {
		peer[groupSize-1]++
		plain, err = exchange.Key(peer)
	}
	if err != nil {
		t.Fatal(err)
	}
	if signed, err := exchange.Key(append([]byte{0}, peer...)); err != nil || !bytes.Equal(signed, plain) {
		t.Errorf("%x, %v with a zero before it, %x without", signed, err, plain)
	}
	for name, peer := range map[string][]byte{
		"zeros": make([]byte, groupSize+1), "129 bytes": append([]byte{1}, peer...), "one": {0, 1}, "nothing": nil,
	} {
		if _, err := exchange.Key(peer); !errors.Is(err, ErrPeerKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealAndUnseal(t *testing.T) {
	key := []byte("0123456789abcdef")
	for _, size := range []int{0, 1, 15, 16, 17, 4096} {
		text := strings.Repeat("x", size)
		vector, sealed, err := Seal(key, text)
		if err != nil || len(sealed)%16 != 0 || len(sealed) <= size {
			t.Fatalf("seal of %d bytes: %d, %v", size, len(sealed), err)
		}
		if got, err := Unseal(key, vector, sealed); err != nil || got != text {
			t.Errorf("unseal of %d bytes: %d, %v", size, len(got), err)
		}
	}
	one, first, _ := Seal(key, "same")
	two, second, _ := Seal(key, "same")
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
		text, err := Unseal(key, vector, sealed)
		switch {
		case err != nil && text != "":
			t.Error("a text and an error")
		case err == nil && (len(text) >= len(sealed) || len(sealed)-len(text) > 16):
			t.Errorf("%d bytes from %d", len(text), len(sealed))
		}
	})
}

func FuzzPeerKey(f *testing.F) {
	exchange, err := New()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{2})
	f.Add(exchange.Public())
	f.Add(exchange.Prime())
	f.Fuzz(func(t *testing.T, peer []byte) {
		if key, err := exchange.Key(peer); err == nil && len(key) != KeySize {
			t.Errorf("a key of %d bytes", len(key))
		}
	})
}
