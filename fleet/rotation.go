package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// A token is rotated in an order that loses nothing, whenever it is cut off: an entry in the journal; the old token is
// revoked by the bot that manages this one, or in @BotFather by hand, and then the new one rests in the keyring
// before anything else is done; the new token in the bot's item, read back; a login; what died with the old token
// cleared away; the entry is taken out. What a manager revoked it tells again without revoking, so the new token can
// always be had. A journal that was left is told of at the next start, and finished by the next Rotate.

// A Rotation says how tokens are rotated.
type Rotation struct {
	// Manager is the bot that is to revoke, the zero Key for whichever on the ring can.
	Manager Key
	// Again revokes where an earlier try was cut off and turned out not to have: ErrNotRevoked otherwise.
	Again bool
	// Remake makes the further sessions again, each for its own place. Without it they are cleared away.
	Remake bool
	// NoLogin leaves the bot saved and not logged in.
	NoLogin bool
}

// A Rotated says what a rotation came to.
type Rotated struct {
	Bot Bot
	// Manager revoked the old token; the zero Bot where that was done by hand.
	Manager Bot
	// Resumed: it went on where an earlier try was cut off.
	Resumed bool
	// NotLoggedIn is why the bot has its new token and no session, such as a *FloodError; nil where it has one.
	NotLoggedIn error
	// Lost are the sessions that died with the old token, the bot's own one that ran here left out.
	Lost []Lost
	// Old is what is known of the old token.
	Old OldToken
}

// A Lost is a session that died. Its place needs the new token, unless it was Remade: then it needs the new session.
type Lost struct {
	store.LostSession
	Remade bool
	// Err is why it was to be made again and was not.
	Err error
}

// An OldToken is what is known of a token that was replaced.
type OldToken int

// What is known. OldWorks is a token that Telegram still takes, although another one was logged in.
const (
	OldUnproven OldToken = iota
	OldDead
	OldWorks
)

// String is the name in JSON.
func (o OldToken) String() string {
	switch o {
	case OldUnproven:
		return "unproven"
	case OldDead:
		return "dead"
	case OldWorks:
		return "works"
	}
	return fmt.Sprintf("old token %d", int(o))
}

// A RotationPlan says what a rotation of a bot would do.
type RotationPlan struct {
	Bot Bot
	// Manager manages the bot; the zero Bot where none on the ring does, so that it is done by hand in @BotFather.
	Manager Bot
	// Lost are the sessions that would die.
	Lost []store.LostSession
	// CutOff is the step an earlier rotation got to, "" where there is none to finish.
	CutOff store.RotationStep
}

// A CutOffRotation is one that nobody works on and that is not done.
type CutOffRotation struct {
	Bot   Bot
	Step  store.RotationStep
	Began time.Time
}

// CutOffRotations returns the rotations that were cut off. It reads the catalogue only; those that are going on are
// not among them.
func (f *Fleet) CutOffRotations(ctx context.Context) (all []CutOffRotation, err error) {
	on := f.at.Load()
	rotations, err := on.Rotations(ctx)
	if err != nil {
		return nil, err
	}
	for _, rotation := range rotations {
		if on.guard.busy(rotation.Key) {
			continue
		}
		bot, err := on.Bot(ctx, rotation.Key, f.now())
		if errors.Is(err, store.ErrNotFound) {
			continue // removed in this moment
		}
		if err != nil {
			return nil, err
		}
		all = append(all, CutOffRotation{Bot: bot, Step: rotation.Step, Began: rotation.Began})
	}
	return all, nil
}

// PlanRotation finds out how a bot's token can be rotated: it asks the bots on the ring that manage others whether
// they manage this one, and revokes nothing. With a manager, only that one is asked, and telegram.NotManaged in a
// *ManagerError is its no. Of a rotation that was cut off nobody is asked: it goes on as it began.
func (f *Fleet) PlanRotation(ctx context.Context, key, manager Key, report func(Step)) (plan RotationPlan, err error) {
	ctx, op := f.begin(ctx, "plan rotation", key)
	defer op.end(&err)
	on := f.at.Load()
	if plan.Bot, err = on.Bot(ctx, key, f.now()); err != nil {
		return plan, err
	}
	rotation, cut, err := on.rotation(ctx, key)
	if err != nil {
		return plan, err
	}
	if plan.Lost = rotation.Lost; !cut {
		plan.Lost = lostSessions(plan.Bot)
	}
	plan.CutOff = rotation.Step
	if cut && rotation.Manager == 0 {
		return plan, nil
	}
	if cut {
		plan.Manager, err = on.Bot(ctx, Key{Environment: key.Environment, ID: rotation.Manager}, f.now())
		if errors.Is(err, store.ErrNotFound) {
			err = nil // another one may manage it, or it has its token already
		}
		return plan, err
	}
	plan.Manager, err = f.findManager(ctx, on, key, manager, report)
	if errors.Is(err, ErrNotManaged) {
		return plan, nil
	}
	return plan, err
}

// rotation is a bot's rotation, if one was begun.
func (on *ground) rotation(ctx context.Context, key Key) (r store.Rotation, begun bool, err error) {
	r, err = on.Rotation(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return store.Rotation{}, false, nil
	}
	return r, err == nil, err
}

// lostSessions are the sessions that die with a bot's token.
func lostSessions(row Bot) []store.LostSession {
	var lost []store.LostSession
	for _, s := range row.Sessions {
		lost = append(lost, store.LostSession{Name: s.Name, Runs: s.Runs, At: s.At})
	}
	return lost
}

