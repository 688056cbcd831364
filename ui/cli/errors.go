package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/ui/cli/child"
)

// The exit codes.
const (
	exitOK        = 0
	exitFailure   = 1
	exitUsage     = 2
	exitNotOK     = 3 // some bots are not ok, or doctor found a problem
	exitSecret    = 4 // needs unlocking or a secret
	exitFlood     = 5
	exitCancelled = 130
)

// An exitCodeMeaning is an exit code in words.
type exitCodeMeaning struct {
	code  int
	means string
}

// exitCodes are the exit codes, which README.md has too.
func exitCodes() []exitCodeMeaning {
	return []exitCodeMeaning{
		{exitOK, "ok"},
		{exitFailure, "failed"},
		{exitUsage, "wrong usage"},
		{exitNotOK, "some bots are not ok, or something was found"},
		{exitSecret, "the keyring needs unlocking, or a secret is needed and nobody can be asked"},
		{exitFlood, "Telegram asks to wait"},
		{exitCancelled, "cancelled"},
	}
}

// worst returns the exit code that is told of several.
func worst(codes ...int) int {
	for _, code := range []int{exitCancelled, exitSecret, exitFlood, exitFailure, exitNotOK, exitUsage} {
		for _, c := range codes {
			if c == code {
				return code
			}
		}
	}
	return exitOK
}

// A verdict is the exit code of a command that has said everything itself.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("exit code %d", int(v)) }

// A usageError is a fault of the command line itself, in words.
type usageError struct {
	fault.Fault
	exit int
}

func (e *usageError) Error() string { return e.What }

// usage makes an error of a command line that cannot be meant.
func usage(what, next string) error {
	return &usageError{fault.Fault{Kind: "usage", What: what, Next: next}, exitUsage}
}

// secretNeeded makes the error of a secret that nobody can be asked for.
func secretNeeded(what, next string) error {
	return &usageError{fault.Fault{Kind: "secret_needed", What: what, Next: next}, exitSecret}
}

// keyringLocked is the error of a locked keyring where nobody may be asked to unlock it.
func (s *shell) keyringLocked() error {
	f := fault.OfKind("keyring_locked")
	f.Why = "Nobody is to be asked to unlock it."
	if s.verb == "unlock" {
		f.Next = "Unlocking it takes somebody who answers: run it without --no-input, or unlock it in its own program."
		f.NotSaved = ""
	}
	return &usageError{f, exitSecret}
}

var errNotADuration = errors.New("a duration is a number of seconds, or such as 45s or 2m")

// badValue is the error of a setting that cannot be read. The value itself is not repeated.
func badValue(name string, err error) error {
	return usage(fmt.Sprintf("The value of %s cannot be used.", name), sentence(err.Error()))
}

// words are what is told of an error.
func words(err error) fault.Fault {
	var u *usageError
	var c *child.Error
	switch {
	case errors.As(err, &u):
		return u.Fault
	case errors.As(err, &c):
		return wordsOfNotRun(c)
	}
	return fault.Of(err)
}

// exitCode is the exit code of an error.
func exitCode(ctx context.Context, err error) int {
	var v verdict
	var u *usageError
	var n notRunError
	switch {
	case err == nil, errors.Is(err, errReaderLeft):
		return exitOK
	case errors.As(err, &v):
		return int(v)
	case errors.As(err, &n) && !errors.Is(err, context.Canceled) && ctx.Err() == nil:
		return codeOfNotRun(err)
	case errors.As(err, &u):
		return u.exit
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return exitCancelled
	}
	return codeOfKind(fault.Of(err).Kind)
}

func codeOfKind(kind string) int {
	switch kind {
	case "cancelled":
		return exitCancelled
	case "keyring_locked", "keyring_denied", "keyring_missing_item":
		return exitSecret
	case "flood_wait":
		return exitFlood
	case "invalid_input", "invalid_session":
		return exitUsage
	}
	return exitFailure
}

// finish tells an error, if there is one left to tell, and returns the exit code.
func (s *shell) finish(ctx context.Context, err error) int {
	code := exitCode(ctx, err)
	var v verdict
	if err == nil || errors.As(err, &v) || errors.Is(err, errReaderLeft) {
		return code
	}
	f := words(err)
	var inWords *usageError // its cause is in the log
	if f.Logged && !errors.As(err, &inWords) {
		s.log.told(err)
	}
	if s.flags.json || asksForJSON(s.Args) {
		_ = writeJSON(s.Out, errorObject{Error: s.errorJSON(f)})
		return code
	}
	s.tell(s.Err, f)
	return code
}

