package fleet

import (
	"context"
	"errors"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// saving bounds the writing of a token that must not be lost, whoever turns away meanwhile.
const saving = 30 * time.Second

// Rotate replaces a bot's token by one that the bot which manages it asks Telegram for, and goes on with a rotation
// that was cut off, also with one whose token was pasted: see RotateWith.
//
// Errors before anything is revoked are ErrNotManaged, ErrNotRevoked, *ManagerError, and those of the keyring; from
// then on *UnfinishedError, after which Rotate goes on where it was. That Telegram lets nobody log in for a while is no
// error: Rotated.NotLoggedIn says so. report may be nil.
func (f *Fleet) Rotate(ctx context.Context, key Key, how Rotation, report func(Step)) (Rotated, error) {
	x, err := f.rotate(ctx, key, how, report)
	if err != nil {
		return Rotated{}, err
	}
	return x.done, nil
}

// rotate is Rotate, and tells what was done also where the error is not nil.
func (f *Fleet) rotate(ctx context.Context, key Key, how Rotation, report func(Step)) (x *rotating, err error) {
	ctx, op := f.begin(ctx, "rotate token", key)
	defer op.end(&err)
	x = &rotating{Fleet: f, on: f.at.Load(), key: key, how: how, report: report}
	if err := f.envs.require(key.Environment); err != nil {
		return x, err
	}
	// Looked at without its turn, which nobody may have while its manager is looked for.
	before, _, err := x.on.rotation(ctx, key)
	if err != nil {
		return x, err
	}
	switch before.Step {
	case store.RotationPasted:
		return x, x.pastedBefore(ctx)
	case store.RotationSaved:
		release, err := x.on.guard.take(ctx, key)
		if err != nil {
			return x, err
		}
		defer release()
		x.done.Resumed = true
		return x, x.finish(ctx)
	case store.RotationRevoking:
	}
	manager, err := x.manager(ctx, before.Manager)
	if err != nil {
		return x, err
	}
	op.detail = "by " + manager.String()
	release, releaseManager, err := x.on.guard.takePair(ctx, key, manager.Key)
	if err != nil {
		return x, err
	}
	defer release()
	x.done.Manager = manager
	err = func() error {
		defer releaseManager() // the login needs it no more, and other bots do
		return x.revokeAndSave(ctx)
	}()
	if err != nil {
		return x, err
	}
	return x, x.finish(ctx)
}

// A rotating is the rotation of one bot.
type rotating struct {
	*Fleet
	on     *ground
	key    Key
	how    Rotation
	report reporter
	done   Rotated
	// revoked: this try had a token revoked, and not one before it.
	revoked bool
	// old is the token before, which was to be revoked by hand.
	old secret.Secret
	// earlier is the rotation that was cut off before a token was pasted, with no Step where there was none, and
	// rested the item of the token that was pasted for that one.
	earlier store.Rotation
	rested  secret.Secret
}

// manager is the bot that is to revoke: the one that is wanted, the one an earlier try began with, or whichever can.
func (x *rotating) manager(ctx context.Context, began int64) (Bot, error) {
	wanted := x.how.Manager
	if wanted == (Key{}) && began != 0 {
		wanted = Key{Environment: x.key.Environment, ID: began}
		if _, err := x.on.Row(ctx, wanted); errors.Is(err, store.ErrNotFound) {
			wanted = Key{} // it was removed; another one may do
		}
	}
	if wanted == (Key{}) {
		return x.findManager(ctx, x.on, x.key, Key{}, x.report)
	}
	candidates, err := x.managers(ctx, x.on, x.key, wanted)
	if err != nil {
		return Bot{}, err
	}
	return candidates[0], nil
}

// revokeAndSave gets the bot a new token and writes it, or finds that an earlier try has. Both turns are held.
func (x *rotating) revokeAndSave(ctx context.Context) error {
	n := replacement{noLogin: true, rotates: true}
	if err := x.beforeReplacing(ctx, x.on, x.key, &n, false, x.report); err != nil {
		return err
	}
	before, begun, err := x.on.rotation(ctx, x.key)
	if err != nil {
		return err
	}
	if begun {
		x.done.Resumed = true
		settled, err := x.settle(ctx, before, n)
		if err != nil || settled {
			return err
		}
	}
	entry := store.Rotation{
		Key: x.key, Manager: x.done.Manager.ID, Step: store.RotationRevoking, Lost: lostSessions(n.row), Began: x.now(),
	}
	if err := x.on.PutRotation(ctx, entry); err != nil {
		return err
	}
	fresh, err := x.exportToken(ctx, x.on, x.done.Manager, x.key.ID, true, x.report)
	switch {
	case err != nil && !mayHaveRevoked(err):
		// What came before it was not finished either, and nothing has been learnt of it that is not in the keyring.
		return also(err, x.end(ctx))
	case err != nil:
		return &UnfinishedError{Bot: n.row, Step: store.RotationRevoking, Err: err}
	}
	x.revoked = true
	return x.takeOver(ctx, n, fresh)
}

// settle finds out what became of a rotation that was cut off at its revoke, and whether there is nothing more to
// revoke. It revokes nothing.
func (x *rotating) settle(ctx context.Context, before store.Rotation, n replacement) (settled bool, err error) {
	switch {
	case before.Step == store.RotationSaved:
		return true, nil
	case before.Step == store.RotationPasted:
		return false, &UnfinishedError{Bot: n.row, Step: store.RotationPasted, Err: ErrSessionBusy} // pasted in this moment
	case before.Nonce != "" && n.item.Save == before.Nonce:
		return true, x.entered(ctx, before, n)
	}
	current, err := x.exportToken(ctx, x.on, x.done.Manager, x.key.ID, false, x.report)
	switch {
	case err != nil:
		return false, &UnfinishedError{Bot: n.row, Step: store.RotationRevoking, Err: err}
	case !current.Equal(n.item.Token):
		return true, x.takeOver(ctx, n, current)
	case !x.how.Again:
		return false, ErrNotRevoked
	}
	return false, nil
}

// entered tells the catalogue what the keyring has already: the bot's item with its new token.
func (x *rotating) entered(ctx context.Context, before store.Rotation, n replacement) error {
	if err := x.enter(ctx, x.on, &save{key: x.key, item: n.item, status: unproven(n.item.Session)}); err != nil {
		return err
	}
	before.Step = store.RotationSaved
	return x.on.PutRotation(ctx, before)
}

// takeOver writes the new token, whoever turns away meanwhile: the old one is dead.
func (x *rotating) takeOver(ctx context.Context, n replacement, fresh secret.Secret) error {
	n.token = fresh
	if fresh.Equal(n.item.Token) {
		return &UnfinishedError{Bot: n.row, Step: store.RotationRevoking, Err: &telegram.Error{
			Kind: telegram.Unexpected, Op: methodExport, Err: errors.New("the new token is the old one"),
		}}
	}
	s := n.save()
	s.item.Session, s.status = nil, store.NotLoggedIn // its session died with the old token
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saving)
	defer cancel()
	if _, err := x.saveOnly(ctx, x.on, s, x.report); err != nil {
		return &UnfinishedError{Bot: n.row, Step: store.RotationRevoking, Revoked: true, Err: err}
	}
	return nil
}

