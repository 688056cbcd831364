package fleet

import (
	"context"
	"math/rand/v2"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/keyring/passphrase"
)

// LeastWatch and MostWatch bound the time between two rounds of a watch.
const (
	LeastWatch = time.Hour
	MostWatch  = 30 * 24 * time.Hour
)

// A Watcher is told how a watch goes. Its functions are called one at a time; those that are nil are not.
type Watcher struct {
	// Next: the next round begins at a time, on the wall's clock. It is told again where that clock was set.
	Next func(time.Time)
	// Began: a round of so many bots has begun.
	Began func(bots int)
	// Checked: one of them has been checked.
	Checked func(Outcome)
	// Ended: the round is over; err is why no bot could be asked about, such as keyring.ErrLocked.
	Ended func(err error)
}

// Watch checks all bots that have a session here and are not known to be dead, again and again, until ctx
// ends: the first round begins after every, which is bound by LeastWatch and MostWatch, and each time up to a
// tenth of it later, so that many watches do not ask at the same time. A keyring that is locked is left alone:
// nobody asked for a prompt.
func (f *Fleet) Watch(ctx context.Context, every time.Duration, w Watcher) {
	every = min(max(every, LeastWatch), MostWatch)
	for {
		next := deadlineIn(f.now(), every+rand.N(every/10))
		if !f.await(ctx, next, w.next) {
			return
		}
		err := f.round(ctx, w)
		if ctx.Err() != nil {
			return
		}
		if w.Ended != nil {
			w.Ended(err)
		}
	}
}

// tellAgain is how far the time of a deadline has to move for it to be told again.
const tellAgain = 2 * time.Second

// await waits for a deadline, or returns false where ctx ends first. It tells when that will be, and again
// whenever the clock on the wall was set or the computer slept.
func (f *Fleet) await(ctx context.Context, until deadline, tell func(time.Time)) bool {
	var told time.Time
	for {
		now := f.now()
		left := until.left(now)
		if left <= 0 {
			return ctx.Err() == nil
		}
		if at := until.at(now); at.Sub(told).Abs() > tellAgain {
			told = at
			tell(at)
		}
		timer := time.NewTimer(min(left, lookAgain))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

func (w Watcher) next(at time.Time) {
	if w.Next != nil {
		w.Next(at)
	}
}

// round is one round of a watch.
func (f *Fleet) round(ctx context.Context, w Watcher) error {
	keys, err := f.watched(ctx)
	if err != nil || len(keys) == 0 {
		return err
	}
	if w.Began != nil {
		w.Began(len(keys))
	}
	f.checkEach(passphrase.Quietly(ctx), "watch", keys, func(o Outcome) {
		if w.Checked != nil {
			w.Checked(o)
		}
	})
	return nil
}

// watched are the bots whose state may have changed unseen. The error is why the keyring cannot be read
// without asking somebody.
func (f *Fleet) watched(ctx context.Context) (keys []Key, err error) {
	bots, err := f.Bots(ctx)
	if err != nil {
		return nil, err
	}
	for _, bot := range bots {
		if hasLive(bot) && bot.Health.Status != store.SecretMissing {
			keys = append(keys, bot.Key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return keys, f.unlocked(ctx)
}

// unlocked is nil where the keyring can be read without asking somebody, or else why not.
func (f *Fleet) unlocked(ctx context.Context) error {
	status, err := f.Keyring(ctx)
	if err == nil && status.Locked {
		err = keyring.ErrLocked
	}
	return err
}
