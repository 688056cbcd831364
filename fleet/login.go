package fleet

import (
	"cmp"
	"context"
	"errors"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// Login logs a known bot in (again) and replaces its session of that name. Where a session that runs here
// exists it is checked first, and ErrSessionWorks returned if it does, unless force. A session that works
// and is replaced by force is ended afterwards.
func (f *Fleet) Login(ctx context.Context, key Key, force bool, report func(Step)) (saved Saved, err error) {
	ctx, op := f.begin(ctx, "log in", key)
	defer op.end(&err)
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Saved{}, err
	}
	defer release()
	r, row, item, err := f.beforeLogin(ctx, on, key, func(row Bot) bool { return force || !hasLive(row) }, report)
	if err != nil {
		return Saved{}, err
	}
	s := &save{key: key, item: item, replaced: mayWork(row, item)}
	if !force {
		s.replaced = nil // from here on it is dead, or this ends
		err = f.prove(ctx, on, row, item.Session, report)
		switch {
		case errors.Is(err, ErrSessionWorks):
			return f.alreadyThere(ctx, on, r, s, true)
		case err != nil:
			return Saved{}, err
		}
	}
	return f.logInAndSave(ctx, on, r, s, true, report)
}

// beforeLogin is what comes before a known bot logs in again: its row, the keyring, preflighted, and its item with
// the app it will log in with. Where logsIn says that a login will be made for sure, a wait that binds it ends it here.
func (f *Fleet) beforeLogin(ctx context.Context, on *ground, key Key, logsIn func(row Bot) bool, report reporter) (*keyring.Ring, Bot, botItem, error) {
	fail := func(err error) (*keyring.Ring, Bot, botItem, error) { return nil, Bot{}, botItem{}, err }
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return fail(err)
	}
	if err := f.envs.require(key.Environment); err != nil {
		return fail(err)
	}
	apiID, err := f.appOf(ctx, on, row)
	if err != nil {
		return fail(err)
	}
	if logsIn(row) {
		if err := f.free(ctx, on, key, apiID, store.MethodLogin); err != nil {
			return fail(err)
		}
	}
	r, err := f.preflight(ctx, on, report)
	if err != nil {
		return fail(err)
	}
	item, err := f.readBot(ctx, on, r, key)
	if err != nil {
		return fail(err)
	}
	item.APIID, item.Label, item.Tags = apiID, row.Label, row.Tags
	return r, row, item, nil
}

// logInAndSave is the second half of every login: journal, login, keyring, catalogue.
func (f *Fleet) logInAndSave(ctx context.Context, on *ground, r *keyring.Ring, s *save, known bool, report reporter) (Saved, error) {
	if !s.newApp {
		if err := f.fetchApp(ctx, on, r, s); err != nil {
			return Saved{}, err
		}
	}
	if err := s.begin(ctx, f, on, true); err != nil {
		return Saved{}, err
	}
	login, err := f.logIn(ctx, on, s, report)
	if err != nil {
		s.drop(ctx, on)
		if known {
			err = also(err, f.noteRefusal(ctx, on, s.key, err))
		}
		return Saved{}, err
	}
	s.item.Session = &sessionItem{Session: login.Session, Runs: cmp.Or(s.runs, store.Here), At: s.at, Since: f.now()}
	s.item.Profile = profileRow(login.Profile, login.Session.DC)
	s.status, s.granted = store.OK, true
	return f.finish(ctx, on, s, report)
}

// logIn speaks with Telegram. A login that was granted to somebody who had turned away is ended.
func (f *Fleet) logIn(ctx context.Context, on *ground, s *save, report reporter) (telegram.Login, error) {
	if err := f.free(ctx, on, s.key, s.item.APIID, store.MethodLogin); err != nil {
		return telegram.Login{}, err
	}
	talk, err := f.speak(s.key.Environment)
	if err != nil {
		return telegram.Login{}, err
	}
	leave, err := f.schedule.takeLogin(ctx, appKey{s.key.Environment, s.app.APIID}, report)
	if err != nil {
		return telegram.Login{}, err
	}
	defer leave()
	// While this one waited for its turn, Telegram may have told another bot of the app to wait.
	if err := f.free(ctx, on, s.key, s.item.APIID, store.MethodLogin); err != nil {
		return telegram.Login{}, err
	}
	// A bot that was known before is where it was, most likely.
	login, err := talk.LoginAt(ctx, s.item.Profile.DC, telegram.App{ID: s.app.APIID, Hash: s.app.Hash}, s.item.Token, report.telegram())
	if err != nil {
		return telegram.Login{}, f.remember(ctx, on, s.key, s.item.APIID, store.MethodLogin, err)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return telegram.Login{}, also(cancelled(ctx.Err()), f.end(ctx, login.Session))
	}
	return login, nil
}

// noteRefusal keeps what a refused login says of a known bot.
func (f *Fleet) noteRefusal(ctx context.Context, on *ground, key Key, refusal error) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return on.Update(ctx, key, func(b *Bot) { b.Health = f.afterRefusal(b.Health, refusal) })
}

func profileRow(p telegram.Profile, dc int) Profile {
	return Profile{
		Username: p.Username, FirstName: p.FirstName, DC: dc,
		Inline: p.Inline, Groups: p.Groups, ReadsAll: p.ReadsAll, ManagesBots: p.ManagesBots,
	}
}
