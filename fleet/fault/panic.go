package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/store"
)

// PanicLimits says what ends with a token only, whoever logs sessions out.
const PanicLimits = "What has the token can log in again until it is revoked, and botring does not know of sessions that others made."

// NotRevocable says of a bot why its token cannot be revoked from here, and who can: what Panic is to be told before. err
// is why it is not known whether a bot here manages it, nil where none does.
func NotRevocable(bot fleet.Bot, err error) string {
	who := named(bot)
	if err == nil || errors.Is(err, fleet.ErrNotManaged) {
		return "The token of " + who + " cannot be revoked from here: no bot on this ring manages it. @BotFather can: /revoke."
	}
	return "Whether the token of " + who + " can be revoked from here is not known. " + Of(err).What + " @BotFather can: /revoke."
}

// NotRevocableOf says of several bots how many tokens cannot be revoked from here: none manages so many of all, and of
// unknown ones it is not known.
func NotRevocableOf(none, unknown, all int) string {
	says := "All their tokens can be revoked from here."
	switch {
	case none == 0 && unknown == 0:
		return says
	case none == all:
		says = "No bot on this ring manages them: their tokens cannot be revoked from here."
	case none == 1:
		says = fmt.Sprintf("1 of their %d tokens cannot be revoked from here: no bot on this ring manages that one.", all)
	case none > 0:
		says = fmt.Sprintf("%d of their %d tokens cannot be revoked from here: no bot on this ring manages these.", none, all)
	}
	switch {
	case unknown > 0 && none == 0:
		says = fmt.Sprintf("Of %d of their %d tokens it is not known whether they can be revoked from here.", unknown, all)
	case unknown > 0:
		says += fmt.Sprintf(" Of %d more it is not known.", unknown)
	}
	return says + " @BotFather can: /revoke."
}

// PanicSteps says what Panic does about a bot, revocable being whether a bot here revokes its token.
func PanicSteps(revocable bool) string {
	if revocable {
		return "Telegram revokes the token and gives a new one, which is saved. What runs with the old one stops, wherever it is."
	}
	return "Every session is logged out, also those that run elsewhere, and the bot is tagged #" + fleet.TagLeaked + " until its token is replaced."
}

// OfPanic says what is left to do about a token that got out, the zero Fault where nothing is.
func OfPanic(p fleet.Panicked, now time.Time) Fault {
	if p.Err == nil {
		return Fault{}
	}
	f := OfAt(p.Err, now)
	if p.Revoked {
		return f
	}
	return Fault{
		Kind:     f.Kind,
		What:     "The token may still work. Sessions: " + PanicSessions(p) + ".",
		Why:      strings.TrimSpace(f.What + " " + f.Why),
		Next:     "Revoke it by hand: @BotFather, /revoke, the bot; then give the new token here.",
		NotSaved: "The bot is tagged #" + fleet.TagLeaked + " until its token is replaced.",
		Actions:  []Action{ReplaceToken, Keep},
	}
}

// PanicSession says what became of one session.
func PanicSession(s fleet.EndedSession, now time.Time) string {
	what, where := Clean(s.Name), Runs(store.Session{Runs: s.Runs, At: s.At})
	if s.Err == nil {
		return what + ", which ran " + where + ", ended."
	}
	return what + ", which runs " + where + ", did not end: " + lowerFirst(OfAt(s.Err, now).What)
}

// PanicToken says what became of a token that got out, as a table has it.
func PanicToken(p fleet.Panicked) string {
	switch {
	case !p.Revoked:
		return "may still work"
	case p.Manager.ID != 0:
		return "revoked by " + named(p.Manager)
	}
	return "revoked"
}

// PanicSessions says how many of a bot's sessions ended.
func PanicSessions(p fleet.Panicked) string {
	ended := 0
	for _, session := range p.Sessions {
		if session.Err == nil {
			ended++
		}
	}
	switch all := len(p.Sessions); {
	case all == 0:
		return "none"
	case ended == all && all == 1:
		return "ended"
	case ended == all:
		return fmt.Sprintf("all %d ended", all)
	}
	return fmt.Sprintf("%d of %d ended", ended, len(p.Sessions))
}
