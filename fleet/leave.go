package fleet

import (
	"context"
	"errors"
	"slices"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// LogOut ends the bot's sessions that run here at Telegram, then removes them from the ring; token and
// bot stay. A bot without such a session is returned as it is.
func (f *Fleet) LogOut(ctx context.Context, key Key, report func(Step)) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "log out", key)
	defer op.end(&err)
	return f.leave(ctx, key, func(on *ground, row Bot) error { return f.logOutAll(ctx, on, row, report) })
}

// leave ends sessions of a bot whose turn it is, and returns the bot as it is then, whatever came of it.
func (f *Fleet) leave(ctx context.Context, key Key, end func(on *ground, row Bot) error) (bot Bot, err error) {
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Bot{}, err
	}
	defer release()
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return Bot{}, err
	}
	err = end(on, row)
	reading, cancel := afterwards(ctx)
	defer cancel()
	bot, readErr := on.Bot(reading, key, f.now())
	return bot, also(err, readErr)
}

func (f *Fleet) logOutAll(ctx context.Context, on *ground, row Bot, report reporter) error {
	if err := f.envs.require(row.Environment); err != nil {
		return err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return err
	}
	item, err := f.readBot(ctx, on, r, row.Key)
	if err != nil {
		return err
	}
	if err := f.logOutFurther(ctx, on, r, row, report); err != nil {
		return err
	}
	switch {
	case item.Session == nil:
		return nil
	case item.Session.Runs != store.Here:
		return f.noteElsewhere(ctx, on, row.Key, store.DefaultSession, item.Session)
	}
	if err := f.logOut(ctx, on, row.Key, item.Session.Session, report); err != nil {
		return err
	}
	return report.stage(Saving, func() error { return f.forgetDefault(ctx, on, r, row, item) })
}

// logOutFurther ends the sessions that have items of their own.
func (f *Fleet) logOutFurther(ctx context.Context, on *ground, r *keyring.Ring, row Bot, report reporter) error {
	for _, s := range row.Sessions {
		if s.Runs != store.Here || s.Name == store.DefaultSession {
			continue
		}
		session, err := on.readFurther(ctx, r, row.Key, s.Name)
		if err == nil && session.Runs != store.Here {
			if err := f.noteElsewhere(ctx, on, row.Key, s.Name, session); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = f.logOut(ctx, on, row.Key, session.Session, report)
		}
		if err != nil && !errors.Is(err, ErrSecretMissing) {
			return err
		}
		if err := f.forgetFurther(ctx, on, r, row.Key, s.Name); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) logOut(ctx context.Context, on *ground, key Key, session telegram.Session, report reporter) error {
	if err := f.free(ctx, on, key, session.APIID, methodLogOut); err != nil {
		return err
	}
	talk, err := f.speak(key.Environment)
	if err != nil {
		return err
	}
	err = talk.LogOut(ctx, telegram.App{ID: session.APIID}, session, report.telegram())
	return f.remember(ctx, on, key, session.APIID, methodLogOut, err)
}

// forgetDefault takes the default session, which was ended, out of the bot's item and row.
func (f *Fleet) forgetDefault(ctx context.Context, on *ground, r *keyring.Ring, row Bot, item botItem) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	item.Session, item.Save = nil, ""
	item.Label, item.Tags, item.Profile = row.Label, row.Tags, row.Profile
	putErr := func() error {
		release, err := r.Hold(ctx)
		if err != nil {
			return err
		}
		defer release()
		return putBot(ctx, r, row.Key, item)
	}()
	err := on.Update(ctx, row.Key, func(b *Bot) {
		if putErr != nil {
			// The ring still has it, and it works no more.
			b.Health = f.health(b.Health, store.Health{Status: store.SessionDead, Kind: telegram.SessionDead.String(), CheckedAt: f.now()})
			return
		}
		b.Sessions = slices.DeleteFunc(b.Sessions, func(s Session) bool { return s.Name == store.DefaultSession })
		b.Health = f.loggedOut(b.Health)
	})
	return also(putErr, err)
}

// loggedOut is a bot's state without a session; a revoked token and a bot that is gone are still that.
func (f *Fleet) loggedOut(before store.Health) store.Health {
	if before.Status == store.TokenRevoked || before.Status == store.Deactivated {
		return before
	}
	return f.health(before, store.Health{Status: store.NotLoggedIn})
}

func (f *Fleet) forgetFurther(ctx context.Context, on *ground, r *keyring.Ring, key Key, name string) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := deleteItem(ctx, r, sessionItemName(key, name)); err != nil {
		return err
	}
	return on.Update(ctx, key, func(b *Bot) {
		b.Sessions = slices.DeleteFunc(b.Sessions, func(s Session) bool { return s.Name == name })
		if len(b.Sessions) == 0 {
			b.Health = f.loggedOut(b.Health)
		}
	})
}

// deleteItem deletes an item; one that is not there is deleted already.
func deleteItem(ctx context.Context, r *keyring.Ring, name string) error {
	if err := r.Delete(ctx, name); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return nil
}
