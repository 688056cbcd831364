package handshake

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
)

// TestTempKeys compares temporary keys and what is encrypted with them with gotd's.
func TestTempKeys(t *testing.T) {
	for range 50 {
		var newNonce bin.Int256
		var serverNonce bin.Int128
		readRandom(newNonce[:])
		readRandom(serverNonce[:])
		temp := deriveTempKeys(newNonce, serverNonce)
		key, iv := crypto.TempAESKeys(newNonce.BigInt(), serverNonce.BigInt())
		if !bytes.Equal(key, temp.key[:]) || !bytes.Equal(iv, temp.iv[:]) {
			t.Fatal("other temporary keys")
		}
		for size := 1; size < 70; size++ {
			data := make([]byte, size)
			readRandom(data)
			opened, err := crypto.DecryptExchangeAnswer(temp.seal(data, readRandom), key, iv)
			if err != nil || !bytes.Equal(opened, data) {
				t.Fatalf("gotd opened %x of %x: %v", opened, data, err)
			}
			sealed, err := crypto.EncryptExchangeAnswer(rand.Reader, data, key, iv)
			if err != nil {
				t.Fatal(err)
			}
			opened, err = temp.open(sealed)
			if err != nil || !bytes.Equal(opened, data) {
				t.Fatalf("opened %x of %x: %v", opened, data, err)
			}
		}
	}
}

// TestPaddingOfAnswers: up to 15 bytes behind the data are padding, 16 are not.
func TestPaddingOfAnswers(t *testing.T) {
	var temp tempKeys
	for padding := range 33 {
		data := make([]byte, 80-20-padding)
		readRandom(data)
		hash := hashOf(data)
		sealed := append(append(hash[:], data...), make([]byte, padding)...)
		encryptIGE(newCipher(&temp.key), &temp.iv, sealed)
		opened, err := temp.open(sealed)
		if padding < aes.BlockSize && !bytes.Equal(opened, data) {
			t.Errorf("%d bytes of padding: %v", padding, err)
		}
		if padding >= aes.BlockSize && !errors.Is(err, ErrHash) {
			t.Errorf("%d bytes of padding: %v", padding, err)
		}
	}
}

// TestRSAPad has gotd's server side read what was encrypted.
func TestRSAPad(t *testing.T) {
	key := aKey(t)
	for size := range maxDataBytes + 1 {
		data := make([]byte, size)
		readRandom(data)
		encrypted, err := rsaPad(data, &key.PublicKey, readRandom)
		if err != nil || len(encrypted) != rsaBytes {
			t.Fatalf("%d bytes, %v", len(encrypted), err)
		}
		decrypted, err := crypto.DecodeRSAPad(encrypted, key)
		if err != nil || !bytes.Equal(decrypted[:size], data) {
			t.Fatalf("%d bytes: %x, want %x: %v", size, decrypted, data, err)
		}
	}
	if _, err := rsaPad(make([]byte, maxDataBytes+1), &key.PublicKey, readRandom); err == nil {
		t.Error("145 bytes fit")
	}
}

// TestRSAPadRepeats: what is not below the modulus is made anew, and what comes out never is above.
func TestRSAPadRepeats(t *testing.T) {
	// The lowest modulus of 2048 bits: half of all attempts fail.
	n := new(big.Int).Lsh(big.NewInt(1), 2047)
	key := &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 1}
	fills := 0
	const times = 200
	for range times {
		encrypted, err := rsaPad([]byte("data"), key, func(b []byte) {
			if len(b) == 32 {
				fills++
			}
			readRandom(b)
		})
		// With the exponent 1, what is encrypted stands there as it is.
		if err != nil || encrypted[0] >= 0x80 {
			t.Fatalf("%x, %v", encrypted[0], err)
		}
	}
	if fills < times*3/2 || fills > times*3 {
		t.Errorf("%d attempts for %d messages", fills, times)
	}
}
