package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/keyring/passphrase"
	"botring/telegram"
)

// Check opens the bot's saved session, only if it runs here, and records what Telegram says. The bot it
// returns is current even when err is not nil. A bot without a session is not an error: NotLoggedIn.
func (f *Fleet) Check(ctx context.Context, key Key, report func(Step)) (bot Bot, err error) {
	return f.check(ctx, key, secret.Secret{}, false, report)
}

// check is Check with the bot's item as it was read a moment ago, if it was. One of many: the history need not
// hear of each that is as it was before.
func (f *Fleet) check(ctx context.Context, key Key, read secret.Secret, oneOfMany bool, report func(Step)) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "check", key)
	defer op.end(&err)
	on := f.at.Load()
	before := Status("")
	release, err := on.guard.take(ctx, key)
	if err == nil {
		before, err = f.checkNow(ctx, on, key, read, report)
		release()
	}
	// Also of a bot that another process has open, and after a cancel.
	bot, err = f.after(ctx, key, err)
	op.unheard = oneOfMany && bot.Health.Status == before
	return bot, err
}

// checkNow checks a bot whose turn it is, and returns its status before.
func (f *Fleet) checkNow(ctx context.Context, on *ground, key Key, read secret.Secret, report reporter) (before Status, err error) {
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return "", err
	}
	before = row.Health.Status
	if len(row.Sessions) == 0 && before != store.SecretMissing {
		return before, f.noSession(ctx, on, key)
	}
	if err := f.envs.require(key.Environment); err != nil {
		return before, err
	}
	r, err := on.ring.get(ctx)
	if err == nil && passphrase.IsQuiet(ctx) {
		err = f.unlocked(ctx)
	}
	if err != nil {
		return before, err
	}
	if read.Empty() || !tellsOf(row, read) {
		return before, f.checkAsRead(ctx, on, r, row, secret.Secret{}, report)
	}
	err = f.checkAsRead(ctx, on, r, row, read, report)
	if !dead(f.afterCheck(store.Health{}, err).Status) && !itemIsBad(err) {
		return before, err
	}
	// Since it was read somebody may have replaced the session, whose old one is dead now.
	now, readErr := r.Get(ctx, botItemName(key))
	if readErr == nil && now.Equal(read) {
		return before, err
	}
	return before, f.checkAsRead(ctx, on, r, row, secret.Secret{}, report)
}

// tellsOf reports whether a bot's item, which was read before its row and before its turn, still holds the session
// that the row knows, which runs here. A session that was given away or replaced since then may be in use in another
// place, and Telegram destroys it if it is opened here too.
func tellsOf(row Bot, read secret.Secret) bool {
	item, err := decodeBotItem(row.Key, read)
	if err != nil || item.Session == nil || item.Session.Runs != store.Here {
		return false
	}
	of := item.Session.row()
	return slices.ContainsFunc(row.Sessions, func(s Session) bool {
		return s.Name == of.Name && s.Runs == of.Runs && s.Since.Equal(of.Since) && s.MadeAt.Equal(of.MadeAt) &&
			s.DC == of.DC && s.APIID == of.APIID
	})
}

// checkAsRead checks the session of a bot's item as it was read, or as it is now where it was not.
func (f *Fleet) checkAsRead(ctx context.Context, on *ground, r *keyring.Ring, row Bot, read secret.Secret, report reporter) error {
	item, err := decodeBotItem(row.Key, read)
	if read.Empty() {
		item, err = f.readBot(ctx, on, r, row.Key)
	}
	if err != nil {
		return err
	}
	name, session, err := f.sessionHere(ctx, on, r, row, item)
	if err != nil {
		return err
	}
	if session == nil {
		return f.noSession(ctx, on, row.Key)
	}
	return f.ask(ctx, on, row.Key, name, session.Session, report)
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
func (f *Fleet) sessionHere(ctx context.Context, on *ground, r *keyring.Ring, row Bot, item botItem) (string, *sessionItem, error) {
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
		session, err := on.readFurther(ctx, r, row.Key, further.Name)
		if err == nil && session.Runs != store.Here {
			elsewhere = true // since the row was written, it was given away
			continue
		}
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
		if speaksFor(*b, name) {
			b.Health = f.afterCheck(b.Health, answer)
		}
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

// speaksFor reports whether a bot's state is about a session: its own one, or another where that does not run
// here.
func speaksFor(b Bot, name string) bool {
	return name == store.DefaultSession || !runsHere(b, store.DefaultSession)
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
