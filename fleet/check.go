package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// Check opens the bot's saved session, only if it runs here, and records what Telegram says. The bot it
// returns is current even when err is not nil. A bot without a session is not an error: NotLoggedIn.
func (f *Fleet) Check(ctx context.Context, key Key, report func(Step)) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "check", key)
	defer op.end(&err)
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err == nil {
		err = f.checkNow(ctx, on, key, report)
		release()
	}
	// Also of a bot that another process has open, and after a cancel.
	reading, cancel := afterwards(ctx)
	defer cancel()
	bot, readErr := on.Bot(reading, key, f.now())
	if errors.Is(err, store.ErrNotFound) {
		return Bot{}, err
	}
	return bot, also(err, readErr)
}

func (f *Fleet) checkNow(ctx context.Context, on *ground, key Key, report reporter) error {
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return err
	}
	if len(row.Sessions) == 0 && row.Health.Status != store.SecretMissing {
		return f.noSession(ctx, on, key)
	}
	if err := f.envs.require(key.Environment); err != nil {
		return err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return err
	}
	item, err := f.readBot(ctx, on, r, key)
	if err != nil {
		return err
	}
	name, session, err := f.sessionHere(ctx, r, row, item)
	if err != nil {
		return err
	}
	if session == nil {
		return f.noSession(ctx, on, key)
	}
	return f.ask(ctx, on, key, name, session.Session, report)
}

// noSession records that a bot is not logged in, unless its row says what keeps it from being so.
func (f *Fleet) noSession(ctx context.Context, on *ground, key Key) error {
	return on.Update(ctx, key, func(b *Bot) {
		b.Sessions = nil
		switch b.Health.Status {
		case store.TokenRevoked, store.Deactivated, store.NotLoggedIn:
		case store.OK, store.SessionDead, store.SessionRevoked, store.SessionDuplicated, store.Flooded,
			store.SecretMissing, store.Unreachable, store.Unchecked:
			b.Health = f.health(b.Health, store.Health{Status: store.NotLoggedIn})
		}
	})
}

// sessionHere is the session that may be opened here: the default one, or else the first that runs here.
// It is nil where the bot has none at all, and ErrRunsElsewhere where all run elsewhere.
func (f *Fleet) sessionHere(ctx context.Context, r *keyring.Ring, row Bot, item botItem) (string, *sessionItem, error) {
	if item.Session != nil && item.Session.Runs == store.Here {
		return store.DefaultSession, item.Session, nil
	}
	elsewhere := item.Session != nil
	for _, further := range row.Sessions {
		if further.Name == store.DefaultSession {
			continue
		}
		if further.Runs != store.Here {
			elsewhere = true
			continue
		}
		session, err := readFurther(ctx, r, row.Key, further.Name)
		return further.Name, session, err
	}
	if elsewhere {
		return "", nil, ErrRunsElsewhere
	}
	return "", nil, nil
}

// ask opens a session, which must run here, and records the answer.
func (f *Fleet) ask(ctx context.Context, on *ground, key Key, name string, session telegram.Session, report reporter) error {
	if err := f.free(ctx, on, key, session.APIID, methodCheck); err != nil {
		return err
	}
	talk, err := f.speak(key.Environment)
	if err != nil {
		return err
	}
	profile, err := talk.Check(ctx, telegram.App{ID: session.APIID}, session, report.telegram())
	answer := f.remember(ctx, on, key, session.APIID, methodCheck, err)
	// What was learnt is kept, also when the user turned away meanwhile.
	ctx, cancel := afterwards(ctx)
	defer cancel()
	err = on.Update(ctx, key, func(b *Bot) {
		b.Health = f.afterCheck(b.Health, answer)
		if answer != nil {
			return
		}
		b.Profile = profileRow(profile, session.DC)
		for i := range b.Sessions {
			if b.Sessions[i].Name == name {
				b.Sessions[i].CheckedAt = f.now()
			}
		}
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil // a bot of the ring that the catalogue has lost
	}
	if err != nil {
		err = fmt.Errorf("record the check: %w", err)
	}
	return also(answer, err)
}

// prove asks whether the session that a login would replace still works: ErrSessionWorks if it does, nil
// if it is dead or there is none, and the reason where that cannot be found out.
func (f *Fleet) prove(ctx context.Context, on *ground, row Bot, session *sessionItem, report reporter) error {
	switch {
	case session == nil:
		return nil
	case session.Runs != store.Here:
		return ErrRunsElsewhere
	case dead(row.Health.Status) || row.Health.Status == store.Flooded:
		return nil
	}
	err := f.ask(ctx, on, row.Key, store.DefaultSession, session.Session, report)
	if err == nil {
		return ErrSessionWorks
	}
	if after := f.afterCheck(store.Health{}, err); dead(after.Status) {
		return nil
	}
	return err
}

// hasLive reports whether a bot has a session here that may still work.
func hasLive(row Bot) bool {
	if dead(row.Health.Status) || row.Health.Status == store.Flooded {
		return false
	}
	for _, session := range row.Sessions {
		if session.Runs == store.Here {
			return true
		}
	}
	return false
}

// A Checked is the outcome of one check of CheckMany.
type Checked struct {
	Bot Bot
	Err error
}

// checksAtOnce is how many sessions are open at a time.
const checksAtOnce = 8

// CheckMany checks bots, at most eight at a time, and calls done for each as it ends, one call at a time.
// When ctx ends, what runs is cancelled and nothing more starts. A locked keyring is unlocked once, before
// the first.
func (f *Fleet) CheckMany(ctx context.Context, keys []Key, done func(Checked)) {
	refusal := f.unlockFor(ctx, keys)
	queue := make(chan Key)
	var (
		workers sync.WaitGroup
		telling sync.Mutex
	)
	for range min(checksAtOnce, len(keys)) {
		workers.Go(func() {
			for key := range queue {
				checked := f.checkOne(ctx, key, refusal)
				telling.Lock()
				done(checked)
				telling.Unlock()
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

// checkOne checks a bot of many. refusal is why the keyring cannot be read, which is no matter to a bot
// that has no session to be read.
func (f *Fleet) checkOne(ctx context.Context, key Key, refusal error) Checked {
	if refusal != nil {
		if bot, err := f.Bot(ctx, key); err == nil && len(bot.Sessions) > 0 {
			return Checked{Bot: bot, Err: refusal}
		}
	}
	bot, err := f.Check(ctx, key, nil)
	return Checked{Bot: bot, Err: err}
}

// unlockFor unlocks the keyring ahead of many checks, which would each prompt. Where that fails none of
// them would fare better.
func (f *Fleet) unlockFor(ctx context.Context, keys []Key) error {
	bots, err := f.Bots(ctx)
	if err != nil {
		return err
	}
	wanted := make(map[Key]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	for _, bot := range bots {
		if wanted[bot.Key] && len(bot.Sessions) > 0 {
			return f.Unlock(ctx)
		}
	}
	return nil
}
