package fleet

import (
	"context"
	"errors"
	"strconv"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// ReplaceToken gives a bot a new token: of the same bot id, else *InputError with ProblemOtherBot. The new
// token is logged in (in place of a session that the old one's revocation killed) and saved; with noLogin
// only saved, and the session stays until a check says what became of it. The old item is there until the
// new one is written, and again if that fails. A rotation of the bot that was cut off has nothing left to do then.
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
	n := replacement{token: token, noLogin: noLogin}
	if err := f.beforeReplacing(ctx, on, key, &n, true, report); err != nil {
		return Saved{}, err
	}
	if n.item.Token.Equal(token) {
		return Saved{}, &InputError{Field: FieldToken, Problem: ProblemSameToken}
	}
	if saved, err = f.replace(ctx, on, n, report); err != nil {
		return Saved{}, err
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := also(f.dropRotation(ctx, on, n.ring, key), f.forgetLeak(ctx, on, saved.Bot)); err != nil {
		return saved, err
	}
	saved.Bot, err = on.Bot(ctx, key, f.now())
	return saved, err
}

// A replacement is a new token on its way to its bot.
type replacement struct {
	token   secret.Secret
	noLogin bool
	// rotates: it is the one of the bot's rotation.
	rotates bool

	ring *keyring.Ring
	row  Bot
	item botItem // as it was, the zero one where the keyring has none that can be read
	app  int
}

// beforeReplacing makes sure that a token can be replaced and reads what there is. With early, a wait that binds the
// login ends it here.
func (f *Fleet) beforeReplacing(ctx context.Context, on *ground, key Key, n *replacement, early bool, report reporter) (err error) {
	if n.row, err = on.Bot(ctx, key, f.now()); err != nil {
		return err
	}
	n.app, err = f.appOf(ctx, on, n.row)
	if err != nil && (!n.noLogin || !errors.Is(err, ErrNoApp)) {
		return err
	}
	if !n.noLogin {
		if err := f.envs.require(key.Environment); err != nil {
			return err
		}
		if early {
			if err := f.free(ctx, on, key, n.app, store.MethodLogin); err != nil {
				return err
			}
		}
	}
	if n.ring, err = f.preflight(ctx, on, report); err != nil {
		return err
	}
	n.item, err = f.readBot(ctx, on, n.ring, key)
	if errors.Is(err, ErrSecretMissing) || errors.Is(err, ErrItemDamaged) {
		n.item, err = botItem{}, nil // a new token is what mends it
	}
	return err
}

// replace logs the new token in, unless it is not to be, and writes it.
func (f *Fleet) replace(ctx context.Context, on *ground, n replacement, report reporter) (Saved, error) {
	s := n.save()
	if n.noLogin {
		s.status = unproven(s.item.Session)
		return f.saveOnly(ctx, on, s, report)
	}
	s.replaced = mayWork(n.row, n.item)
	// That this token is refused says nothing of the one that the bot has.
	saved, err := f.logInAndSave(ctx, on, n.ring, s, false, report)
	if errors.Is(err, telegram.BotDeactivated) {
		err = also(err, f.noteRefusal(ctx, on, s.key, err))
	}
	return saved, err
}

// save is what writes the new token: the item as it was, but for that.
func (n replacement) save() *save {
	item := n.item
	if item.Token.Empty() {
		item.Profile = n.row.Profile
	}
	item.Token, item.APIID, item.Label, item.Tags = n.token, n.app, n.row.Label, withoutLeak(n.row.Tags)
	return &save{key: n.row.Key, item: item, rotates: n.rotates}
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
