package fleet

import (
	"context"
	"errors"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram"
)

// RotateWith rotates a bot's token by hand: token is the new one, which @BotFather gave when it revoked the old one.
// It must be this bot's and not the one it has. It rests in the keyring before anything is sent, is logged in, and only
// then takes the old one's place.
//
// A token that Telegram refuses is not kept. Everything else that comes in the way is an *UnfinishedError, and the
// next Rotate goes on with the token that rests.
func (f *Fleet) RotateWith(ctx context.Context, key Key, token secret.Secret, how Rotation, report func(Step)) (rotated Rotated, err error) {
	ctx, op := f.begin(ctx, "rotate token", key)
	defer op.end(&err)
	op.detail = "by hand"
	token = secret.New(Trim(token.Reveal()))
	if err := checkReplacement(key, token); err != nil {
		return Rotated{}, err
	}
	x := &rotating{Fleet: f, on: f.at.Load(), key: key, how: how, report: report}
	release, err := x.on.guard.take(ctx, key)
	if err != nil {
		return Rotated{}, err
	}
	defer release()
	n := replacement{token: token, noLogin: how.NoLogin, rotates: true}
	if err := x.beforeReplacing(ctx, x.on, key, &n, false, report); err != nil {
		return Rotated{}, err
	}
	if n.item.Token.Equal(token) {
		return Rotated{}, &InputError{Field: FieldToken, Problem: ProblemSameToken}
	}
	entry := store.Rotation{Key: key, Step: store.RotationPasted, Lost: lostSessions(n.row), Began: f.now()}
	if err := x.on.PutRotation(ctx, entry); err != nil {
		return Rotated{}, err
	}
	if err := putPending(ctx, n.ring, key, pendingLabel(n.row.Profile, key), token); err != nil {
		return Rotated{}, also(err, f.dropRotation(ctx, x.on, n.ring, key))
	}
	return x.paste(ctx, n)
}

// pastedBefore goes on with the token that rests in the keyring.
func (x *rotating) pastedBefore(ctx context.Context) (Rotated, error) {
	release, err := x.on.guard.take(ctx, x.key)
	if err != nil {
		return Rotated{}, err
	}
	defer release()
	x.done.Resumed = true
	n := replacement{noLogin: x.how.NoLogin, rotates: true}
	if err := x.beforeReplacing(ctx, x.on, x.key, &n, false, x.report); err != nil {
		return Rotated{}, err
	}
	entry, begun, err := x.on.rotation(ctx, x.key)
	switch {
	case err != nil:
		return Rotated{}, err
	case !begun || entry.Step == store.RotationSaved:
		return x.finish(ctx) // another process was faster
	}
	n.token, err = readPending(ctx, n.ring, x.key)
	switch {
	case errors.Is(err, ErrNothingPasted), errors.Is(err, ErrItemDamaged):
		return Rotated{}, also(err, x.dropRotation(ctx, x.on, n.ring, x.key))
	case err != nil:
		return Rotated{}, err
	case n.item.Token.Equal(n.token):
		if err := x.entered(ctx, entry, n); err != nil {
			return Rotated{}, err
		}
		return x.finish(ctx)
	}
	return x.paste(ctx, n)
}

// paste logs a token in that rests in the keyring, gives it to its bot, and does what is left then.
func (x *rotating) paste(ctx context.Context, n replacement) (Rotated, error) {
	x.old = n.item.Token
	if n.noLogin {
		n.item.Session = nil // it died with the old token
	}
	_, err := x.replace(ctx, x.on, n, x.report)
	err = x.giveUpUnsaved(ctx, err)
	if err != nil && isSettled(err) && x.works(ctx, n.token) {
		// It is the bot's, and only the login has to wait.
		x.done.NotLoggedIn, n.noLogin = err, true
		n.item.Session = nil
		_, err = x.replace(ctx, x.on, n, x.report)
	}
	switch {
	case errors.Is(err, telegram.TokenInvalid), errors.Is(err, telegram.TokenRevoked):
		return Rotated{}, also(err, x.dropRotation(ctx, x.on, n.ring, x.key))
	case err != nil:
		return Rotated{}, &UnfinishedError{Bot: n.row, Step: store.RotationPasted, Err: err}
	}
	if x.done.NotLoggedIn != nil {
		x.how.NoLogin = true
	}
	return x.finish(ctx)
}

// works reports whether the Bot API says that a token works, without a login.
func (x *rotating) works(ctx context.Context, token secret.Secret) bool {
	verdict, err := x.TokenAlive(ctx, x.key.Environment, token)
	return err == nil && verdict == TokenAlive
}

// ForgetPasted forgets a token that was pasted for a bot and is not its own yet. Without one it does nothing.
func (f *Fleet) ForgetPasted(ctx context.Context, key Key) (err error) {
	ctx, op := f.begin(ctx, "forget pasted token", key)
	defer op.end(&err)
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	rotation, _, err := on.rotation(ctx, key)
	if err != nil || rotation.Step != store.RotationPasted {
		return err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return err
	}
	return f.dropRotation(ctx, on, r, key)
}
