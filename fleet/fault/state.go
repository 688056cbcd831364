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

// MarkAt is a bot's state at a glance, without the words: lists ask for thousands of them at a time.
func MarkAt(bot *store.Bot, now time.Time) Mark {
	switch bot.Health.Status {
	case store.OK:
		return OK
	case store.Flooded, store.NotLoggedIn:
		if bot.FloodUntil.After(now) {
			return Waiting
		}
		return Unknown
	case store.TokenRevoked, store.SessionDead, store.SessionRevoked, store.SessionDuplicated, store.Deactivated, store.SecretMissing:
		return NeedsYou
	case store.Unreachable, store.Unchecked:
		return Unknown
	}
	return Unknown
}

// State says how a bot is, in a few words for a list or a card. A wait for a login is told of bots that are
// about to log in; one whose session works is ok whatever its logins are bound by.
func State(bot store.Bot, now time.Time) (Mark, string) {
	mark := MarkAt(&bot, now)
	if mark == Waiting {
		return mark, "wait " + Countdown(bot.FloodUntil.Sub(now))
	}
	switch bot.Health.Status {
	case store.OK:
		return mark, "ok" + checked(bot.Health.CheckedAt, now)
	case store.Flooded:
		return mark, "the wait is over, not logged in"
	case store.NotLoggedIn:
		return mark, "saved, not logged in"
	case store.TokenRevoked:
		return mark, "token revoked"
	case store.SessionDead:
		return mark, "logged out"
	case store.SessionRevoked:
		return mark, "logged out by Telegram"
	case store.SessionDuplicated:
		return mark, "used in two places"
	case store.Deactivated:
		return mark, "deactivated"
	case store.SecretMissing:
		return mark, "secret missing"
	case store.Unreachable:
		return mark, "no connection"
	case store.Unchecked:
	}
	return mark, unchecked(bot)
}

func checked(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", checked " + Ago(now.Sub(at))
}

// unchecked tells a bot that may not be checked from here from one that was not.
func unchecked(bot store.Bot) string {
	if at, away := awayAt(bot); away {
		return "runs " + at + ", not checked"
	}
	return "not checked"
}

// awayAt tells where a bot runs that has sessions, and none of them here.
func awayAt(bot store.Bot) (at string, away bool) {
	for _, session := range bot.Sessions {
		if session.Runs != store.Elsewhere {
			return "", false
		}
	}
	if len(bot.Sessions) == 0 {
		return "", false
	}
	return Runs(bot.Sessions[0]), true
}

// WhyUnchecked says why a bot is not checked from here, "" for one that is.
func WhyUnchecked(bot store.Bot) string {
	if _, away := awayAt(bot); !away {
		return ""
	}
	return "A check from here could destroy its session: Telegram ends one that is used in two places."
}
