package fleet

import (
	"context"
	"errors"
	"strconv"

	"botring/fleet/store"
	"botring/telegram"
)

// errNoSession: Adopt was given something that no library makes.
var errNoSession = errors.New("not a session")

// Adopt saves a bot together with a session that already exists, without a login. Nothing is dialled.
// A bot that has a session which may still work keeps it: ErrSessionWorks.
func (f *Fleet) Adopt(ctx context.Context, bot NewBot, session telegram.Session, profile telegram.Profile, runs store.Place) (saved Saved, err error) {
	ctx, op := f.begin(ctx, "adopt", Key{})
	defer op.end(&err)
	on := f.at.Load()
	o, err := f.judge(ctx, on, bot)
	if err != nil {
		return Saved{}, err
	}
	op.about(o.key)
	if session.Environment != o.key.Environment {
		return Saved{}, &InputError{Field: FieldEnvironment, Problem: ProblemUnknown, Got: session.Environment, Want: o.key.Environment}
	}
	if session.UserID != 0 && session.UserID != o.key.ID {
		return Saved{}, &InputError{
			Field: FieldToken, Problem: ProblemOtherBot,
			Got: strconv.FormatInt(o.key.ID, 10), Want: strconv.FormatInt(session.UserID, 10),
		}
	}
	if session.Key.Len() != authKeySize || session.DC < 1 || runs != store.Here && runs != store.Elsewhere {
		return Saved{}, errNoSession
	}
	release, err := on.guard.take(ctx, o.key)
	if err != nil {
		return Saved{}, err
	}
	defer release()
	row, known, err := f.known(ctx, on, o.key)
	if err != nil {
		return Saved{}, err
	}
	if o.app.APIID == 0 {
		o.app.APIID = session.APIID
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return Saved{}, err
	}
	item, err := f.merge(ctx, on, r, o, row, known)
	if err != nil {
		return Saved{}, err
	}
	if item.Session != nil && !item.Session.Key.Equal(session.Key) && !dead(row.Health.Status) {
		return Saved{}, ErrSessionWorks
	}
	item.Session = &sessionItem{Session: session, Runs: runs}
	item.Profile = profileRow(profile, session.DC)
	return f.saveOnly(ctx, on, &save{
		key: o.key, item: item, app: o.app, newApp: o.hashGiven, status: store.Unchecked,
		relabel: o.label != "", retag: len(o.tags) > 0,
	}, nil)
}
