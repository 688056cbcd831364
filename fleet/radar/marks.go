package radar

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"

	"botring/internal/secret"
)

// A Kind is a kind of secret, by the name that JSON has.
type Kind string

// The kinds.
const (
	Token   Kind = "token"
	APIHash Kind = "api_hash"
	Session Kind = "session"
)

// A Key is what marks are made with. It is no secret: what is marked has over a hundred random bits, so that a mark
// beside its key tells nobody what was marked, and only somebody who has that can know it again.
type Key [32]byte

// A Hash is the keyed hash of a secret.
type Hash [sha256.Size]byte

// HashOf is the keyed hash of a secret of a kind: a token, an api_hash in any case of letters, or the authorization
// key of a session, so that the session is known again in every library's form.
func (k Key) HashOf(kind Kind, value secret.Secret) Hash {
	text := value.Reveal()
	if kind == APIHash {
		text = strings.ToLower(text)
	}
	return k.hasher().of(kind, []byte(text))
}

// A hasher makes hashes one after another.
type hasher struct {
	mac hash.Hash
	out []byte
}

func (k Key) hasher() *hasher { return &hasher{mac: hmac.New(sha256.New, k[:])} }

func (h *hasher) of(kind Kind, value []byte) (sum Hash) {
	h.mac.Reset()
	// The kind first, and where it ends: no secret of one kind is taken for one of another.
	h.out = append(append(h.out[:0], kind...), 0)
	_, _ = h.mac.Write(h.out) // never fails, says its documentation
	_, _ = h.mac.Write(value)
	h.out = h.mac.Sum(h.out[:0])
	copy(sum[:], h.out)
	return sum
}

// An Owner is whose secret a mark is of: a bot's, or with ID its api_id an app's.
type Owner struct {
	Environment string // of a bot
	ID          int64
	// Session is the name of a bot's session.
	Session string
	// Old: something else has taken its place since.
	Old bool
}

// Marks are what secrets of the ring are known by. The zero value knows none.
type Marks struct {
	Key    Key
	owners map[Hash]Owner
	// bots are those with a token among the marks, so that no other's is hashed.
	bots map[int64]bool
	// hashes, sessions: there are marks of that kind.
	hashes, sessions bool
}

// Add adds a mark.
func (m *Marks) Add(kind Kind, hash Hash, owner Owner) {
	if m.owners == nil {
		m.owners, m.bots = map[Hash]Owner{}, map[int64]bool{}
	}
	if before, known := m.owners[hash]; known && !before.Old {
		return
	}
	m.owners[hash] = owner
	switch kind {
	case Token:
		m.bots[owner.ID] = true
	case APIHash:
		m.hashes = true
	case Session:
		m.sessions = true
	}
}

// Again is what the marks know of a finding by now. They are made with the key of those that it was found with.
func (m *Marks) Again(f Finding) Finding {
	f.Owner, f.Known = m.owners[f.Sum]
	return f
}

// Len is how many marks there are.
func (m *Marks) Len() int { return len(m.owners) }

// A Secret is a secret that was found, and nothing of what it is.
type Secret struct {
	Kind Kind
	// ID is the bot's, as its token has it in front, or its session's string; 0 where nothing tells it.
	ID int64
	// Format is the library's that writes sessions in this form, "" otherwise.
	Format string
	// User: the session is that of a user's account and no bot's.
	User bool
	// Known: it is on the ring, or was, and Owner's. Others are known by their shape alone.
	Known bool
	Owner Owner
}

// Old reports whether it was the ring's and something has taken its place.
func (s Secret) Old() bool { return s.Owner.Old }
