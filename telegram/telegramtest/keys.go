package telegramtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/crypto"

	"botring/internal/secret"
	"botring/telegram"
)

// keyID names an auth key; one data centre knows nothing of another's.
type keyID struct {
	dc int
	id [8]byte
}

// authKey is an authorization key and what is bound to it. The server's mutex guards all but the key itself.
type authKey struct {
	crypto.AuthKey
	// user is the bot logged in with the key, 0 when none is.
	user int64
	// revoked: the login ended with its token.
	revoked  bool
	salts    salts
	sessions map[int64]*session
	// conns are the connections that have used the key and are still open.
	conns map[*conn]struct{}
}

// remembered is how many message ids a session keeps to recognise one that comes again.
const remembered = 256

// session is an MTProto session: a number the client made up, and what was said under it.
type session struct {
	id        int64
	announced bool
	// content counts the messages sent that ask to be acknowledged.
	content int32
	seen    []int64
	// pending ends the wait of a call that has no answer yet, by its message id.
	pending map[int64]context.CancelFunc
}

// again reports whether a message id was seen before, and remembers it.
func (s *session) again(id int64) bool {
	if slices.Contains(s.seen, id) {
		return true
	}
	if len(s.seen) == remembered {
		s.seen = slices.Delete(s.seen, 0, 1)
	}
	s.seen = append(s.seen, id)
	return false
}

// addKey makes a key known to a data centre. The caller holds the server's mutex.
func (s *Server) addKey(dc int, key crypto.AuthKey, salt int64) *authKey {
	k := &authKey{
		AuthKey:  key,
		salts:    newSalts(salt, s.clock.Now()),
		sessions: make(map[int64]*session),
		conns:    make(map[*conn]struct{}),
	}
	s.keys[keyID{dc, key.ID}] = k
	return k
}

// lookup returns a data centre's key with an id, or nil.
func (s *Server) lookup(dc int, id [8]byte) *authKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[keyID{dc, id}]
}

// session returns the key's session with an id, making it.
func (s *Server) session(k *authKey, id int64) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := k.sessions[id]
	if !ok {
		found = &session{id: id, pending: make(map[int64]context.CancelFunc)}
		k.sessions[id] = found
	}
	return found
}

// Session makes a session of a known bot without a key exchange, as if it had logged in at its data
// centre before. A bot may have any number of them.
func (s *Server) Session(id int64) (telegram.Session, error) {
	var value crypto.Key
	_, _ = rand.Read(value[:])

	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bots[id]
	if !ok {
		return telegram.Session{}, fmt.Errorf("no bot with id %d", id)
	}
	at := slices.IndexFunc(s.dcs, func(d *dc) bool { return d.id == b.DC })
	if at < 0 {
		return telegram.Session{}, fmt.Errorf("bot %d lives in DC %d of %d", id, b.DC, len(s.dcs))
	}
	k := s.addKey(b.DC, value.WithID(), randomLong())
	k.user = id

	made := telegram.Session{
		DC:          b.DC,
		Addr:        s.dcs[at].addr,
		Environment: s.opts.Environment,
		Key:         secret.New(string(value[:])),
		Salt:        k.salts.current(s.clock.Now()),
		UserID:      id,
		MadeAt:      time.Now(),
	}
	if len(s.opts.Apps) > 0 {
		made.APIID = s.opts.Apps[0].ID
	}
	return made, nil
}
