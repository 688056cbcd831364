// Package fault puts every fault into words: what happened, why it may be, what to do about it, and what
// was not saved. The words stand here once, for screens and commands alike; actions go by name, and the
// screens map them to keys, the commands to command lines.
//
// Each sort of error has a table of its own: telegram.go for Telegram's answers, keyring.go, input.go for
// what was typed, session.go for session strings, catalogue.go, and fleet.go for the rest.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

// An Action is something the user can do next.
type Action string

// The actions.
const (
	Edit             Action = "edit"              // change what was typed
	EditApp          Action = "edit_app"          // change the app
	Retry            Action = "retry"             // the same again
	SaveOnly         Action = "save_only"         // save without logging in
	OtherEnvironment Action = "other_environment" // try test instead of production, or the reverse
	LogIn            Action = "log_in"            // log in again
	ReplaceToken     Action = "replace_token"     // paste the new token
	CheckToken       Action = "check_token"       // ask the Bot API whether the token is alive
	SaveAgain        Action = "save_again"        // retry the saving only
	Abandon          Action = "abandon"           // give the login up and log it out
	Unlock           Action = "unlock"            // unlock the keyring
	CreateKeyring    Action = "create_keyring"    // make the default keyring that is missing
	Remove           Action = "remove"            // remove the bot
	UseMemory        Action = "use_memory"        // go on without a keyring
	UseFile          Action = "use_file"          // go on with the encrypted file
	Keep             Action = "keep"              // keep things as they are
)

// A Fault is an error as people have to be told of it. All strings are plain sentences; none holds a
// secret or a control character.
type Fault struct {
	// Kind is the frozen name in JSON, such as "token_invalid".
	Kind string
	// Code and Type are Telegram's own: 400 "ACCESS_TOKEN_INVALID"; 0 and "" where it did not answer.
	Code int
	Type string
	// What happened, in one sentence.
	What string
	// Why it may be, and Next what to do: each one or a few sentences, or "".
	Why, Next string
	// NotSaved says what was not saved or lost, "" when that is no question.
	NotSaved string
	// Saved: something was, in spite of the error.
	Saved bool
	// Actions in the order they should be offered.
	Actions []Action
	// Until is when a flood wait ends.
	Until time.Time
	// Logged: these words say less than the log does. See LogHint.
	Logged bool
}

// What was not saved, in the few ways there are. Where Kept ends a sentence there was a form; what has no
// form leaves it out. Unchanged is for what was saved before.
const (
	Kept         = "What you typed is kept."
	notSavedKept = "Nothing was saved. " + Kept
	notSaved     = "Nothing was saved, and nothing is lost."
	notSent      = "Nothing was sent or saved. " + Kept
	Unchanged    = "Nothing was changed."
)

// KindUnexpected is the Kind of what no table has.
const KindUnexpected = "unexpected"

// Of puts an error into words. It returns a Fault for every error, the zero Fault for nil.
func Of(err error) Fault { return OfAt(err, time.Now()) }

// OfAt is Of at a given time, which the words of a flood wait count from.
func OfAt(err error, now time.Time) Fault {
	if err == nil {
		return Fault{}
	}
	// The order is from the outside in: an error of fleet's may wrap one of Telegram's or the keyring's and
	// then says more than that one.
	for _, words := range []func(error, time.Time) (Fault, bool){
		ofFleet, ofInput, ofSession, ofScan, ofCatalogue, ofTelegram, ofCancelled, ofKeyring, ofDeadline,
	} {
		if f, ok := words(err, now); ok {
			return f
		}
	}
	return Fault{
		Kind: KindUnexpected,
		What: "Something happened that botring has no words for.",
		// The innermost error is one sentence of the system's or of a library's; the chain around it is ours.
		Why:      sentence(innermost(err).Error()),
		Next:     "Try again; if it stays, report it with the line above.",
		NotSaved: notSaved,
		Actions:  []Action{Retry, Keep},
		Logged:   true,
	}
}

// ofCancelled comes before the keyring: a prompt that was waited for in vain because the user left is no
// fault of the keyring's.
func ofCancelled(err error, _ time.Time) (Fault, bool) {
	if !errors.Is(err, context.Canceled) {
		return Fault{}, false
	}
	return wordsOf(&telegram.Error{Kind: telegram.Cancelled}), true
}

// ofDeadline words a deadline that nobody below has worded.
func ofDeadline(err error, _ time.Time) (Fault, bool) {
	if !errors.Is(err, context.DeadlineExceeded) {
		return Fault{}, false
	}
	return Fault{
		Kind:     telegram.Timeout.String(),
		What:     "It took longer than it may.",
		Why:      "Something on the way did not answer in time.",
		Next:     "Try again.",
		NotSaved: notSaved,
		Actions:  []Action{Retry, Keep},
	}, true
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// maxDetail bounds what is quoted of an error's own words, in runes.
const maxDetail = 120

// sentence makes a sentence of an error's text: clean, bounded, with a capital and a period.
func sentence(text string) string {
	text = shorten(Clean(text), maxDetail)
	// Nothing puts a token into an error. Should something do so one day, it ends here.
	if text == "" || len(fleet.ReadPaste(text).Tokens) > 0 {
		return ""
	}
	first, rest := splitRune(text)
	if last := text[len(text)-1]; last != '.' && last != '?' {
		rest += "."
	}
	return first + rest
}

// named is a bot as sentences name it: @username or label if there is one, else the id.
func named(bot store.Bot) string {
	if label := Clean(bot.Label); label != "" {
		return label
	}
	if username := Clean(bot.Profile.Username); username != "" {
		return "@" + username
	}
	return fmt.Sprint(bot.ID)
}