// findManager asks the bots on the ring that manage others, one after the other, whether they manage a bot, and
// returns the first that does. It is ErrNotManaged where all say no. One that cannot be asked is an error only where
// no other says yes. No turn may be held: each that is asked takes its own.
func (f *Fleet) findManager(ctx context.Context, on *ground, key, only Key, report reporter) (Bot, error) {
	candidates, err := f.managers(ctx, on, key, only)
	if err != nil {
		return Bot{}, err
	}
	var unasked error
	for _, manager := range candidates {
		err := func() error {
			release, err := on.guard.take(ctx, manager.Key)
			if err != nil {
				return &ManagerError{Manager: manager, Err: err}
			}
			defer release()
			_, err = f.exportToken(ctx, on, manager, key.ID, false, report)
			return err
		}()
		switch {
		case err == nil:
			return manager, nil
		case ctx.Err() != nil, only != (Key{}):
			return Bot{}, err
		case unasked == nil && !saysNo(err):
			unasked = err
		}
	}
	if unasked != nil {
		return Bot{}, unasked
	}
	return Bot{}, ErrNotManaged
}

// managers are the bots that may manage one: those of its environment that can, the ones first that have a session here
// which may still work.
func (f *Fleet) managers(ctx context.Context, on *ground, key, only Key) ([]Bot, error) {
	if only != (Key{}) {
		manager, err := on.Bot(ctx, only, f.now())
		if err == nil && (only.Environment != key.Environment || only == key) {
			err = &ManagerError{Manager: manager, Err: ErrNotManaged}
		}
		return []Bot{manager}, err
	}
	bots, err := on.Bots(ctx, f.now())
	bots = slices.DeleteFunc(bots, func(b Bot) bool {
		return b.Environment != key.Environment || b.ID == key.ID || !b.Profile.ManagesBots
	})
	slices.SortStableFunc(bots, func(a, b Bot) int { return asNumber(hasLive(b)) - asNumber(hasLive(a)) })
	return bots, err
}

// saysNo reports whether a manager's answer is that it does not manage the bot.
func saysNo(err error) bool { return errors.Is(err, telegram.NotManaged) }

func asNumber(b bool) int {
	if b {
		return 1
	}
	return 0
}

// exportToken has a manager, whose turn it is, say the token of a bot it manages. It opens a session of the manager's
// that runs here, or none. Errors are *ManagerError.
func (f *Fleet) exportToken(ctx context.Context, on *ground, manager Bot, bot int64, revoke bool, report reporter) (token secret.Secret, err error) {
	defer func() {
		if err != nil {
			err = &ManagerError{Manager: manager, Err: err}
		}
	}()
	talk, err := f.speak(manager.Environment)
	if err != nil {
		return secret.Secret{}, err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return secret.Secret{}, err
	}
	name, session, err := f.managersSession(ctx, on, r, manager)
	if err != nil {
		return secret.Secret{}, err
	}
	if err := f.free(ctx, on, manager.Key, session.APIID, methodExport); err != nil {
		return secret.Secret{}, err
	}
	token, err = talk.ExportBotToken(ctx, telegram.App{ID: session.APIID}, session.Session, bot, revoke, report.telegram())
	err = f.remember(ctx, on, manager.Key, session.APIID, methodExport, err)
	answer := err
	if saysNo(err) {
		answer = nil // it was heard, so it works
	}
	noting, cancel := afterwards(ctx)
	defer cancel()
	// That it could not be noted is no reason to lose the token.
	_ = on.Update(noting, manager.Key, func(b *Bot) {
		if speaksFor(*b, name) {
			b.Health = f.afterCheck(b.Health, answer)
		}
	})
	return token, err
}

// managersSession is a session of a manager's that runs here.
func (f *Fleet) managersSession(ctx context.Context, on *ground, r *keyring.Ring, manager Bot) (string, *sessionItem, error) {
	item, err := f.readBot(ctx, on, r, manager.Key)
	if err != nil {
		return "", nil, err
	}
	name, session, err := f.sessionHere(ctx, on, r, manager, item)
	if err == nil && session == nil {
		err = ErrNoSession
	}
	if err == nil && dead(manager.Health.Status) {
		err = ErrNoSession // it is known not to work any more
	}
	return name, session, err
}

// A RotationOutcome is what became of one of many.
type RotationOutcome struct {
	Key Key
	Rotated
	Err error
}

// RotateMany rotates bots, some at a time, each as Rotate does, and calls done for each as it ends, one call at a
// time. Those that can manage others come last: a rotation ends the session that the others may need. When ctx ends,
// what runs is cut off and nothing more begins.
func (f *Fleet) RotateMany(ctx context.Context, keys []Key, how Rotation, done func(RotationOutcome)) {
	bots, err := f.Bots(ctx)
	manages := make(map[Key]bool, len(bots))
	for _, bot := range bots {
		manages[bot.Key] = bot.Profile.ManagesBots
	}
	if err == nil {
		_, err = f.unlockFor(ctx, keys, func(Bot) bool { return true })
	}
	var mu sync.Mutex
	results := make(map[Key]Rotated, len(keys))
	for _, last := range []bool{false, true} {
		these := slices.DeleteFunc(slices.Clone(keys), func(key Key) bool { return manages[key] != last })
		f.many(ctx, these, func(ctx context.Context, key Key) (Bot, error) {
			if err != nil {
				return f.after(ctx, key, err) // it would be the same for each
			}
			rotated, err := f.Rotate(ctx, key, how, traceOf(ctx).steps(key))
			mu.Lock()
			results[key] = rotated
			mu.Unlock()
			return f.after(ctx, key, err)
		}, func(o Outcome) {
			mu.Lock()
			rotated := results[o.Key]
			mu.Unlock()
			rotated.Bot = o.Bot
			done(RotationOutcome{Key: o.Key, Rotated: rotated, Err: o.Err})
		})
	}
}
