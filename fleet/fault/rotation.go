package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

// ofManager says whose session it is that stands in the way: not that of the bot whose token is replaced.
func ofManager(e *fleet.ManagerError, now time.Time) Fault {
	f := OfAt(e.Err, now)
	cause := strings.TrimSpace(f.What + " " + f.Why)
	switch {
	case errors.Is(e.Err, telegram.NotManaged), errors.Is(e.Err, fleet.ErrNotManaged):
		f.What = named(e.Manager) + " does not manage this bot."
	case f.Kind == telegram.Cancelled.String():
		return f
	default:
		f.What, f.Why = named(e.Manager)+", which may manage this bot, could not be asked.", cause
		f.Next = "Log " + named(e.Manager) + " in, or rotate this one by hand in @BotFather."
		if !f.Until.IsZero() {
			f.Next = "Nothing is lost by waiting."
		}
	}
	f.NotSaved = Unchanged
	f.Actions = []Action{Retry, Keep}
	return f
}

// ofUnfinished says how far a rotation came: what is known of the old token, and where the new one is.
func ofUnfinished(e *fleet.UnfinishedError, now time.Time) Fault {
	f := OfAt(e.Err, now)
	f.Why = strings.TrimSpace(f.What + " " + f.Why)
	who := named(e.Bot)
	f.Saved = e.Step == store.RotationPasted || e.Step == store.RotationSaved
	switch {
	case e.Step == store.RotationPasted:
		f.What = "The new token of " + who + " is not in its place yet."
		f.Next = "Rotate it once more: it goes on with the token that was pasted."
		f.NotSaved = "The token rests in the keyring, beside the old one."
	case e.Step == store.RotationSaved:
		f.What = who + " has its new token, and the rotation is not done."
		f.Next = "Rotate it once more: what is left is a login, and to clear up."
		f.NotSaved = "The new token is saved."
	case e.Revoked:
		f.What = "The token of " + who + " was replaced, and the new one could not be saved."
		f.Next = "Rotate it once more: the new token is asked for again, and nothing is revoked."
		f.NotSaved = "The old token is dead; the new one is not lost."
	default:
		f.What = "Whether the token of " + who + " was replaced is not known."
		f.Next = "Rotate it once more to find out. Nothing is revoked without asking."
		f.NotSaved = "If it was, the new token is not lost: its manager can be asked for it."
	}
	f.Actions = []Action{Retry, Keep}
	return f
}

// rotationWords are fleet's sentinels of rotations.
func rotationWords() map[error]Fault {
	return map[error]Fault{
		fleet.ErrNotManaged: {
			Kind:     "not_managed",
			What:     "No bot on this ring manages this one.",
			Why:      "Bots that may manage others were asked and do not manage it, or there are none here.",
			Next:     "Rotate it by hand: @BotFather, /revoke, the bot; then give the new token here.",
			NotSaved: Unchanged,
			Actions:  []Action{ReplaceToken, Keep},
		},
		fleet.ErrNotRevoked: {
			Kind:     "not_revoked",
			What:     "The token was not replaced: the one in the keyring is the current one.",
			Why:      "An earlier rotation of this bot was cut off before Telegram heard of it.",
			Next:     "Rotate it once more to replace the token now.",
			NotSaved: Unchanged,
			Actions:  []Action{Retry, Keep},
		},
		fleet.ErrNothingPasted: {
			Kind:     "nothing_pasted",
			What:     "The new token that was pasted is not in the keyring any more.",
			Why:      "The rotation was cut off before it was there, or somebody removed it.",
			Next:     "@BotFather shows it: /mybots, the bot, API Token. Rotate the bot once more and paste it.",
			NotSaved: Unchanged,
			Actions:  []Action{ReplaceToken, Keep},
		},
	}
}

// ByHand are the steps that replace a bot's token in @BotFather. The bot's name is in the third, to be copied.
func ByHand(bot store.Bot) []string {
	name := "the bot"
	if username := Clean(bot.Profile.Username); username != "" {
		name = "@" + username
	}
	return []string{
		"Open @BotFather in Telegram: https://t.me/BotFather",
		"Send it /revoke",
		"Choose " + name,
		"Copy the new token it answers with, and paste it here",
	}
}

// RotationCutOff tells of a rotation that was cut off, and how far it came.
func RotationCutOff(r fleet.CutOffRotation) string {
	text := "The rotation of " + named(r.Bot) + " was cut off"
	switch r.Step {
	case store.RotationPasted:
		return text + "; the token that was pasted rests in the keyring."
	case store.RotationSaved:
		return text + "; its new token is saved, and it is not logged in yet."
	case store.RotationRevoking:
	}
	return text + "; its token may be replaced already, and is not lost."
}

// RotationsCutOff tells of all of them in one sentence, "" where there are none.
func RotationsCutOff(all []fleet.CutOffRotation) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return RotationCutOff(all[0])
	}
	who := make([]string, len(all))
	for i, r := range all {
		who[i] = named(r.Bot)
	}
	return "Rotations were cut off, and no token is lost: " + list(who, len(who)) + "."
}

// Bereft says of a session that died with its token which place needs what.
func Bereft(lost fleet.Lost) string {
	what := "Session " + Clean(lost.Name)
	if lost.Name == store.DefaultSession {
		what = "Its own session"
	}
	if where := Runs(store.Session{Runs: lost.Runs, At: lost.At}); lost.Runs != store.Here {
		what += ", which ran " + where
	}
	switch {
	case lost.Remade && lost.Runs == store.Here:
		return what + ", was made again."
	case lost.Remade:
		return what + ", was made again: its place needs the new one."
	case lost.Err != nil:
		return what + ", ended and was not made again: " + lowerFirst(OfAt(lost.Err, time.Now()).What)
	case lost.Runs == store.Here:
		return what + " ended."
	}
	return what + ", ended: its place needs the new token or a new session."
}

// lowerFirst makes a sentence go on after a colon, unless it starts with a name.
func lowerFirst(s string) string {
	if s == "" || strings.HasPrefix(s, "Telegram") {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// OldToken says what is known of a token that was replaced.
func OldToken(o fleet.OldToken) string {
	switch o {
	case fleet.OldDead:
		return "The old token is dead: Telegram refuses it."
	case fleet.OldWorks:
		return "Telegram still takes the old token."
	case fleet.OldUnproven:
	}
	return ""
}

// OldTokenIs is OldToken beside a name for it.
func OldTokenIs(o fleet.OldToken) string {
	switch o {
	case fleet.OldDead:
		return "dead: Telegram refuses it"
	case fleet.OldWorks:
		return "Telegram still takes it"
	case fleet.OldUnproven:
	}
	return ""
}

// TokenConsumers says what a rotation cannot do for anybody.
const TokenConsumers = "Whatever else has the token needs the new one."

// LostWith says what would end with a bot's token, as a question's second half: "2 sessions end".
func LostWith(lost []store.LostSession) string {
	if len(lost) == 1 {
		return "its session ends"
	}
	return fmt.Sprintf("its %d sessions end", len(lost))
}
