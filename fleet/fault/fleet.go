package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/store"
)

// ofFleet words the errors that fleet makes itself.
func ofFleet(err error, now time.Time) (Fault, bool) {
	var (
		unsaved   *fleet.UnsavedError
		flood     *fleet.FloodError
		differs   *fleet.TokenDiffersError
		inUse     *fleet.AppInUseError
		notFound  *fleet.NotFoundError
		ambiguous *fleet.AmbiguousError
		conflict  *fleet.MoveConflictError
		proxy     *fleet.ProxySecretError
		cut       *fleet.UnfinishedError
		manager   *fleet.ManagerError
	)
	switch {
	case errors.As(err, &cut):
		return ofUnfinished(cut, now), true
	case errors.As(err, &manager):
		return ofManager(manager, now), true
	case errors.As(err, &unsaved):
		return ofUnsaved(unsaved, now), true
	case errors.As(err, &flood):
		return ofFlood(flood, now), true
	case errors.As(err, &differs):
		return ofTokenDiffers(differs), true
	case errors.As(err, &inUse):
		return ofAppInUse(inUse), true
	case errors.As(err, &notFound):
		return ofNotFound(notFound), true
	case errors.As(err, &ambiguous):
		return ofAmbiguous(ambiguous), true
	case errors.As(err, &conflict):
		return ofMoveConflict(conflict), true
	case errors.As(err, &proxy):
		return ofProxySecret(proxy), true
	}
	for sentinel, words := range rotationWords() {
		if errors.Is(err, sentinel) {
			return words, true
		}
	}
	for _, row := range fleetWords() {
		if errors.Is(err, row.err) {
			return row.Fault, true
		}
	}
	return Fault{}, false
}

