package fleet

import (
	"context"
	"math/rand/v2"
	"time"

	"botring/fleet/store"
)

// LeastWatch is the shortest time between two rounds of a watch.
const LeastWatch = time.Hour

// Watch checks all bots that have a session here and are not known to be dead, again and again, until ctx
// ends: the first round begins after every, which is LeastWatch at least, and each time up to a tenth of it
// later, so that many watches do not ask at the same time. done is called for each check, one at a time, and
// round after each round. A keyring that has been locked meanwhile is left alone: nobody asked for a prompt.
func (f *Fleet) Watch(ctx context.Context, every time.Duration, done func(Outcome), round func()) {
	every = max(every, LeastWatch)
	for {
		timer := time.NewTimer(every + rand.N(every/10))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if keys := f.watched(ctx); len(keys) > 0 {
			f.CheckMany(ctx, keys, done)
		}
		if ctx.Err() == nil {
			round()
		}
	}
}

// watched are the bots whose state may have changed unseen, none while the keyring cannot be read without
// asking somebody.
func (f *Fleet) watched(ctx context.Context) (keys []Key) {
	if status, err := f.Keyring(ctx); err != nil || status.Locked {
		return nil
	}
	bots, err := f.Bots(ctx)
	if err != nil {
		return nil
	}
	for _, bot := range bots {
		if hasLive(bot) && bot.Health.Status != store.SecretMissing {
			keys = append(keys, bot.Key)
		}
	}
	return keys
}
