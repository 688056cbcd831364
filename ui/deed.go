package ui

import (
	"context"
	"fmt"
	"slices"

	"botring/fleet"
)

// A deed is what is done to several bots.
type deed int

const (
	checking deed = iota
	loggingInMany
	loggingInAnew // also those whose session works
	loggingOut
	removing       // from the keyring only
	loggingOutAway // logged out, then removed
	restoring      // what was removed
	importing      // what stands in a file
	askingTokens   // whether they are alive, of the Bot API
	rotatingMany   // their tokens replaced, by the bots that manage them
	makingSafe     // their tokens got out: all that can be done at once
)

// String is the deed while it goes on: "checking".
func (d deed) String() string {
	switch d {
	case checking:
		return "checking"
	case loggingInMany, loggingInAnew:
		return "logging in"
	case loggingOut:
		return "logging out"
	case removing, loggingOutAway:
		return "removing"
	case restoring:
		return "bringing back"
	case importing:
		return "importing"
	case askingTokens:
		return "asking about tokens"
	case rotatingMany:
		return "rotating"
	case makingSafe:
		return "making safe"
	}
	return ""
}

// did is the deed once it is done: "checked".
func (d deed) did() string {
	switch d {
	case checking:
		return "checked"
	case loggingInMany, loggingInAnew:
		return "logged in"
	case loggingOut:
		return "logged out"
	case removing:
		return "removed"
	case loggingOutAway:
		return "logged out and removed"
	case restoring:
		return "brought back"
	case importing:
		return "imported"
	case askingTokens:
		return "found alive"
	case rotatingMany:
		return "rotated"
	case makingSafe:
		return "made safe"
	}
	return ""
}

// task is the deed in one word, for the question at quitting.
func (d deed) task() string {
	switch d {
	case checking:
		return "check"
	case loggingInMany, loggingInAnew:
		return "login"
	case loggingOut:
		return "logout"
	case removing, loggingOutAway:
		return "removal"
	case restoring:
		return "restoring"
	case importing:
		return "import"
	case askingTokens:
		return "token check"
	case rotatingMany:
		return "rotation"
	case makingSafe:
		return "panic"
	}
	return ""
}

// removes reports whether the bots are gone afterwards.
func (d deed) removes() bool { return d == removing || d == loggingOutAway }

// steps reports whether each bot tells what it is at. Checks are too many and too short for that.
func (d deed) steps() bool {
	return d == loggingInMany || d == loggingInAnew || d == loggingOut || d == loggingOutAway || d == importing ||
		d == askingTokens || d == rotatingMany || d == makingSafe
}

// An order is a deed, and whom it is for.
type order struct {
	deed deed
	bots []fleet.Bot
	// hidden is how many of them the filter did not show.
	hidden int
	// keep has what is removed returned, so that it can be brought back.
	keep bool
	// removed is what to bring back, in place of bots.
	removed []fleet.Removed
	// candidates are what to import, in place of bots, and how.
	candidates []fleet.Candidate
	how        fleet.Importing
}

// keys are those of the bots it is for.
func (o order) keys() []fleet.Key {
	switch o.deed {
	case importing:
		keys := make([]fleet.Key, len(o.candidates))
		for i, c := range o.candidates {
			keys[i] = c.Key
		}
		return keys
	case checking, loggingInMany, loggingInAnew, loggingOut, removing, loggingOutAway, askingTokens, rotatingMany, makingSafe:
		return keysOf(o.bots)
	case restoring:
	}
	keys := make([]fleet.Key, len(o.removed))
	for i, r := range o.removed {
		keys[i] = r.Bot.Key
	}
	return keys
}

