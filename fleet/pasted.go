package fleet

import (
	"context"
	"errors"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// RotateWith rotates a bot's token by hand: token is the new one, which @BotFather gave when it revoked the old one.
// It must be this bot's and not the one it has. It rests in the keyring before anything is sent, is logged in, and only
// then takes the old one's place.
//
// A token that Telegram refuses is not kept, and what an earlier rotation left is as it was. Everything else that comes in
// the way is an *UnfinishedError, and the next Rotate goes on with the token that rests.
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
	if err := x.keepEarlier(ctx, n); err != nil {
		return Rotated{}, err
	}
	entry := store.Rotation{Key: key, Step: store.RotationPasted, Lost: lostSessions(n.row), Began: f.now()}
	if err := x.on.PutRotation(ctx, entry); err != nil {
		return Rotated{}, err
	}
	if err := putPending(ctx, n.ring, key, pendingLabel(n.row.Profile, key), token); err != nil {
		return Rotated{}, also(err, x.unpaste(ctx, n))
	}
	if err := x.paste(ctx, n); err != nil {
		return Rotated{}, err
	}
	return x.done, nil
}

// keepEarlier remembers the rotation that was cut off before, whose place in the journal and in the keyring the token
// takes that is pasted now. A token that is pasted once more is the same rotation.
func (x *rotating) keepEarlier(ctx context.Context, n replacement) error {
	earlier, begun, err := x.on.rotation(ctx, x.key)
	if err != nil || !begun {
		return err
	}
	rested, err := n.ring.Get(ctx, pendingItemName(x.key))
	if err != nil && !errors.Is(err, keyring.ErrNotFound) && !errors.Is(err, keyring.ErrDamaged) {
		return err
	}
	token, err := decodePending(x.key, rested)
	if earlier.Step == store.RotationPasted && (err != nil || token.Equal(n.token)) {
		return nil
	}
	x.earlier, x.rested = earlier, rested
	return nil
}

// unpaste forgets a token that was pasted, and has the journal and the keyring as they were before it.
func (x *rotating) unpaste(ctx context.Context, n replacement) error {
	if x.earlier.Step == "" {
		return x.dropRotation(ctx, x.on, n.ring, x.key)
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := x.on.PutRotation(ctx, x.earlier); err != nil {
		return err
	}
	release, err := n.ring.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return restore(ctx, n.ring, keyring.Item{
		Name: pendingItemName(x.key), Label: pendingLabel(n.row.Profile, x.key), Value: x.rested,
	})
}

// pastedBefore goes on with the token that rests in the keyring.
func (x *rotating) pastedBefore(ctx context.Context) error {
	release, err := x.on.guard.take(ctx, x.key)
	if err != nil {
		return err
	}
	defer release()
	x.done.Resumed = true
	n := replacement{noLogin: x.how.NoLogin, rotates: true}
	if err := x.beforeReplacing(ctx, x.on, x.key, &n, false, x.report); err != nil {
		return err
	}
	entry, begun, err := x.on.rotation(ctx, x.key)
	switch {
	case err != nil:
		return err
	case !begun || entry.Step == store.RotationSaved:
		return x.finish(ctx) // another process was faster
	}
	n.token, err = readPending(ctx, n.ring, x.key)
	switch {
	case errors.Is(err, ErrNothingPasted), errors.Is(err, ErrItemDamaged):
		return also(err, x.dropRotation(ctx, x.on, n.ring, x.key))
	case err != nil:
		return err
	case n.item.Token.Equal(n.token):
		if err := x.entered(ctx, entry, n); err != nil {
			return err
		}
		return x.finish(ctx)
	}
	return x.paste(ctx, n)
}

// paste logs a token in that rests in the keyring, gives it to its bot, and does what is left then.
func (x *rotating) paste(ctx context.Context, n replacement) error {
	x.old = n.item.Token
	if n.noLogin {
		if err := x.unprovenPaste(ctx, &n); err != nil {
			return err
		}
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
		return also(err, x.unpaste(ctx, n))
	case err != nil:
		return &UnfinishedError{Bot: n.row, Step: store.RotationPasted, Err: err}
	}
	if x.done.NotLoggedIn != nil {
		x.how.NoLogin = true
	}
	return x.finish(ctx)
}

// unprovenPaste is what comes before a pasted token takes the old one's place without a login that would prove it: it may
// be an older one. The Bot API is asked. What it refuses rests until a login decides, since for a while it may refuse a
// new one too; where nobody can be asked, the session stays, which only a check then says to be dead.
func (x *rotating) unprovenPaste(ctx context.Context, n *replacement) error {
	_, err := x.AskTokenText(ctx, x.key.Environment, n.token, nil)
	switch VerdictOf(err) {
	case TokenRevoked:
		return &UnfinishedError{Bot: n.row, Step: store.RotationPasted, Err: err}
	case TokenAlive:
		n.item.Session = nil // it died with the old token
	case TokenUnknown:
	}
	return nil
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
