package ui

import (
	"context"
	"errors"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// An aim is what an attempt is meant to do.
type aim int

const (
	adding      aim = iota
	replacing       // a bot's token
	loggingIn       // a known bot, again
	savingAgain     // a login that the keyring did not take
)

// An attempt is one call on the way to a saved bot, with all that is needed to make it again: otherwise
// set, in the other environment, without the login.
type attempt struct {
	aim aim
	// bot is what is added; of its fields, replacing uses Token and NoLogin.
	bot fleet.NewBot
	// key is the bot, and name what it is called in titles.
	key  fleet.Key
	name string
	// force logs in although the session works.
	force bool
	// first is done before anything else: unlocking the keyring.
	first func(context.Context) error
	// back is where esc leads: the form, with everything that was typed.
	back screen
	// rest are further tokens of the same paste, still to be added.
	rest []fleet.Found
}

// does is the attempt in one word, for the question at quitting.
func (a attempt) does() string {
	if a.aim == savingAgain || a.bot.NoLogin {
		return "save"
	}
	return "login"
}

// trail is what stands in the title while the attempt runs.
func (a attempt) trail() string {
	switch a.aim {
	case adding:
		return "Adding " + a.name
	case replacing:
		return "Replacing the token of " + a.name
	case loggingIn:
		return "Logging in " + a.name
	case savingAgain:
		return "Saving " + a.name
	}
	return ""
}

// start begins the attempt and shows its progress.
func (a attempt) start(sh *shell) (screen, tea.Cmd) {
	t, cmd := sh.start(a.does(), a.call(sh))
	return newProgress(sh, a, t), tea.Batch(cmd, t.spin())
}

// call is the attempt as a task runs it. What it needs of the shell is taken now: later another goroutine
// has it.
func (a attempt) call(sh *shell) func(context.Context, func(fleet.Step)) (any, error) {
	f, unsaved := sh.fleet, sh.unsaved
	return func(ctx context.Context, report func(fleet.Step)) (any, error) {
		if a.first != nil {
			if err := a.first(ctx); err != nil {
				return nil, err
			}
		}
		switch a.aim {
		case adding:
			return f.Add(ctx, a.bot, report)
		case replacing:
			return f.ReplaceToken(ctx, a.key, a.bot.Token, a.bot.NoLogin, report)
		case loggingIn:
			return f.Login(ctx, a.key, a.force, report)
		case savingAgain:
			return f.SaveAgain(ctx, unsaved)
		}
		return nil, nil
	}
}

// stages are the lines of the progress screen, in their order.
func (a attempt) stages() []fleet.Stage {
	switch {
	case a.aim == savingAgain:
		return []fleet.Stage{fleet.Saving}
	case a.bot.NoLogin:
		return []fleet.Stage{fleet.OpeningKeyring, fleet.Saving}
	case a.aim == loggingIn && !a.force:
		return []fleet.Stage{fleet.OpeningKeyring, fleet.Connecting, fleet.Securing, fleet.Checking, fleet.Moving, fleet.LoggingIn, fleet.Saving}
	}
	return []fleet.Stage{fleet.OpeningKeyring, fleet.Connecting, fleet.Securing, fleet.Moving, fleet.LoggingIn, fleet.Saving}
}

// A refuser is a form that can show what fleet found wrong with one of its fields.
type refuser interface {
	refuse(problem *fleet.InputError) (screen, bool)
}

// A noticer is a screen that can be told what happened on the way back to it.
type noticer interface {
	notice(text string) screen
}

// A paster is a form that takes what is pasted on a screen that follows it.
type paster interface {
	pasted(text string) screen
}

// returning is the way back to where the attempt came from, with a word on why.
func (a attempt) returning(sh *shell, why string) screen {
	if told, ok := a.back.(noticer); ok {
		return told.notice(why)
	}
	if a.back != nil {
		return a.back
	}
	sh.list.notice = why
	return sh.home()
}

// ended is the screen that follows an attempt.
func (a attempt) ended(sh *shell, value any, err error) (screen, tea.Cmd) {
	reload := tea.Cmd(sh.reload)
	if a.first != nil {
		// The keyring was unlocked, or is another one now.
		reload = tea.Batch(reload, sh.lookAtKeyring)
		a.first = nil
	}
	if saved, ok := value.(fleet.Saved); ok && err == nil {
		sh.unsaved = nil
		if _, form := a.back.(add); form {
			sh.draft = draft{}
		}
		return newResult(sh, a, saved), reload
	}
	var unsaved *fleet.UnsavedError
	if errors.As(err, &unsaved) {
		sh.unsaved = unsaved
		a.key, a.name = unsaved.Bot.Key, strconv.FormatInt(unsaved.Bot.ID, 10)
		a.aim = savingAgain
		return newFailure(sh, a, err), reload
	}
	if a.aim == savingAgain && sh.unsaved != nil {
		// The login still waits: whatever kept it from being saved this time, that is what to tell.
		return newFailure(sh, a, &fleet.UnsavedError{Bot: sh.unsaved.Bot, Err: err}), reload
	}
	var input *fleet.InputError
	if form, ok := a.back.(refuser); ok && errors.As(err, &input) {
		if next, shown := form.refuse(input); shown {
			return next, reload
		}
	}
	if errors.Is(err, fleet.ErrSessionWorks) {
		return a.works(sh), reload
	}
	if until := fault.OfAt(err, sh.now()).Until; until.After(sh.now()) {
		return newFlood(sh, a, err, until), reload
	}
	return newFailure(sh, a, err), reload
}

// works is the screen when nothing was done because the bot's session works.
func (a attempt) works(sh *shell) screen {
	bot, known := sh.bot(a.key)
	if a.aim == adding || !known {
		return here{sh: sh, attempt: a}
	}
	asked, _ := a.back.(loginQuestion)
	return loginQuestion{sh: sh, bot: bot, works: true, from: asked.from}
}
