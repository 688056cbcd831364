package handshake

import (
	"encoding/binary"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
)

// What the server says of a key, as it goes into the hash that proves that the server says it.
const (
	verdictOK byte = 1 + iota
	verdictRetry
	verdictFail
)

// nonceHash is new_nonce_hash1, 2 or 3.
func nonceHash(newNonce bin.Int256, verdict byte, key crypto.Key) []byte {
	aux := key.AuxHash()
	return lowHash(newNonce[:], []byte{verdict}, aux[:])
}

// auxHash is auth_key_aux_hash as the number that travels in retry_id: its bytes are not rearranged.
func auxHash(key crypto.Key) int64 {
	aux := key.AuxHash()
	return int64(binary.LittleEndian.Uint64(aux[:]))
}
