package telegramtest

import (
	"context"
	"slices"
	"time"
)

// overlapGrace is how long a session's earlier connection has to turn out closed before a new one counts
// as a second.
const overlapGrace = 300 * time.Millisecond

// watcher is closed when a call that was received before the watcher came is answered.
type watcher struct {
	before   int
	answered chan struct{}
}

// enter notes that the connection uses a key. The first time it does, and somebody is logged in with the
// key, it looks for others that use it too: a session in two places at once is destroyed, and the
// connection that came later is told AUTH_KEY_DUPLICATED.
//
// A client that closes one connection and opens the next must never be told so, although the server may
// read the new connection's first message before the old one's end. An earlier connection therefore
// counts only if it is still open after overlapGrace, or if the server answered a call on it that it had
// already received: a client that has gone waits for no answer. Two uses so short that each ends within
// the grace and asks nothing in the meantime go unnoticed; with Options.Delay no answer is that quick.
func (c *conn) enter(ctx context.Context, k *authKey) {
	s := c.server
	s.mu.Lock()
	if _, known := k.conns[c]; known {
		s.mu.Unlock()
		return
	}
	type use struct {
		*conn
		answered <-chan struct{}
	}
	var others []use
	if k.user != 0 {
		for other := range k.conns {
			// One that has used the key and has no call yet is about to count the one it used it for.
			w := watcher{before: max(other.calls, 1), answered: make(chan struct{})}
			other.watchers = append(other.watchers, w)
			others = append(others, use{other, w.answered})
		}
	}
	k.conns[c] = struct{}{}
	c.used = append(c.used, k)
	s.mu.Unlock()
	if len(others) == 0 {
		return
	}

	grace := time.NewTimer(overlapGrace)
	defer grace.Stop()
	for _, other := range others {
		select {
		case <-other.done:
			continue
		case <-ctx.Done():
			return
		case <-other.answered:
		case <-grace.C:
		}
		s.mu.Lock()
		k.user = 0
		c.duplicated = true
		s.mu.Unlock()
		return
	}
}

// answered tells those who watch the connection that its call number n got its answer. The caller holds
// the server's mutex.
func (c *conn) answered(n int) {
	c.watchers = slices.DeleteFunc(c.watchers, func(w watcher) bool {
		if n >= w.before {
			return false
		}
		close(w.answered)
		return true
	})
}
