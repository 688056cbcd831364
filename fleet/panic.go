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
	p.Manager, p.Err = f.revokeAtOnce(ctx, key, manager, report)
	var unfinished *UnfinishedError
	p.Revoked = p.Err == nil || errors.As(p.Err, &unfinished) && unfinished.Revoked
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

// revokeAtOnce has a token revoked now. A rotation that was cut off is finished first: the token that it left may be the
// one that got out.
func (f *Fleet) revokeAtOnce(ctx context.Context, key, manager Key, report func(Step)) (by Bot, err error) {
	how := Rotation{Manager: manager, Again: true, NoLogin: true}
	rotated, err := f.Rotate(ctx, key, how, report)
	if err == nil && rotated.Resumed {
		rotated, err = f.Rotate(ctx, key, how, report)
	}
	return rotated.Manager, err
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
	return on.Update(ctx, row.Key, func(b *Bot) {
		b.Tags = slices.DeleteFunc(b.Tags, func(tag string) bool { return tag == TagLeaked })
	})
}