// fleetWords is the table of fleet's sentinels, and of the one of store that means a lost row.
func fleetWords() []struct {
	err error
	Fault
} {
	return []struct {
		err error
		Fault
	}{
		{fleet.ErrSessionWorks, Fault{
			Kind:     "session_works",
			What:     "This session still works.",
			Why:      "Logging in again counts towards Telegram's limit.",
			Next:     "Keep it, or log in anyway.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep, LogIn},
		}},
		{fleet.ErrRunsElsewhere, Fault{
			Kind:     "runs_elsewhere",
			What:     "This session runs in another place.",
			Why:      "Telegram ends a session that is used in two places at once.",
			Next:     "Log in here for a session of its own.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep, LogIn},
		}},
		{fleet.ErrRunsHere, Fault{
			Kind:     "runs_here",
			What:     "This session runs here.",
			Why:      "Telegram ends a session that is used in two places at once.",
			Next:     "Make one for the other place, or say that this one runs there from now on.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{fleet.ErrNoSession, Fault{
			Kind:     "no_session",
			What:     "The bot has no session of that name.",
			Why:      "It was never made, or was logged out.",
			Next:     "Look at the sessions it has.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{fleet.ErrSameID, Fault{
			Kind:     "same_id",
			What:     "Two of these bots have the same id.",
			Why:      "They are of different environments, and a token does not say of which it is.",
			Next:     "Name one of them.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{fleet.ErrSecretMissing, missingItem()},
		{fleet.ErrItemNewer, Fault{
			Kind:     "keyring_item_newer",
			What:     "A newer version of botring wrote this item of the keyring.",
			Why:      "This version could not keep everything that is in it.",
			Next:     "Update botring.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{fleet.ErrItemDamaged, Fault{
			Kind:     "keyring_item_damaged",
			What:     "The item of this bot in the keyring cannot be read.",
			Why:      "It is damaged, or another program changed it.",
			Next:     "Paste the token again, or remove the bot.",
			NotSaved: Unchanged,
			Actions:  []Action{ReplaceToken, Remove},
		}},
		{fleet.ErrSessionBusy, Fault{
			Kind:     "session_busy",
			What:     "Another botring has this session open.",
			Why:      "Telegram ends a session that is used twice at once, so this one waits.",
			Next:     "Try again when the other one is done.",
			NotSaved: Unchanged,
			Actions:  []Action{Retry, Keep},
		}},
		{fleet.ErrNoApp, Fault{
			Kind:     "no_app",
			What:     "The app of this bot is not known.",
			Why:      "A login needs the api_id and api_hash of an app.",
			Next:     "Add the app from my.telegram.org/apps, then try again.",
			NotSaved: notSavedKept,
			Actions:  []Action{EditApp, SaveOnly},
		}},
		{fleet.ErrNoBotAPI, noBotAPI()},
		{fleet.ErrNoBot, Fault{
			Kind:     "no_bot",
			What:     "The bot of this session is not here.",
			Why:      "A session is kept with its bot, and the bot's token was not saved.",
			Next:     "Add the token first, then import the session again.",
			NotSaved: Unchanged,
			Actions:  []Action{Retry, Keep},
		}},
		{fleet.ErrBackAlready, Fault{
			Kind:     "back_already",
			What:     "The bot is there again.",
			Why:      "It was added anew after it was removed.",
			Next:     "Remove the new one first, if the old one is the right one.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{fleet.ErrNotEncrypted, Fault{
			Kind:     "not_encrypted_files",
			What:     "This is about encrypted files, and secrets are in another keyring.",
			Why:      "Only encrypted files have a passphrase and recipients of their own.",
			Next:     "Use --keyring age, or move there.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{fleet.ErrSameKeyring, Fault{
			Kind:     "same_keyring",
			What:     "Secrets are in this keyring already.",
			Why:      "To move is to go to another one.",
			Next:     "Name the other one: system, or age for encrypted files.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{store.ErrTaken, Fault{
			Kind:     kindInput,
			What:     "The name is taken.",
			Why:      "Names are unique, so that commands know which one is meant.",
			Next:     "Choose another one.",
			NotSaved: notSent,
			Actions:  []Action{Edit},
		}},
		{store.ErrNotFound, Fault{
			Kind:    "not_found",
			What:    "It is not in the catalogue any more.",
			Why:     "Another botring may have removed it.",
			Next:    "Look at the list again.",
			Actions: []Action{Keep},
		}},
	}
}

// ofUnsaved says first that the login is there: losing sight of that would cost another one.
func ofUnsaved(e *fleet.UnsavedError, now time.Time) Fault {
	f := OfAt(e.Err, now)
	f.What = named(e.Bot) + " is logged in, and the login could not be saved."
	if e.Err == nil {
		f.Kind = kindGone
		f.Why = "The keyring did not take it."
	} else {
		cause := OfAt(e.Err, now)
		f.Why = strings.TrimSpace(cause.What + " " + cause.Why)
	}
	f.Next = "Save again, which needs no new login, or give the login up."
	f.NotSaved = "The login is kept in memory until then."
	f.Actions = []Action{SaveAgain, Abandon}
	return f
}

func ofTokenDiffers(e *fleet.TokenDiffersError) Fault {
	return Fault{
		Kind:     "token_differs",
		What:     named(e.Bot) + " is saved with another token.",
		Why:      "A bot has one token at a time; a new one ends the old one.",
		Next:     "Replace the saved token, or keep it.",
		NotSaved: notSent,
		Actions:  []Action{ReplaceToken, Keep},
	}
}

func ofAppInUse(e *fleet.AppInUseError) Fault {
	who := make([]string, 0, len(e.Bots))
	for _, bot := range e.Bots {
		who = append(who, named(bot))
	}
	return Fault{
		Kind:     "app_in_use",
		What:     "The app " + value(e.App.Name) + " is in use.",
		Why:      list(who, max(len(who), e.App.Bots)) + " " + verb(max(len(who), e.App.Bots)) + " with it.",
		Next:     "Remove those bots first, or keep the app.",
		NotSaved: Unchanged,
		Actions:  []Action{Keep},
	}
}

// maxNames is how many names a sentence holds.
const maxNames = 3

// list is "a", "a and b", "a, b and 5 more" of total names, of which some are known.
func list(names []string, total int) string {
	if len(names) > maxNames {
		names = names[:maxNames]
	}
	switch more := total - len(names); {
	case len(names) == 0:
		return fmt.Sprintf("%d bots", total)
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	case len(names) == 1:
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func verb(n int) string {
	if n == 1 {
		return "logs in"
	}
	return "log in"
}

func ofNotFound(e *fleet.NotFoundError) Fault {
	f := Fault{
		Kind:    "not_found",
		What:    "There is no bot" + quoted(e.Ref) + ".",
		Why:     "Bots are named by id, @username or label.",
		Next:    "Look at the list of bots.",
		Actions: []Action{Edit},
	}
	if len(e.Near) > 0 {
		names := make([]string, 0, len(e.Near))
		for _, bot := range e.Near {
			names = append(names, named(bot))
		}
		f.Next = "Nearest: " + list(names, len(names)) + "."
	}
	return f
}

func ofAmbiguous(e *fleet.AmbiguousError) Fault {
	keys := make([]string, 0, len(e.Bots))
	for _, bot := range e.Bots {
		// In full: the id alone, which names a bot in production, may be what several have.
		keys = append(keys, fmt.Sprintf("%s/%d", Clean(bot.Environment), bot.ID))
	}
	return Fault{
		Kind:    "ambiguous",
		What:    fmt.Sprintf("%d bots are called%s.", len(e.Bots), quoted(e.Ref)),
		Why:     "An id is unique within its environment only, and a username may belong to one bot in each.",
		Next:    "Name one by its environment and id: " + list(keys, len(keys)) + ".",
		Actions: []Action{Edit},
	}
}

func ofMoveConflict(e *fleet.MoveConflictError) Fault {
	names := make([]string, len(e.Names))
	for i, name := range e.Names {
		names[i] = Clean(name)
	}
	what := fmt.Sprintf("%d items are in both keyrings, and not the same.", len(names))
	if len(names) == 1 {
		what = "One item is in both keyrings, and not the same."
	}
	return Fault{
		Kind:     "move_conflict",
		What:     what,
		Why:      "Only you know which is the right one: " + list(names, len(names)) + ".",
		Next:     "Remove it from one of the two, then move again.",
		NotSaved: "Nothing was moved.",
		Actions:  []Action{Keep},
	}
}

// CutOff tells of a bot's save that the program did not live to finish, as Fleet.Recover reports them.
func CutOff(key store.Key) string {
	return fmt.Sprintf("Saving %s was cut off; a session may be left at Telegram.", key)
}
