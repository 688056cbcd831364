package handshake

import (
	"crypto/aes"
	"crypto/sha1"
	"crypto/subtle"
	"fmt"

	"github.com/gotd/td/bin"
)

// tempKeys are the AES key and vector of the two messages that carry the powers of g.
type tempKeys struct{ key, iv [32]byte }

// deriveTempKeys makes them of the nonces, as item 6 of the specification says.
func deriveTempKeys(newNonce bin.Int256, serverNonce bin.Int128) (t tempKeys) {
	newServer := hashOf(newNonce[:], serverNonce[:])
	serverNew := hashOf(serverNonce[:], newNonce[:])
	newNew := hashOf(newNonce[:], newNonce[:])

	n := copy(t.key[:], newServer[:])
	copy(t.key[n:], serverNew[:12])
	n = copy(t.iv[:], serverNew[12:])
	n += copy(t.iv[n:], newNew[:])
	copy(t.iv[n:], newNonce[:4])

	clear(newServer[:])
	clear(serverNew[:])
	clear(newNew[:])
	return t
}

func (t *tempKeys) wipe() { *t = tempKeys{} }

// seal encrypts data behind its hash, with as few random bytes as fill the last block.
func (t *tempKeys) seal(data []byte, random func([]byte)) []byte {
	size := (sha1.Size + len(data) + aes.BlockSize - 1) / aes.BlockSize * aes.BlockSize
	sealed := make([]byte, size)
	hash := hashOf(data)
	n := copy(sealed, hash[:])
	n += copy(sealed[n:], data)
	random(sealed[n:])
	encryptIGE(newCipher(&t.key), &t.iv, sealed)
	return sealed
}

// open decrypts in place what seal made and returns the data. How long the padding is nothing says: it is
// what makes the hash right.
func (t *tempKeys) open(sealed []byte) ([]byte, error) {
	if len(sealed)%aes.BlockSize != 0 || len(sealed) <= sha1.Size {
		return nil, fmt.Errorf("%w: %d encrypted bytes", ErrGarbled, len(sealed))
	}
	decryptIGE(newCipher(&t.key), &t.iv, sealed)
	said, rest := sealed[:sha1.Size], sealed[sha1.Size:]
	for padding := range min(aes.BlockSize, len(rest)) {
		data := rest[:len(rest)-padding]
		if hash := hashOf(data); equal(hash[:], said) {
			return data, nil
		}
	}
	return nil, ErrHash
}

// hashOf is the SHA-1 of all parts in a row.
func hashOf(parts ...[]byte) [sha1.Size]byte {
	h := sha1.New() //nolint:gosec // The protocol's.
	for _, part := range parts {
		_, _ = h.Write(part)
	}
	var sum [sha1.Size]byte
	h.Sum(sum[:0])
	return sum
}

// lowHash is the 128 lower-order bits of a SHA-1.
func lowHash(parts ...[]byte) []byte {
	sum := hashOf(parts...)
	return sum[4:]
}

// equal compares what an attacker may guess, in a time that tells nothing.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
