package handshake

import "errors"

// What a server can be refused for. All but ErrFailed and ErrRetries mean that the other end is not the
// server it should be, or that somebody in between changes what it says.
var (
	// ErrGarbled: a message that is not well formed.
	ErrGarbled = errors.New("malformed message")
	// ErrUnexpected: a well-formed message, but no answer to the question.
	ErrUnexpected = errors.New("answer to another question")
	// ErrNonce: the answer belongs to another exchange.
	ErrNonce = errors.New("answer of another exchange")
	// ErrFingerprint: the server has none of the keys it must have one of.
	ErrFingerprint = errors.New("server has none of the known keys")
	// ErrKeySize: the key that is known is not one that RSA_PAD is made for, of 2048 bits.
	ErrKeySize = errors.New("server key has not 2048 bits")
	// ErrPQ: pq is not a product of two different odd primes below 2^63.
	ErrPQ = errors.New("pq is not a product of two odd primes")
	// ErrHash: what was encrypted with new_nonce was not, or was changed: the server does not have its key.
	ErrHash = errors.New("hash of the encrypted answer is wrong")
	// ErrServerTime: the server's time lies before 1970.
	ErrServerTime = errors.New("server time is impossible")
	// ErrPrimeSize: p has not 2048 bits.
	ErrPrimeSize = errors.New("p has not 2048 bits")
	// ErrPrime: p is not prime.
	ErrPrime = errors.New("p is not prime")
	// ErrSafePrime: (p-1)/2 is not prime.
	ErrSafePrime = errors.New("(p-1)/2 is not prime")
	// ErrGenerator: g is not one of 2 to 7.
	ErrGenerator = errors.New("g is not one of 2 to 7")
	// ErrSubgroup: g does not generate the subgroup of order (p-1)/2.
	ErrSubgroup = errors.New("g does not fit p")
	// ErrRange: g_a or g_b is not between 2^1984 and p - 2^1984.
	ErrRange = errors.New("power of g out of range")
	// ErrNonceHash: the server did not compute the same key, or is not who answered.
	ErrNonceHash = errors.New("hash of the new nonce is wrong")
	// ErrFailed is the server's own word, proved to be its own, that it could not make a key: it may be
	// tried again over another connection.
	ErrFailed = errors.New("key exchange failed at the server")
	// ErrRetries: the server asked for another key too often.
	ErrRetries = errors.New("server refused every key")
)
