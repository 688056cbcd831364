// Package dh is how a client of the Secret Service and the service agree on a key, and what they encrypt
// with it. Both ends are made of it: the client, and the service that tests script.
package dh

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
)

// Algorithm is the one session algorithm of the specification that encrypts.
const Algorithm = "dh-ietf1024-sha256-aes128-cbc-pkcs7"

// KeySize is the size of a session's key in bytes: AES-128.
const KeySize = 16

const (
	groupSize    = 128 // bytes of the group's prime
	exponentSize = 32  // bytes of a private exponent: twice the strength of the group, with room
)

// groupPrime is that of the Second Oakley Group (RFC 2409, 6.2); its generator is 2.
const groupPrime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"

// What can be wrong with what the other end sends.
var (
	ErrPeerKey  = errors.New("the peer's public key is not in the group")
	ErrShortKey = errors.New("the shared key begins with a zero byte")
	ErrSealed   = errors.New("not a secret of this session")
)

// An Exchange is one end's half of a Diffie-Hellman exchange.
type Exchange struct{ prime, private, public *big.Int }

// Public is the public key, for the other end.
func (x *Exchange) Public() []byte { return x.public.Bytes() }

// Prime is the group's prime: the first number that is no public key.
func (x *Exchange) Prime() []byte { return x.prime.Bytes() }

// New picks a key pair. Providers disagree on whether numbers keep their leading zeros, so a
// public key that has one is not used.
func New() (*Exchange, error) {
	prime, ok := new(big.Int).SetString(groupPrime, 16)
	if !ok {
		return nil, errors.New("the group's prime is not a number")
	}
	for {
		exponent := make([]byte, exponentSize)
		if _, err := rand.Read(exponent); err != nil {
			return nil, fmt.Errorf("pick a session key: %w", err)
		}
		private := new(big.Int).SetBytes(exponent)
		public := new(big.Int).Exp(big.NewInt(2), private, prime)
		if len(public.Bytes()) == groupSize {
			return &Exchange{prime: prime, private: private, public: public}, nil
		}
	}
}

// Key derives the AES key shared with the owner of a public key. It returns ErrShortKey for the one
// exchange in 256 on whose result providers disagree: another exchange is the way out.
func (x *Exchange) Key(peer []byte) ([]byte, error) {
	// KWallet writes numbers as Qt's crypto library does, whose sign bit makes every other one 129 bytes long.
	peer = bytes.TrimLeft(peer, "\x00")
	if len(peer) == 0 || len(peer) > groupSize {
		return nil, ErrPeerKey
	}
	y := new(big.Int).SetBytes(peer)
	one := big.NewInt(1)
	if y.Cmp(one) <= 0 || y.Cmp(new(big.Int).Sub(x.prime, one)) >= 0 {
		return nil, ErrPeerKey
	}
	shared := y.Exp(y, x.private, x.prime).Bytes()
	if len(shared) < groupSize {
		return nil, ErrShortKey
	}
	return hkdf.Key(sha256.New, shared, nil, "", KeySize)
}

// Seal encrypts a text under a fresh vector.
func Seal(key []byte, text string) (vector, sealed []byte, err error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	vector = make([]byte, aes.BlockSize)
	if _, err := rand.Read(vector); err != nil {
		return nil, nil, err
	}
	padding := aes.BlockSize - len(text)%aes.BlockSize
	sealed = make([]byte, len(text)+padding)
	copy(sealed, text)
	for i := len(text); i < len(sealed); i++ {
		sealed[i] = byte(padding)
	}
	cipher.NewCBCEncrypter(block, vector).CryptBlocks(sealed, sealed)
	return vector, sealed, nil
}

// Unseal undoes Seal. Whatever does not decrypt is ErrSealed: which part was wrong is nobody's business.
func Unseal(key, vector, sealed []byte) (string, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	if len(vector) != aes.BlockSize || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return "", ErrSealed
	}
	text := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(text, sealed)
	padding := int(text[len(text)-1])
	if padding == 0 || padding > aes.BlockSize {
		return "", ErrSealed
	}
	for _, b := range text[len(text)-padding:] {
		if int(b) != padding {
			return "", ErrSealed
		}
	}
	return string(text[:len(text)-padding]), nil
}