// mayHaveRevoked reports whether a token may be dead although the call that was to revoke it ended with err.
func mayHaveRevoked(err error) bool {
	var answer *telegram.Error
	return errors.As(err, &answer) && answer.Sent && (answer.Code < 300 || answer.Code >= 500)
}

// end takes the rotation out of the journal.
func (x *rotating) end(ctx context.Context) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return x.on.EndRotation(ctx, x.key)
}

// finish does what is left once the bot's item has the new token: the login, what became of the sessions, the end of
// the entry. The bot's turn is held.
func (x *rotating) finish(ctx context.Context) error {
	entry, begun, err := x.on.rotation(ctx, x.key)
	if err != nil {
		return err
	}
	row, err := x.on.Bot(ctx, x.key, x.now())
	switch {
	case err != nil:
		return err
	case !begun: // another process was faster
		x.done.Bot = row
		return nil
	}
	if x.done.Manager.ID == 0 && entry.Manager != 0 {
		x.done.Manager, _ = x.on.Bot(ctx, Key{Environment: x.key.Environment, ID: entry.Manager}, x.now())
	}
	r, err := x.on.ring.get(ctx)
	if err != nil {
		return x.unfinished(row, err)
	}
	if entry.Manager == 0 {
		if err := dropPending(ctx, r, x.key); err != nil {
			return x.unfinished(row, err)
		}
	}
	// The login writes the bot's tags into its item.
	if err := x.forgetLeak(ctx, x.on, row); err != nil {
		return x.unfinished(row, err)
	}
	if err := x.logInAnew(ctx, row); err != nil {
		return x.unfinished(row, err)
	}
	if err := x.clearUp(ctx, r, entry); err != nil {
		return x.unfinished(row, err)
	}
	if err := x.end(ctx); err != nil {
		return err
	}
	x.proveOldDead(ctx, entry)
	x.done.Bot, err = x.after(ctx, x.key, nil)
	return err
}

