package telegram

import (
	"sync"
	"time"

	"github.com/gotd/td/clock"
	"github.com/gotd/td/proto"
)

// clockTolerance is how far this computer's clock may be off without being corrected. Telegram refuses
// message ids 30 s ahead of its time and 300 s behind, so slow answers are not taken for a wrong clock.
const clockTolerance = 20 * time.Second

// A serverClock tells Telegram's time: this computer's, corrected by what a server's messages say.
// A message id holds the time it was made at, so a wrong clock costs the connection unless corrected. Only
// what is encrypted for this connection is believed: the answer of the key exchange and the calls' messages.
type serverClock struct {
	// Clock is for the timers, which need no correcting.
	clock.Clock
	now func() time.Time

	mu       sync.Mutex
	ahead    time.Duration // how far this computer's clock is ahead of Telegram's
	measured time.Duration // the same as last seen, within the tolerance too
	lastID   int64
}

func newServerClock(now func() time.Time) *serverClock {
	return &serverClock{Clock: clock.System, now: now}
}

// Now returns Telegram's time as far as it is known.
func (c *serverClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Add(-c.ahead)
}

// learn corrects the clock by the time in a server's message id.
func (c *serverClock) learn(id int64) { c.correct(c.now().Sub(proto.MessageID(id).Time())) }

// correct says how far this computer's clock was found to be ahead of Telegram's.
func (c *serverClock) correct(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measured = ahead
	if ahead.Abs() <= clockTolerance {
		ahead = 0
	}
	if (ahead - c.ahead).Abs() <= clockTolerance {
		return
	}
	c.ahead = ahead
	// Ids made by the wrong clock were refused, so the next one may be lower than they were.
	c.lastID = 0
}

// skew is how far this computer's clock is ahead of Telegram's, 0 within the tolerance.
func (c *serverClock) skew() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// lastMeasured is the skew as last seen, however small.
func (c *serverClock) lastMeasured() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.measured
}

// New makes the id of a message of ours, each higher than the last.
func (c *serverClock) New(t proto.MessageType) int64 {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	id := int64(proto.NewMessageID(now, t))
	if id <= c.lastID {
		// The two lowest bits are the type's.
		id = c.lastID + 4
	}
	c.lastID = id
	return id
}
