package telegram

import (
	"testing"
	"time"

	"github.com/gotd/td/proto"
)

func TestServerClock(t *testing.T) {
	local := time.Unix(1_800_000_000, 0)
	c := newServerClock(func() time.Time { return local })
	at := func(d time.Duration) int64 {
		return int64(proto.NewMessageID(local.Add(d), proto.MessageServerResponse))
	}
	for _, step := range []struct {
		server, skew time.Duration
	}{
		{3 * time.Second, 0},                      // within the tolerance
		{-time.Hour, time.Hour},                   // ahead
		{-time.Hour - time.Second, time.Hour},     // no need to correct again
		{10 * time.Minute, -10 * time.Minute},     // behind
		{-2 * time.Second, 0},                     // set right meanwhile
		{-400 * 24 * time.Hour, 9600 * time.Hour}, // another year
	} {
		c.learn(at(step.server))
		if got := c.skew(); (got - step.skew).Abs() > time.Microsecond {
			t.Errorf("server %v: skew %v, want %v", step.server, got, step.skew)
		}
		if got := c.Now().Sub(local); (got + step.skew).Abs() > time.Microsecond {
			t.Errorf("server %v: now is off by %v", step.server, got)
		}
		id := proto.MessageID(c.New(proto.MessageFromClient))
		if off := id.Time().Sub(local.Add(-step.skew)).Abs(); off > 2*time.Microsecond || id.Type() != proto.MessageFromClient {
			t.Errorf("server %v: id %v", step.server, id)
		}
	}
	// Ids rise although the clock stands still.
	last := c.New(proto.MessageFromClient)
	for range 1000 {
		id := c.New(proto.MessageFromClient)
		if id <= last || proto.MessageID(id).Type() != proto.MessageFromClient {
			t.Fatalf("%d after %d", id, last)
		}
		last = id
	}
}
