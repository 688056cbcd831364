// Package fault puts every fault into words: what happened, why it may be, what to do about it, and what
// was not saved. The words stand here once, for screens and commands alike; actions go by name, and the
// screens map them to keys, the commands to command lines.
package fault

import "time"

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
	SaveAgain        Action = "save_again"        // retry the saving only
	Abandon          Action = "abandon"           // give the login up and log it out
	Unlock           Action = "unlock"            // unlock the keyring
	Remove           Action = "remove"            // remove the bot
	UseMemory        Action = "use_memory"        // go on without a keyring
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
	// Actions in the order they should be offered.
	Actions []Action
	// Until is when a flood wait ends.
	Until time.Time
}

// Of puts an error into words. It returns a Fault for every error, the zero Fault for nil.
func Of(err error) Fault { return Fault{} }
