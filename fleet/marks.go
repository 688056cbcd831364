package fleet

import (
	"context"
	"slices"
	"sync"

	"botring/fleet/radar"
	"botring/fleet/store"
	"botring/internal/secret"
)

// Beside a secret that is saved, the catalogue gets what it is known again by: its hash under a key that the catalogue has too
// (radar.Key). So a scan for leaks never opens the keyring. Catalogues from before they had marks get them as items are
// read, and all at once from VerifyKeyring.

// marks are those that the catalogue is known to have.
type marks struct {
	mu sync.Mutex
	// key is what they are made with, nil before it was read.
	key *radar.Key
	// known are hashes of what is on the ring now.
	known map[radar.Hash]bool
}

// markKey returns what marks are made with.
func (on *ground) markKey(ctx context.Context) (radar.Key, error) {
	m := &on.marks
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.key == nil {
		key, err := readMarkKey(ctx, on.Store)
		if err != nil {
			return radar.Key{}, err
		}
		m.key, m.known = &key, make(map[radar.Hash]bool)
	}
	return *m.key, nil
}

func readMarkKey(ctx context.Context, s *store.Store) (key radar.Key, err error) {
	bytes, err := s.MarkKey(ctx)
	copy(key[:], bytes)
	return key, err
}

// hashOf is a mark's hash. Of one that somebody has changed only its size matters.
func hashOf(mark store.SecretMark) (hash radar.Hash) {
	copy(hash[:], mark.Hash)
	return hash
}

// marksOf are the marks of items, by their names. Items that cannot be read have none.
func (on *ground) marksOf(ctx context.Context, values map[string]secret.Secret) (all []store.SecretMark) {
	with, err := on.markKey(ctx)
	if err != nil {
		return nil
	}
	for name, value := range values {
		all = append(all, marksOfItem(with, name, value)...)
	}
	return all
}

func marksOfItem(with radar.Key, name string, value secret.Secret) []store.SecretMark {
	if apiID, ok := parseAppItemName(name); ok {
		if item, err := decodeAppItem(apiID, value); err == nil {
			return []store.SecretMark{item.mark(with)}
		}
		return nil
	}
	key, further, ok := parseBotItemName(name)
	switch {
	case !ok:
	case further != "":
		if session, err := decodeFurther(key, further, value); err == nil {
			return []store.SecretMark{session.mark(with, key, further)}
		}
	default:
		if item, err := decodeBotItem(key, value); err == nil {
			return item.marks(with, key)
		}
	}
	return nil
}

func (a appItem) mark(with radar.Key) store.SecretMark {
	hash := with.HashOf(radar.APIHash, a.Hash)
	return store.SecretMark{Kind: string(radar.APIHash), APIID: a.APIID, Hash: hash[:]}
}

func (b botItem) marks(with radar.Key, key Key) []store.SecretMark {
	hash := with.HashOf(radar.Token, b.Token)
	all := []store.SecretMark{{Kind: string(radar.Token), Key: key, Hash: hash[:]}}
	if b.Session != nil {
		all = append(all, b.Session.mark(with, key, store.DefaultSession))
	}
	return all
}

func (s *sessionItem) mark(with radar.Key, key Key, name string) store.SecretMark {
	hash := with.HashOf(radar.Session, s.Key)
	return store.SecretMark{Kind: string(radar.Session), Key: key, Session: name, Hash: hash[:]}
}

// marks are those of what a save has written.
func (s *save) marks(ctx context.Context, on *ground) []store.SecretMark {
	with, err := on.markKey(ctx)
	if err != nil {
		return nil
	}
	var all []store.SecretMark
	if s.further != "" {
		all = append(all, s.item.Session.mark(with, s.key, s.further))
	} else {
		all = s.item.marks(with, s.key)
	}
	if s.newApp {
		all = append(all, s.app.mark(with))
	}
	return all
}

// mark has the catalogue know items again that were read. That it fails is no reason to fail: the next time they are read
// it is tried again.
func (on *ground) mark(ctx context.Context, values map[string]secret.Secret) {
	all := on.marksOf(ctx, values)
	on.marks.mu.Lock()
	unknown := slices.DeleteFunc(all, func(mark store.SecretMark) bool { return on.marks.known[hashOf(mark)] })
	on.marks.mu.Unlock()
	missing, err := on.MissingMarks(ctx, unknown)
	if err == nil && len(missing) > 0 {
		err = on.MarkSecrets(ctx, missing)
	}
	if err != nil {
		return
	}
	on.marks.mu.Lock()
	defer on.marks.mu.Unlock()
	for _, mark := range unknown {
		on.marks.known[hashOf(mark)] = true
	}
}

// Marked are the marks of a catalogue, for a scan.
type Marked struct {
	*radar.Marks
	// Bots counts those that a scan would know the token of again, Unmarked those that it would not.
	Bots, Unmarked int
}

// Marks returns what a scan knows the secrets of the ring by.
func (f *Fleet) Marks(ctx context.Context) (Marked, error) { return marked(ctx, f.at.Load().Store) }

// Marks returns what a scan knows the secrets of the ring by.
func (g *Glance) Marks(ctx context.Context) (Marked, error) { return marked(ctx, g.store) }

func marked(ctx context.Context, s *store.Store) (Marked, error) {
	key, err := readMarkKey(ctx, s)
	if err != nil {
		return Marked{}, err
	}
	all, err := s.SecretMarks(ctx)
	if err != nil {
		return Marked{}, err
	}
	m := Marked{Marks: &radar.Marks{Key: key}}
	for _, mark := range all {
		owner := radar.Owner{Environment: mark.Key.Environment, ID: mark.Key.ID, Session: mark.Session, Old: mark.Old}
		if mark.APIID != 0 {
			owner.ID = int64(mark.APIID)
		}
		m.Add(radar.Kind(mark.Kind), hashOf(mark), owner)
		if mark.Kind == string(radar.Token) && !mark.Old {
			m.Bots++
		}
	}
	m.Unmarked, err = s.Unmarked(ctx)
	return m, err
}
