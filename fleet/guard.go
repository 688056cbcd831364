package fleet

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// A guard lets one call at a time work on a bot, and so open its session: Telegram destroys a session
// that two connections use. Calls of this process wait for each other; another process is told that the
// session is busy, since how long it would wait is not known.
type guard struct {
	// dir says where processes meet, nil where there is only this one. It is the user's and not --home's:
	// a ring is shared by all homes, and so are its sessions.
	dir func() (string, error)
	// scope keeps the bots of different rings apart.
	scope string

	mu   sync.Mutex
	bots map[Key]*turn
}

// A turn is the right to work on a bot, and how many calls have or want it.
type turn struct {
	free  chan struct{} // holds one value when nobody has the turn
	users int
}

// take waits for the bot's turn and returns what gives it back. It fails with ErrSessionBusy or as ctx
// ends.
func (g *guard) take(ctx context.Context, key Key) (release func(), err error) {
	t := g.join(key)
	select {
	case <-t.free:
	case <-ctx.Done():
		g.leave(key, t)
		return nil, ctx.Err()
	}
	unlock, err := g.lockFile(key)
	if err != nil {
		t.free <- struct{}{}
		g.leave(key, t)
		return nil, err
	}
	return func() {
		unlock()
		t.free <- struct{}{}
		g.leave(key, t)
	}, nil
}

// takePair is take for two bots. The one that comes first in the order of keys is taken first, so that two calls for
// the same two do not wait for each other for ever.
func (g *guard) takePair(ctx context.Context, a, b Key) (releaseA, releaseB func(), err error) {
	first, second := a, b
	swapped := cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.ID, b.ID)) > 0
	if swapped {
		first, second = b, a
	}
	releaseFirst, err := g.take(ctx, first)
	if err != nil {
		return nil, nil, err
	}
	releaseSecond, err := g.take(ctx, second)
	if err != nil {
		releaseFirst()
		return nil, nil, err
	}
	if swapped {
		return releaseSecond, releaseFirst, nil
	}
	return releaseFirst, releaseSecond, nil
}

// busy reports whether anybody works on a bot at this moment, here or in another process.
func (g *guard) busy(key Key) bool {
	g.mu.Lock()
	_, here := g.bots[key]
	g.mu.Unlock()
	if here {
		return true
	}
	unlock, err := g.lockFile(key)
	if err == nil {
		unlock()
	}
	return errors.Is(err, ErrSessionBusy)
}

func (g *guard) join(key Key) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bots == nil {
		g.bots = make(map[Key]*turn)
	}
	t := g.bots[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		g.bots[key] = t
	}
	t.users++
	return t
}

func (g *guard) leave(key Key, t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(g.bots, key)
	}
}

// lockFile locks the bot's sessions against other processes. The file is taken away afterwards, so that
// a thousand bots do not leave a thousand files; what is locked must therefore still be in its place.
func (g *guard) lockFile(key Key) (unlock func(), err error) {
	if g.dir == nil {
		return func() {}, nil
	}
	dir, err := g.dir()
	if err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	name := sha256.Sum256([]byte(g.scope + "\x00" + botItemName(key)))
	path := filepath.Join(dir, "bot-"+hex.EncodeToString(name[:12])+".lock")
	for {
		lock := flock.New(path, flock.SetPermissions(0o600))
		locked, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock session: %w", err)
		}
		if !locked {
			_ = lock.Close()
			return nil, ErrSessionBusy
		}
		if inPlace(lock, path) {
			return func() {
				_ = os.Remove(path)
				_ = lock.Close()
			}, nil
		}
		_ = lock.Close()
	}
}

// inPlace reports whether the locked file is the one that others find at path.
func inPlace(lock *flock.Flock, path string) bool {
	mine, err := lock.Stat()
	if err != nil {
		return false
	}
	found, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	return err == nil && os.SameFile(mine, found)
}