func (x *rotating) unfinished(row Bot, err error) error {
	return &UnfinishedError{Bot: row, Step: store.RotationSaved, Revoked: true, Err: err}
}

// logInAnew logs the bot in with its new token, unless it has a session. What Telegram or the want of an app keeps
// from it for longer is no error: the bot is saved, and why goes into the result.
func (x *rotating) logInAnew(ctx context.Context, row Bot) error {
	if x.how.NoLogin || runsHere(row, store.DefaultSession) && !dead(row.Health.Status) {
		return nil
	}
	err := func() error {
		r, _, item, err := x.beforeLogin(ctx, x.on, x.key, func(Bot) bool { return true }, x.report)
		if err != nil {
			return err
		}
		_, err = x.logInAndSave(ctx, x.on, r, &save{key: x.key, item: item}, true, x.report)
		return x.giveUpUnsaved(ctx, err)
	}()
	if isSettled(err) {
		x.done.NotLoggedIn, err = err, nil
	}
	return err
}

// giveUpUnsaved ends a login that could not be saved, and returns why it could not.
func (x *rotating) giveUpUnsaved(ctx context.Context, err error) error {
	if unsaved := (*UnsavedError)(nil); errors.As(err, &unsaved) {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		return also(unsaved.Err, x.giveUp(ctx, x.on, unsaved.login))
	}
	return err
}

// isSettled reports whether a login was turned down in a way that trying again in a moment would not change.
func isSettled(err error) bool {
	var flood *FloodError
	var answer *telegram.Error
	switch {
	case errors.As(err, &flood), errors.Is(err, ErrNoApp):
		return true
	case errors.As(err, &answer):
		return answer.Code >= 300 && answer.Code < 500
	}
	return false
}

// clearUp removes the further sessions that died, and makes them again where that is wanted.
func (x *rotating) clearUp(ctx context.Context, r *keyring.Ring, entry store.Rotation) error {
	for _, dead := range entry.Lost {
		lost := Lost{LostSession: dead}
		if dead.Name == store.DefaultSession {
			if dead.Runs != store.Here {
				x.done.Lost = append(x.done.Lost, lost)
			}
			continue
		}
		var err error
		if lost.Remade, err = x.clearOne(ctx, r, entry, dead.Name); err != nil {
			return err
		}
		if x.how.Remake && !x.how.NoLogin && !lost.Remade {
			_, err := x.loginSession(ctx, x.on, x.key, NewSession{
				Name: dead.Name, Elsewhere: dead.Runs == store.Elsewhere, At: dead.At,
			}, x.report)
			err = x.giveUpUnsaved(ctx, err)
			if err != nil && !isSettled(err) {
				return err
			}
			lost.Remade, lost.Err = err == nil, err
		}
		x.done.Lost = append(x.done.Lost, lost)
	}
	return nil
}

// clearOne removes a session that died with the old token, unless an earlier try has made it again already.
func (x *rotating) clearOne(ctx context.Context, r *keyring.Ring, entry store.Rotation, name string) (remade bool, err error) {
	session, err := x.on.readFurther(ctx, r, x.key, name)
	switch {
	case err == nil && session.MadeAt.After(entry.Began):
		return true, nil
	case err != nil && !errors.Is(err, ErrSecretMissing) && !itemIsBad(err):
		return false, err
	}
	release, err := r.Hold(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	return false, x.forgetFurther(ctx, x.on, r, x.key, name)
}

// proveOldDead finds out what became of the old token. That one is dead which Telegram itself revoked; of one that was to
// be revoked by hand the Bot API is asked, without a login.
func (x *rotating) proveOldDead(ctx context.Context, entry store.Rotation) {
	switch {
	case entry.Manager != 0:
		x.done.Old = OldDead
	case !x.old.Empty():
		switch verdict, _ := x.TokenAlive(ctx, x.key.Environment, x.old); verdict {
		case TokenAlive:
			x.done.Old = OldWorks
		case TokenRevoked:
			x.done.Old = OldDead
		case TokenUnknown:
		}
	}
}

// dropRotation forgets the rotation of a bot that was given a new token in another way.
func (f *Fleet) dropRotation(ctx context.Context, on *ground, r *keyring.Ring, key Key) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	rotation, begun, err := on.rotation(ctx, key)
	if err != nil || !begun {
		return err
	}
	if rotation.Manager == 0 {
		if err := dropPending(ctx, r, key); err != nil {
			return err
		}
	}
	return on.EndRotation(ctx, key)
}
