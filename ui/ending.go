package ui

import (
	"errors"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// An outcome is what became of one bot of many.
type outcome struct {
	key fleet.Key
	// bot is its row: as it is now, of one that was removed as it was.
	bot     fleet.Bot
	removed fleet.Removed
	err     error
	// candidate is the place of what was imported in its order, and session its name, "" for a bot.
	candidate int
	session   string
	// panicked is what was done about a token that got out, nil where nothing was, or that was not the deed.
	panicked *fleet.Panicked
}

// panicOutcome is what became of a bot whose token got out. All is well only where that is dead and the new one saved.
func panicOutcome(out fleet.PanicOutcome) outcome {
	r := outcome{key: out.Key, bot: out.Bot, err: out.Err}
	if out.Err == nil {
		r.err, r.panicked = out.Panicked.Err, &out.Panicked
	}
	return r
}

// name is what it is called in a summary.
func (r outcome) name() string {
	if r.session != "" {
		return displayName(r.bot) + ", session " + r.session
	}
	return displayName(r.bot)
}

// An ending is an outcome at a glance.
type ending int

const (
	failed    ending = iota // it needs the user, or another try
	waits                   // Telegram asked to wait
	untried                 // stopped before its turn
	leftAlone               // there was nothing to do, or better nothing was done
	wentWell
)

// String is the ending in the counts of a summary. What went well is called by its deed.
func (v ending) String() string {
	switch v {
	case failed:
		return "failed"
	case waits:
		return "waiting"
	case untried:
		return "not tried"
	case leftAlone:
		return "left alone"
	case wentWell:
		return "done"
	}
	return ""
}

// mark is the sign of an ending.
func (v ending) mark() fault.Mark {
	switch v {
	case failed:
		return fault.NeedsYou
	case waits:
		return fault.Waiting
	case untried, leftAlone:
		return fault.Unknown
	case wentWell:
		return fault.OK
	}
	return fault.Unknown
}

// listed reports whether a summary names the bot.
func (v ending) listed() bool { return v == failed || v == waits }

// ending judges an outcome.
func (r outcome) ending(d deed) ending {
	var flood *fleet.FloodError
	var cut *fleet.UnfinishedError
	switch {
	case errors.As(r.err, &cut), r.panicked != nil && r.err != nil:
		return failed // something was done, also where it was stopped
	case errors.As(r.err, &flood):
		return waits
	case errors.Is(r.err, fleet.ErrSessionWorks), errors.Is(r.err, fleet.ErrRunsElsewhere):
		return leftAlone
	case r.err != nil && fault.Of(r.err).Kind == kindCancelled:
		return untried
	case r.err != nil:
		return failed
	case d == checking:
		return ofHealth(r.bot.Health.Status)
	}
	return wentWell
}

// kindCancelled is the fault of what was stopped, wherever that was.
const kindCancelled = "cancelled"

// ofHealth judges a check that asked nobody, since there is no session to ask with.
func ofHealth(status fleet.Status) ending {
	switch status {
	case store.OK:
		return wentWell
	case store.TokenRevoked, store.Deactivated, store.SecretMissing, store.SessionDead, store.SessionRevoked, store.SessionDuplicated:
		return failed
	case store.NotLoggedIn, store.Flooded, store.Unreachable, store.Unchecked:
	}
	return leftAlone
}

// fault is what happened, in words. Of a logout that worked, and that the keyring then could not follow, both
// are told.
func (r outcome) fault(sh *shell, d deed) fault.Fault {
	if r.err == nil {
		return fault.OfHealth(r.bot.Health)
	}
	if r.panicked != nil {
		return fault.OfPanic(*r.panicked, sh.now())
	}
	said := fault.OfAt(r.err, sh.now())
	if r.removed.LoggedOut || d == loggingOut && r.bot.Health.Status == store.SessionDead && shut(r.err) {
		said.What = "Logged out at Telegram, but still in the keyring. " + said.What
	}
	return said
}

// shut reports whether an error is that of a whole keyring, and so the same for every bot.
func shut(err error) bool {
	switch fault.Of(err).Kind {
	case "keyring_unavailable", "keyring_locked", "keyring_denied", "keyring_gone":
		return true
	}
	return false
}

// over reports whether there is no use in trying to bring a bot back once more.
func (r outcome) over() bool {
	return r.err == nil || errors.Is(r.err, fleet.ErrBackAlready) || errors.Is(r.err, fleet.ErrSecretMissing)
}
