package telegramtest

import (
	"crypto/rand"

	"github.com/gotd/td/crypto"

	"botring/internal/secret"
)

// KnownKey makes a key of a data centre that nobody is logged in with, and its salt: what a key exchange
// leaves behind, without the third of a second that gotd's client takes to check its prime.
func (s *Server) KnownKey(dc int) (crypto.AuthKey, int64) {
	var value crypto.Key
	_, _ = rand.Read(value[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.addKey(dc, value.WithID(), randomLong())
	return k.AuthKey, k.salts.current(s.clock.Now())
}

// keyOf returns the key with a value.
func (s *Server) keyOf(value secret.Secret) *authKey {
	var key crypto.Key
	copy(key[:], value.Reveal())
	return s.lookup(defaultDC, key.ID())
}