// do does it and tells of each bot, one at a time. An error is of the whole, and was told of a bot already.
func (o order) do(ctx context.Context, f *fleet.Fleet, tell func(outcome)) error {
	done := func(out fleet.Outcome) { tell(outcome{key: out.Key, bot: out.Bot, err: out.Err}) }
	switch o.deed {
	case checking:
		f.CheckMany(ctx, o.keys(), done)
	case loggingInMany, loggingInAnew:
		f.LoginMany(ctx, o.keys(), o.deed == loggingInAnew, done)
	case loggingOut:
		f.LogOutMany(ctx, o.keys(), done)
	case removing, loggingOutAway:
		how := fleet.Removal{LogOut: o.deed == loggingOutAway, Keep: o.keep}
		return f.RemoveMany(ctx, o.keys(), how, func(r fleet.Removed, err error) {
			tell(outcome{key: r.Bot.Key, bot: r.Bot, removed: r, err: err})
		})
	case rotatingMany:
		f.RotateMany(ctx, o.keys(), fleet.Rotation{}, func(out fleet.RotationOutcome) {
			tell(outcome{key: out.Key, bot: out.Bot, err: out.Err})
		})
	case makingSafe:
		f.PanicMany(ctx, o.keys(), fleet.Key{}, func(out fleet.PanicOutcome) { tell(panicOutcome(out)) })
	case restoring:
		return f.RestoreMany(ctx, o.removed, done)
	case importing:
		return o.bring(ctx, f, tell)
	case askingTokens:
		f.AskTokens(ctx, o.keys(), done)
	}
	return ctx.Err()
}

// bring imports candidates. What keeps all of them from being tried is told of each.
func (o order) bring(ctx context.Context, f *fleet.Fleet, tell func(outcome)) error {
	about := func(i int, bot fleet.Bot, err error) outcome {
		c := o.candidates[i]
		return outcome{key: c.Key, bot: bot, err: err, candidate: i, session: c.SessionName}
	}
	err := f.Import(ctx, o.candidates, o.how, func(i int, out fleet.Outcome) { tell(about(i, out.Bot, out.Err)) })
	if err != nil && ctx.Err() == nil {
		for i := range o.candidates {
			tell(about(i, fleet.Bot{}, err))
		}
	}
	return err
}

// asItWas is the bot of an outcome that came without its row, as it was when the order was given: it is still called
// something, and can be tried again.
func (o order) asItWas(r outcome) fleet.Bot {
	if o.deed == importing {
		c := o.candidates[r.candidate]
		if c.Bot.ID != 0 {
			return c.Bot
		}
		return fleet.Bot{Key: c.Key, Label: c.Label}
	}
	for _, b := range o.bots {
		if b.Key == r.key {
			return b
		}
	}
	for _, each := range o.removed {
		if each.Bot.Key == r.key {
			return each.Bot
		}
	}
	return fleet.Bot{Key: r.key}
}

// left are those of an order that no outcome is of, in their order: they were not tried.
func (o order) left(results []outcome) (left []outcome) {
	if o.deed == importing {
		ended := make(map[int]bool, len(results))
		for _, r := range results {
			ended[r.candidate] = true
		}
		for i, c := range o.candidates {
			if !ended[i] {
				r := outcome{key: c.Key, candidate: i, session: c.SessionName, err: context.Canceled}
				r.bot = o.asItWas(r)
				left = append(left, r)
			}
		}
		return left
	}
	ended := make(map[fleet.Key]bool, len(results))
	for _, r := range results {
		ended[r.key] = true
	}
	bots := slices.Clip(o.bots)
	for _, r := range o.removed {
		bots = append(bots, r.Bot)
	}
	for _, bot := range bots {
		if !ended[bot.Key] {
			left = append(left, outcome{key: bot.Key, bot: bot, err: context.Canceled})
		}
	}
	return left
}

// noun is what an order is for several of.
func (o order) noun() string {
	for _, c := range o.candidates {
		if c.IsSession() {
			return "item"
		}
	}
	return "bot"
}

// whom names the bot, or says how many they are.
func whom(bots []fleet.Bot) string {
	if len(bots) == 1 {
		return displayName(bots[0])
	}
	return count(len(bots), "bot")
}

// count is "1 bot", "2 bots".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
