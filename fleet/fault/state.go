package fault

import (
	"time"

	"botring/fleet/store"
)

// A Mark is a bot's state at a glance.
type Mark int

// The marks.
const (
	Unknown  Mark = iota // ○ not known, or not logged in
	OK                   // ● ok
	Waiting              // ▲ waiting
	NeedsYou             // ✕ needs the user
)

// String returns the sign for terminals that can show it.
func (m Mark) String() string {
	switch m {
	case OK:
		return "●"
	case Waiting:
		return "▲"
	case NeedsYou:
		return "✕"
	case Unknown:
		return "○"
	}
	return "○"
}

// ASCII returns the sign for terminals that cannot.
func (m Mark) ASCII() string {
	switch m {
	case OK:
		return "*"
	case Waiting:
		return "!"
	case NeedsYou:
		return "x"
	case Unknown:
		return "-"
	}
	return "-"
}

// State says how a bot is, in a few words for a list or a card. A wait for a login is told of bots that are
// about to log in; one whose session works is ok whatever its logins are bound by.
func State(bot store.Bot, now time.Time) (Mark, string) {
	wait := bot.FloodUntil.Sub(now)
	switch bot.Health.Status {
	case store.OK:
		return OK, "ok" + checked(bot.Health.CheckedAt, now)
	case store.Flooded:
		if wait > 0 {
			return Waiting, "wait " + Countdown(wait)
		}
		return Unknown, "the wait is over, not logged in"
	case store.NotLoggedIn:
		if wait > 0 {
			return Waiting, "wait " + Countdown(wait)
		}
		return Unknown, "saved, not logged in"
	case store.TokenRevoked:
		return NeedsYou, "token revoked"
	case store.SessionDead:
		return NeedsYou, "logged out"
	case store.SessionRevoked:
		return NeedsYou, "logged out by Telegram"
	case store.SessionDuplicated:
		return NeedsYou, "used in two places"
	case store.Deactivated:
		return NeedsYou, "deactivated"
	case store.SecretMissing:
		return NeedsYou, "secret missing"
	case store.Unreachable:
		return Unknown, "no connection"
	case store.Unchecked:
		return unchecked(bot)
	}
	return unchecked(bot)
}

func checked(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", checked " + Ago(now.Sub(at))
}

// unchecked tells a bot that may not be checked from here from one that was not.
func unchecked(bot store.Bot) (Mark, string) {
	for _, session := range bot.Sessions {
		if session.Runs != store.Elsewhere {
			return Unknown, "not checked"
		}
	}
	if len(bot.Sessions) > 0 {
		return Unknown, "runs elsewhere"
	}
	return Unknown, "not checked"
}