// tell writes a fault as text: one sentence, then what helps, indented.
func (s *shell) tell(w io.Writer, f fault.Fault) {
	first := f.What
	// A code that is a part of something else, such as a port, is not told by it.
	if answer := answerOf(f); answer != "" && !regexp.MustCompile(`(^|\W)`+regexp.QuoteMeta(answer)+`(\W|$)`).MatchString(first) {
		first += " (" + answer + ")"
	}
	fmt.Fprintf(w, "botring: %s\n", first)
	for _, line := range s.hints(f) {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// answerOf is Telegram's own code and type.
func answerOf(f fault.Fault) string {
	switch {
	case f.Code == 0:
		return f.Type
	case f.Type == "":
		return fmt.Sprint(f.Code)
	}
	return fmt.Sprintf("%d %s", f.Code, f.Type)
}

// hints are the lines below a fault's first sentence.
func (s *shell) hints(f fault.Fault) []string {
	f = f.WithLog(s.log.path())
	// There is no form here whose content could be kept.
	saved := strings.TrimSpace(strings.TrimSuffix(f.NotSaved, fault.Kept))
	if s.verb == "login" && !f.Until.IsZero() {
		f.Next, saved = "", "" // the bot is saved already
	}
	var lines []string
	for _, line := range []string{f.Why, f.Next, saved} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	for _, action := range f.Actions {
		if line := s.commandFor(action); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// commandFor is the command line of an action, where there is one.
func (s *shell) commandFor(action fault.Action) string {
	switch action {
	case fault.SaveOnly:
		if s.verb == "add" {
			return "botring add --no-login saves it without logging in."
		}
		if s.verb == "replace-token" {
			return s.ofBot("botring replace-token %s --no-login saves it without logging in.")
		}
	case fault.OtherEnvironment:
		if s.verb == "add" {
			return s.otherEnvironment()
		}
	case fault.LogIn:
		if s.session != "" {
			return s.ofBot("botring login %s --session " + s.session + " --force replaces it, and ends the old one.")
		}
		return s.ofBot("botring login %s --force logs it in again.")
	case fault.ReplaceToken:
		return s.ofBot("botring replace-token %s takes the new token.")
	case fault.CheckToken:
		return s.ofBot("botring token check %s asks whether its token is revoked.")
	case fault.Remove:
		return s.ofBot("botring remove %s removes it.")
	case fault.EditApp:
		return "botring app edit APP changes an app, botring app list shows them."
	case fault.UseFile:
		return "--keyring age keeps secrets in a file encrypted with a passphrase."
	case fault.UseMemory:
		return "--keyring memory keeps nothing beyond this command."
	case fault.Unlock:
		if s.verb != "unlock" {
			return s.ofTarget("botring keyring unlock%s unlocks it; at a terminal it can ask for the password itself.")
		}
	case fault.CreateKeyring:
		return s.ofTarget("botring keyring unlock%s --create makes one.")
	case fault.Edit, fault.Retry, fault.SaveAgain, fault.Abandon, fault.Keep:
	}
	return ""
}

// ofBot is a hint about the bot that the command is for, "" where there is none yet.
func (s *shell) ofBot(hint string) string {
	if s.subject == "" {
		return ""
	}
	return fmt.Sprintf(hint, s.subject)
}

// ofTarget is a hint about the keyring that the command was at, which need not be the one in use.
func (s *shell) ofTarget(hint string) string {
	if s.target == "" {
		return fmt.Sprintf(hint, "")
	}
	return fmt.Sprintf(hint, " --keyring "+s.target)
}

// giveUp ends a login that could not be saved: a command has no screen to keep it in. It reports both.
func (s *shell) giveUp(ctx context.Context, f *fleet.Fleet, err error) error {
	var unsaved *fleet.UnsavedError
	if !errors.As(err, &unsaved) {
		return err
	}
	// The command may have been cancelled; what it began at Telegram is ended all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpTimeout)
	defer cancel()
	told := fault.Of(err)
	told.Next = "The login was given up: that login was ended again."
	told.NotSaved = "Nothing was saved."
	abandoned := f.Abandon(ctx, unsaved)
	var kept *fleet.NotUndoneError
	switch {
	case errors.As(abandoned, &kept):
		told.NotSaved = "Nothing was saved, as far as the keyring tells; the next start looks again."
	case abandoned != nil:
		told.Next = "The login could not be given up either: " + lower(fault.Of(abandoned).What)
		told.NotSaved = "Nothing was saved; Telegram keeps a session that nobody uses."
	}
	told.Actions = nil
	return &usageError{told, worst(codeOfKind(told.Kind), exitFailure)}
}

const giveUpTimeout = 30 * time.Second

// lower makes a sentence go on after a colon, unless it starts with a name.
func lower(s string) string {
	if strings.HasPrefix(s, "Telegram") || s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// sentence makes a sentence of the text of a flag's error.
func sentence(text string) string {
	text = fault.Clean(text)
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// otherEnvironment says how to try the other of Telegram's two environments. Tokens of an environment of
// one's own are never to be sent there.
func (s *shell) otherEnvironment() string {
	environment := "production"
	if s.fleet != nil {
		environment = s.fleet.Environment()
	}
	switch environment {
	case "production":
		return "botring add --environment test tries the test environment."
	case "test":
		return "botring add --environment production tries production."
	}
	return ""
}
