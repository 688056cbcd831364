package fleet

import (
	"context"
	"errors"
	"strconv"

	"botring/fleet/store"
	"botring/internal/secret"
)

// ReplaceToken gives a bot a new token: of the same bot id, else *InputError with ProblemOtherBot. The new
// token is logged in (in place of a session that the old one's revocation killed) and saved; with noLogin
// only saved, and the session stays until a check says what became of it. The old item is there until the
// new one is written, and again if that fails.
func (f *Fleet) ReplaceToken(ctx context.Context, key Key, token secret.Secret, noLogin bool, report func(Step)) (saved Saved, err error) {
	ctx, op := f.begin(ctx, "replace token", key)
	defer op.end(&err)
	on := f.at.Load()
	token = secret.New(Trim(token.Reveal()))
	if err := checkReplacement(key, token); err != nil {
		return Saved{}, err
	}
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Saved{}, err
	}
	defer release()
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return Saved{}, err
	}
	apiID, err := f.appOf(ctx, on, row)
	if err != nil && (!noLogin || !errors.Is(err, ErrNoApp)) {
		return Saved{}, err
	}
	if !noLogin {
		if err := f.envs.require(key.Environment); err != nil {
			return Saved{}, err
		}
		if err := f.free(ctx, on, key, apiID, store.MethodLogin); err != nil {
			return Saved{}, err
		}
	}
	r, err := f.preflight(ctx, on, report)
	if err != nil {
		return Saved{}, err
	}
	item, err := f.readBot(ctx, on, r, key)
	switch {
	case errors.Is(err, ErrSecretMissing), errors.Is(err, ErrItemDamaged):
		item = botItem{Profile: row.Profile} // a new token is what mends it
	case err != nil:
		return Saved{}, err
	case item.Token.Equal(token):
		return Saved{}, &InputError{Field: FieldToken, Problem: ProblemSameToken}
	}
	item.Token, item.APIID, item.Label, item.Tags = token, apiID, row.Label, row.Tags
	s := &save{key: key, item: item}
	if noLogin {
		s.status = unproven(item.Session)
		return f.saveOnly(ctx, on, s, report)
	}
	s.replaced = mayWork(row, item)
	return f.logInAndSave(ctx, on, r, s, true, report)
}

// mayWork is the bot's session unless it is known to be dead.
func mayWork(row Bot, item botItem) *sessionItem {
	if dead(row.Health.Status) {
		return nil
	}
	return item.Session
}

// checkReplacement says what is wrong with a token that is to be key's.
func checkReplacement(key Key, token secret.Secret) error {
	id, problem := CheckToken(token.Reveal())
	switch {
	case problem != nil && !problem.Warning():
		return problem
	case id != key.ID:
		return &InputError{
			Field: FieldToken, Problem: ProblemOtherBot,
			Got: strconv.FormatInt(id, 10), Want: strconv.FormatInt(key.ID, 10),
		}
	}
	return nil
}
