package handshake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// newCipher makes AES-256. Its one error is about the key's size, which the type settles.
func newCipher(key *[32]byte) cipher.Block {
	block, _ := aes.NewCipher(key[:])
	return block
}

// encryptIGE encrypts whole blocks in place, in Infinite Garble Extension: each is mixed with the block before
// it, both plain and encrypted. iv begins with the encrypted one.
func encryptIGE(block cipher.Block, iv *[32]byte, data []byte) {
	before := *iv
	encrypted, plain := before[:aes.BlockSize], before[aes.BlockSize:]
	var own [aes.BlockSize]byte
	for ; len(data) > 0; data = data[aes.BlockSize:] {
		now := data[:aes.BlockSize]
		copy(own[:], now)
		subtle.XORBytes(now, now, encrypted)
		block.Encrypt(now, now)
		subtle.XORBytes(now, now, plain)
		copy(encrypted, now)
		copy(plain, own[:])
	}
	clear(own[:])
	clear(before[:])
}

// decryptIGE is the reverse of encryptIGE.
func decryptIGE(block cipher.Block, iv *[32]byte, data []byte) {
	before := *iv
	encrypted, plain := before[:aes.BlockSize], before[aes.BlockSize:]
	var own [aes.BlockSize]byte
	for ; len(data) > 0; data = data[aes.BlockSize:] {
		now := data[:aes.BlockSize]
		copy(own[:], now)
		subtle.XORBytes(now, now, plain)
		block.Decrypt(now, now)
		subtle.XORBytes(now, now, encrypted)
		copy(encrypted, own[:])
		copy(plain, now)
	}
	clear(before[:])
}
