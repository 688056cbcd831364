package fault

import (
	"fmt"
	"strings"
	"time"

	"botring/fleet"
	"botring/telegram"
)

// OfHistory tells in sentences what a look at the history found.
func OfHistory(c fleet.HistoryCheck) []string {
	says := []string{historyFault(c)}
	if c.Unsealed > 0 && c.Fault != fleet.HistoryNoKey {
		says = append(says, fmt.Sprintf("The last %d are not sealed yet, so nothing can be said of them.", c.Unsealed))
	}
	if c.Began.Lost > 0 {
		says = append(says, fmt.Sprintf("It begins at entry %d, after the catalogue was rebuilt on %s: what came before was lost.",
			c.Began.Lost+1, c.Began.At.Format(time.DateTime)))
	}
	if c.Pruned > 0 {
		says = append(says, fmt.Sprintf("%d older entries were pruned by botring.", c.Pruned))
	}
	return says
}

func historyFault(c fleet.HistoryCheck) string {
	switch c.Fault {
	case fleet.HistorySound:
		return fmt.Sprintf("The history is as it was written: %d entries.", c.Entries)
	case fleet.HistoryChanged:
		return fmt.Sprintf("Entry %d of the history is not what botring wrote, or was not there.", c.Seq)
	case fleet.HistoryMissing:
		return fmt.Sprintf("Entry %d of the history is missing.", c.Seq)
	case fleet.HistoryCutOff:
		return fmt.Sprintf("The history was cut off: entry %d and what came after it are missing.", c.Seq)
	case fleet.HistoryNoKey:
		return "The history is sealed, and the keyring does not have its key, so nothing can be said of it."
	}
	return ""
}

// HistoryLimits says what a look at the history cannot find.
const HistoryLimits = "It cannot find what was changed before it was sealed, which is at the next action that has the " +
	"keyring open; what was cut off of a process that was killed, or whose last act was exec; nor anything done by somebody who can read the keyring."

// HistoryAction says in words what an entry's action was. An action that this version does not know is told by
// the name it was kept under.
func HistoryAction(action string) string {
	switch action {
	case "adopt":
		return "take a session over"
	case "check many":
		return "check bots"
	case "exec":
		return "hand to a program"
	case "watch":
		return "round of the watch"
	case "give session away":
		return "give away"
	case "import session":
		return "save another's session"
	case "read token":
		return "read its token"
	case "token check":
		return "check its token"
	case "token checks":
		return "check tokens"
	case "restore":
		return "bring back"
	case "change app":
		return "use another app"
	case "abandon":
		return "give a login up"
	case "recover":
		return "settle a crash"
	case "rebuild catalogue":
		return "rebuild the list"
	case "renew catalogue":
		return "replace a damaged list"
	case "mend catalogue":
		return "mend the list"
	case "create keyring":
		return "make a keyring"
	case "move to another keyring":
		return "move to a keyring"
	case "finish change of recipients":
		return "encrypt anew"
	}
	return Clean(action)
}

// HistoryResult says how an entry ended, at a glance and in few words. Of an outcome that this version does not
// know it says the name.
func HistoryResult(outcome string) (Mark, string) {
	switch outcome {
	case fleet.OutcomeOK:
		return OK, "ok"
	case telegram.Cancelled.String():
		return Unknown, "cancelled"
	case telegram.FloodWait.String():
		return Waiting, "told to wait"
	case telegram.Unreachable.String():
		return Unknown, "no connection"
	case telegram.Timeout.String():
		return Unknown, "took too long"
	case "session_works":
		return OK, "its session works"
	}
	if words, ok := historyResults()[outcome]; ok {
		return NeedsYou, words
	}
	return NeedsYou, Clean(strings.ReplaceAll(outcome, "_", " "))
}

// historyResults are the few words of the faults that an action can end with.
func historyResults() map[string]string {
	return map[string]string{
		KindUnexpected:                      "failed",
		telegram.TokenRevoked.String():      "token revoked",
		telegram.TokenInvalid.String():      "token rejected",
		telegram.APIIDInvalid.String():      "app rejected",
		telegram.APIIDPublished.String():    "api_id is published",
		telegram.AuthKeyInvalid.String():    "key not accepted",
		telegram.SessionDead.String():       "session is gone",
		telegram.SessionRevoked.String():    "logged out by Telegram",
		telegram.BotDeactivated.String():    "deactivated",
		telegram.SessionDuplicated.String(): "used in two places",
		telegram.UpdateNeeded.String():      "botring is too old",
		telegram.TelegramFault.String():     "Telegram failed",
		telegram.WrongDC.String():           "wrong data centre",
		telegram.ClockWrong.String():        "clock is wrong",
		telegram.NotTelegram.String():       "not Telegram",
		telegram.NotABot.String():           "not a bot",
		telegram.ProxyUnreachable.String():  "no proxy",
		telegram.ProxyDenied.String():       "proxy denied",
		telegram.ProxyRefused.String():      "proxy refused",
		telegram.ProxyBroken.String():       "proxy hung up",
		telegram.ProxySecret.String():       "proxy's secret",
		telegram.NotManaged.String():        "not managed",
		telegram.BotRequired.String():       "no bot's session",
		kindUnavailable:                     "no keyring",
		kindLocked:                          "keyring locked",
		kindDenied:                          "keyring refused",
		kindTooLarge:                        "keyring: too large",
		kindMissingItem:                     "secret missing",
		kindGone:                            "keyring went away",
		kindHeld:                            "keyring in use",
		kindReadBack:                        "keyring lost it",
		kindCannotList:                      "keyring cannot list",
		kindDamaged:                         "keyring damaged",
		"keyring_unseen":                    "keyring not visible",
		"keyring_bad_name":                  "keyring: bad name",
		"keyring_item_newer":                "secret too new",
		"keyring_item_damaged":              "secret damaged",
		kindForeign:                         "another program's list",
		kindNewer:                           "list too new",
		kindNotWritable:                     "list not writable",
		kindUnreadable:                      "list not readable",
		kindInput:                           "not accepted",
		"runs_elsewhere":                    "runs elsewhere",
		"session_busy":                      "in use by a program",
		"runs_here":                         "runs here",
		"no_session":                        "no such session",
		"same_id":                           "two of the same id",
		"no_app":                            "no app",
		"no_bot":                            "its bot is not here",
		kindNoBotAPI:                        "no Bot API",
		"not_managed":                       "not managed here",
		"not_revoked":                       "not replaced",
		"nothing_pasted":                    "nothing pasted",
		"back_already":                      "back already",
		"not_encrypted_files":               "no encrypted file",
		"same_keyring":                      "the same keyring",
		"not_found":                         "not found",
		"ambiguous":                         "several match",
		"token_differs":                     "token of another bot",
		"app_in_use":                        "app in use",
		"move_conflict":                     "keyrings differ",
		"failed":                            "failed",
	}
}
