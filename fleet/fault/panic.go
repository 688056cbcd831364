package fault

import (
	"errors"
	"fmt"

	"botring/fleet"
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
