package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring/passphrase"
)

// An Outcome is what became of one bot of many.
type Outcome struct {
	Key Key
	// Bot is its row as it is now. It is empty for a bot that is no longer there.
	Bot Bot
	Err error
}

// longestPause is how long many calls wait for Telegram to hear this address again. A longer wait ends them.
const longestPause = 2 * time.Minute

// A crowd is a call for many bots. Telegram may find that this address asks too often: then all of them wait,
// and go on with half as many at a time.
type crowd struct {
	do    func(context.Context, Key) (Bot, error)
	done  func(Outcome)
	now   func() time.Time
	trace Trace

	telling sync.Mutex // done is called one at a time

	mu      sync.Mutex
	until   deadline      // nothing begins before
	allowed int           // how many may work at a time
	working int           // how many do
	changed chan struct{} // closed when one of these has changed
}

// many calls do for each bot, some at a time, and done for each as it ends, one call at a time. When ctx ends,
// what runs is cancelled and nothing more begins.
func (f *Fleet) many(ctx context.Context, keys []Key, do func(context.Context, Key) (Bot, error), done func(Outcome)) {
	c := &crowd{do: do, done: done, now: f.now, trace: traceOf(ctx), allowed: f.schedule.atOnce(), changed: make(chan struct{})}
	queue := make(chan Key)
	var workers sync.WaitGroup
	for range min(c.allowed, len(keys)) {
		workers.Go(func() {
			for key := range queue {
				c.one(ctx, key)
			}
		})
	}
feed:
	for _, key := range keys {
		if ctx.Err() != nil {
			break
		}
		select {
		case queue <- key:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	workers.Wait()
}

// one does one bot, once more where the address was refused.
func (c *crowd) one(ctx context.Context, key Key) {
	for {
		if !c.enter(ctx) {
			return
		}
		bot, err := c.do(ctx, key)
		c.leave()
		if until, waits := pause(err, c.now()); waits && ctx.Err() == nil {
			c.slow(until)
			continue
		}
		c.telling.Lock()
		c.done(Outcome{Key: key, Bot: bot, Err: err})
		c.telling.Unlock()
		return
	}
}

// pause is until when calls for many bots wait after err: Telegram refuses this address, and not for long.
func pause(err error, now time.Time) (until time.Time, waits bool) {
	var flood *FloodError
	if errors.As(err, &flood) && flood.Address && flood.Until.Sub(now) <= longestPause {
		return flood.Until, true
	}
	return time.Time{}, false
}

// enter waits until one more may work, and reports whether there is still a reason to.
func (c *crowd) enter(ctx context.Context) bool {
	for {
		c.mu.Lock()
		wait := c.until.left(c.now())
		if wait <= 0 && c.working < c.allowed {
			c.working++
			c.mu.Unlock()
			return ctx.Err() == nil || c.leave()
		}
		changed := c.changed
		c.mu.Unlock()
		if wait <= 0 {
			wait = lookAgain
		}
		timer := time.NewTimer(min(wait, lookAgain))
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// leave gives the place back. It returns false, for enter.
func (c *crowd) leave() bool {
	c.change(func() { c.working-- })
	return false
}

// slow has everybody wait until a time, and half of them from then on. Several may be refused at once, and
// that is one refusal.
func (c *crowd) slow(until time.Time) {
	news := false
	c.change(func() {
		now := c.now()
		pause := deadlineIn(now, until.Sub(now))
		if news = pause.left(now) > c.until.left(now); !news {
			return
		}
		if c.until.passed(now) {
			c.allowed = max(1, c.allowed/2)
		}
		c.until = pause
	})
	if news {
		c.trace.held(until)
	}
}

func (c *crowd) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	close(c.changed)
	c.changed = make(chan struct{})
}

// CheckMany checks bots, some at a time, and calls done for each as it ends, one call at a time. When ctx
// ends, what runs is cancelled and nothing more starts. A locked keyring is unlocked once, before the first,
// and the items of all are read in one go, those of bots whose turn comes late once more.
func (f *Fleet) CheckMany(ctx context.Context, keys []Key, done func(Outcome)) {
	f.checkEach(ctx, "check many", keys, done)
}

// checkEach checks bots as one operation, which has a name.
func (f *Fleet) checkEach(ctx context.Context, name string, keys []Key, done func(Outcome)) {
	_, op := f.begin(ctx, name, Key{})
	items, refusal := f.itemsOf(ctx, keys)
	read := time.Now()
	var sum tally
	f.many(ctx, keys, func(ctx context.Context, key Key) (Bot, error) {
		if refusal != nil {
			if bot, err := f.Bot(ctx, key); err == nil && len(bot.Sessions) > 0 {
				return bot, refusal
			}
		}
		item := items[botItemName(key)]
		if time.Since(read) > staleItem {
			item = secret.Secret{}
		}
		return f.check(ctx, key, item, true, nil)
	}, sum.of(done))
	sum.end(ctx, op, len(keys))
}

// LoginMany logs bots in again, each as Login does: one whose session works is left alone (ErrSessionWorks)
// unless force. A login that cannot be saved is ended again: of many, nobody could be asked about each.
func (f *Fleet) LoginMany(ctx context.Context, keys []Key, force bool, done func(Outcome)) {
	_, refusal := f.unlockFor(ctx, keys, func(Bot) bool { return true })
	f.many(ctx, keys, func(ctx context.Context, key Key) (Bot, error) {
		if refusal != nil {
			bot, err := f.Bot(ctx, key)
			return bot, also(refusal, err)
		}
		saved, err := f.Login(ctx, key, force, traceOf(ctx).steps(key))
		if unsaved := (*UnsavedError)(nil); errors.As(err, &unsaved) {
			ending, cancel := afterwards(ctx)
			defer cancel()
			err = also(unsaved.Err, f.Abandon(ending, unsaved))
		}
		if saved.Bot.ID != 0 {
			return saved.Bot, err
		}
		return f.after(ctx, key, err)
	}, done)
}

// LogOutMany ends the sessions that run here, each as LogOut does.
func (f *Fleet) LogOutMany(ctx context.Context, keys []Key, done func(Outcome)) {
	f.many(ctx, keys, func(ctx context.Context, key Key) (Bot, error) {
		return f.LogOut(ctx, key, traceOf(ctx).steps(key))
	}, done)
}

// after is a bot's row once a call about it has ended with err.
func (f *Fleet) after(ctx context.Context, key Key, err error) (Bot, error) {
	reading, cancel := afterwards(ctx)
	defer cancel()
	bot, readErr := f.at.Load().Bot(reading, key, f.now())
	if errors.Is(readErr, store.ErrNotFound) {
		return Bot{}, err
	}
	return bot, also(err, readErr)
}

// A tally counts what became of many.
type tally struct{ ended, failed int }

// of counts outcomes on their way to done.
func (t *tally) of(done func(Outcome)) func(Outcome) {
	return func(o Outcome) {
		t.ended++
		if o.Err != nil || o.Bot.Health.Status != store.OK {
			t.failed++
		}
		done(o)
	}
}

// end ends an operation on many with what became of them.
func (t *tally) end(ctx context.Context, op *operation, total int) {
	err := ctx.Err()
	op.note(slog.Int("bots", total), slog.Int("ended", t.ended), slog.Int("not_ok", t.failed))
	op.detail = fmt.Sprintf("%d of %d, %d not ok", t.ended, total, t.failed)
	op.end(&err)
}

// batch is how many bots it takes for one read of the whole keyring to be less than a read of each.
const batch = 8

// staleItem is how old an item may be that was read with those of other bots; then it is read again. What another
// program does meanwhile through a catalogue of its own no row here tells of.
const staleItem = 5 * time.Second

// itemsOf unlocks the keyring for the checks of bots, which would each prompt, and reads their items at once
// where they are many. The refusal is why that failed, which would be so for each of them.
func (f *Fleet) itemsOf(ctx context.Context, keys []Key) (items map[string]secret.Secret, refusal error) {
	names, err := f.unlockFor(ctx, keys, func(bot Bot) bool { return len(bot.Sessions) > 0 })
	if err != nil || len(names) < batch {
		return nil, err
	}
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return nil, err
	}
	// One item that cannot be read is its bot's trouble alone: then each is read for itself.
	items, _ = r.GetAll(ctx, names)
	return items, nil
}

// unlockFor unlocks the keyring if any of these bots needs it, and returns the names of the items of those.
func (f *Fleet) unlockFor(ctx context.Context, keys []Key, needs func(Bot) bool) (names []string, err error) {
	bots, err := f.Bots(ctx)
	if err != nil {
		return nil, err
	}
	wanted := make(map[Key]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	for _, bot := range bots {
		if wanted[bot.Key] && needs(bot) {
			names = append(names, botItemName(bot.Key))
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return nil, err
	}
	if passphrase.IsQuiet(ctx) {
		return names, f.unlocked(ctx)
	}
	return names, r.Unlock(ctx)
}
