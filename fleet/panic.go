package fleet

import (
	"context"
	"errors"
	"slices"

	"botring/fleet/store"
)

// TagLeaked is what a bot is tagged with whose token got out and may still work. Its rotation takes the tag away.
const TagLeaked = "leaked"

// A Panicked is what was done about a bot whose token got out.
type Panicked struct {
	Bot Bot
	// Revoked: the token is dead, and all sessions with it. Manager is who revoked it.
	Revoked bool
	Manager Bot
	// Err is why the token may still work; with Revoked, why the new one is not in its place yet.
	Err error
	// Sessions are all the bot had, and what became of each.
	Sessions []EndedSession
	// Places are where its token and sessions went.
	Places []Departure
}

// An EndedSession is one that was to end. It did, where Err is nil.
type EndedSession struct {
	store.LostSession
	Err error
}

// PlanPanic finds out who would revoke a bot's token, as PlanRotation does, also where a rotation was cut off that was done
// by hand: Panic finishes that one, and then has the token revoked that came of it.
func (f *Fleet) PlanPanic(ctx context.Context, key, manager Key, report func(Step)) (RotationPlan, error) {
	plan, err := f.PlanRotation(ctx, key, manager, report)
	if err != nil || plan.CutOff == "" || plan.Manager.ID != 0 {
		return plan, err
	}
	plan.Manager, err = f.findManager(ctx, f.at.Load(), key, manager, report)
	if errors.Is(err, ErrNotManaged) {
		return plan, nil
	}
	return plan, err
}

// Panic does at once what can be done from here about a bot whose token got out: the bot that manages it, or only
// manager where one is named, has the token revoked, which ends all sessions; where nobody can, each session is logged
// out, those as well that run elsewhere, and the bot is tagged with TagLeaked, since whoever has the token can log in
// again. What was revoked has its new token and is not logged in. Steps of the logouts tell the Session.
//
// The error is nil wherever something was tried: Panicked.Err says what did not work.
func (f *Fleet) Panic(ctx context.Context, key, manager Key, report func(Step)) (p Panicked, err error) {
	ctx, op := f.begin(ctx, "panic", key)
	defer op.end(&err)
	on := f.at.Load()
	before, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return Panicked{}, err
	}
	p.Manager, p.Revoked, p.Err = f.revokeAtOnce(ctx, on, key, manager, report)
	for _, session := range lostSessions(before) {
		ended := EndedSession{LostSession: session}
		if !p.Revoked {
			_, ended.Err = f.LogOutSession(ctx, key, session.Name, true, reporter(report).about(session.Name))
			if errors.Is(ended.Err, ErrNoSession) {
				ended.Err = nil // what went before has ended it
			}
		}
		p.Sessions = append(p.Sessions, ended)
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if !p.Revoked {
		op.detail = "not revoked"
		_, err = f.Tag(ctx, []Key{key}, []string{TagLeaked}, nil)
	}
	places, readErr := f.Places(ctx, key)
	p.Places = places
	p.Bot, err = f.after(ctx, key, also(err, readErr))
	return p, err
}

// revokeAtOnce has a token revoked now, and reports whether it was. A rotation that was cut off is finished first: the
// token that it left may be the one that got out, and that it was revoked once says nothing of the one there is now.
func (f *Fleet) revokeAtOnce(ctx context.Context, on *ground, key, manager Key, report func(Step)) (by Bot, revoked bool, err error) {
	how := Rotation{Manager: manager, Again: true, NoLogin: true}
	x, err := f.rotate(ctx, key, how, report)
	var unfinished *UnfinishedError
	switch {
	case x.revoked:
		return x.done.Manager, true, err
	case err == nil, errors.Is(err, ErrNothingPasted), errors.Is(err, ErrItemDamaged):
	case errors.As(err, &unfinished) && unfinished.Step == store.RotationPasted:
		// What rests is not needed where somebody can make a new one.
		if _, cannot := f.findManager(ctx, on, key, manager, report); cannot != nil {
			return Bot{}, false, err
		}
		if forgetting := f.ForgetPasted(ctx, key); forgetting != nil {
			return Bot{}, false, also(err, forgetting)
		}
	default:
		return Bot{}, false, err
	}
	x, err = f.rotate(ctx, key, how, report)
	if !x.revoked {
		return Bot{}, false, err
	}
	return x.done.Manager, true, err
}

// A PanicOutcome is what became of one of many.
type PanicOutcome struct {
	Key Key
	Panicked
	Err error
}

// PanicMany does what Panic does for bots, some at a time, and calls done for each as it ends, one call at a time. Those
// that can manage others come last.
func (f *Fleet) PanicMany(ctx context.Context, keys []Key, manager Key, done func(PanicOutcome)) {
	each(ctx, f, keys, func(ctx context.Context, key Key) (Panicked, error) {
		return f.Panic(ctx, key, manager, traceOf(ctx).steps(key))
	}, func(o Outcome, p Panicked) {
		p.Bot = o.Bot
		done(PanicOutcome{Key: o.Key, Panicked: p, Err: o.Err})
	})
}

// forgetLeak takes TagLeaked away from a bot whose token was replaced.
func (f *Fleet) forgetLeak(ctx context.Context, on *ground, row Bot) error {
	if !slices.Contains(row.Tags, TagLeaked) {
		return nil
	}
	return on.Update(ctx, row.Key, func(b *Bot) { b.Tags = withoutLeak(b.Tags) })
}

func withoutLeak(tags []string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return tag == TagLeaked })
}
