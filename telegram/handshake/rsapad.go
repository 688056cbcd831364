package handshake

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math/big"
	"slices"
)

// The sizes of RSA_PAD, in bytes
// (core.telegram.org/mtproto/auth_key#41-rsa-paddata-server-public-key-mentioned-above-is-implemented-as-follows).
const (
	rsaBytes     = 256
	paddedBytes  = 192
	maxDataBytes = 144
)

// rsaPad is RSA_PAD: it encrypts up to 144 bytes for the owner of a key. The number it encrypts must be
// below the modulus; one that is not is made anew.
func rsaPad(data []byte, key *rsa.PublicKey, random func([]byte)) ([]byte, error) {
	if key.N.BitLen() != rsaBytes*8 {
		return nil, ErrKeySize
	}
	if len(data) > maxDataBytes {
		return nil, fmt.Errorf("%d bytes do not fit into RSA_PAD", len(data))
	}
	var padded [paddedBytes]byte
	defer clear(padded[:])
	n := copy(padded[:], data)
	random(padded[n:])

	var modulus, block [rsaBytes]byte
	defer clear(block[:])
	key.N.FillBytes(modulus[:])
	for {
		fill(&block, &padded, random)
		// A modulus of 2048 bits is above half of all such numbers: this ends after two rounds or so.
		if bytes.Compare(block[:], modulus[:]) < 0 {
			return encrypt(&block, key), nil
		}
	}
}

// fill makes key_aes_encrypted with a temp_key of its own.
func fill(block *[rsaBytes]byte, padded *[paddedBytes]byte, random func([]byte)) {
	var tempKey, zero [32]byte
	defer clear(tempKey[:])
	random(tempKey[:])

	// First the data, reversed, and its hash are encrypted with temp_key, then temp_key with their hash.
	sealed := block[len(tempKey):]
	copy(sealed, padded[:])
	slices.Reverse(sealed[:paddedBytes])
	h := sha256.New()
	_, _ = h.Write(tempKey[:])
	_, _ = h.Write(padded[:])
	h.Sum(sealed[:paddedBytes])
	encryptIGE(newCipher(&tempKey), &zero, sealed)
	hash := sha256.Sum256(sealed)
	subtle.XORBytes(block[:len(tempKey)], tempKey[:], hash[:])
}

// encrypt is RSA without any padding of its own, which crypto/rsa does not offer.
func encrypt(block *[rsaBytes]byte, key *rsa.PublicKey) []byte {
	m := new(big.Int).SetBytes(block[:])
	defer wipe(m)
	c := new(big.Int).Exp(m, big.NewInt(int64(key.E)), key.N)
	return c.FillBytes(make([]byte, rsaBytes))
}
