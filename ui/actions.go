package ui

import (
	"context"
	"errors"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// action is the key of an action: the one table in which the faults' advice becomes keys.
func (k keymap) action(a fault.Action) key.Binding {
	switch a {
	case fault.Edit:
		return as(k.open, "edit")
	case fault.EditApp:
		return as(k.open, "edit the app")
	case fault.Retry:
		return as(k.check, "try again")
	case fault.SaveOnly:
		return as(k.saveOnly, "save without logging in")
	case fault.OtherEnvironment:
		return k.environment
	case fault.LogIn:
		return as(k.login, "log in")
	case fault.ReplaceToken:
		return k.newToken
	case fault.CheckToken:
		return k.askToken
	case fault.SaveAgain:
		return as(k.open, "save again")
	case fault.Abandon:
		return as(k.logOut, "log out, save nothing")
	case fault.Unlock:
		return as(k.open, "unlock")
	case fault.CreateKeyring:
		return k.newKeyring
	case fault.Remove:
		return k.remove
	case fault.UseFile:
		return as(k.file, "use an encrypted file")
	case fault.UseMemory:
		return k.memory
	case fault.Keep:
		return k.back
	}
	return key.Binding{}
}

// kindTokenDiffers is the fault of adding a bot that is saved with another token.
const kindTokenDiffers = "token_differs"

// An offer is an action that applies, and its key.
type offer struct {
	action fault.Action
	key    key.Binding
}

// offers are the actions of a fault that apply to the attempt, in the fault's order, each on a key of its
// own. Enter always does something: where no action claims it, it tries again.
func (a attempt) offers(sh *shell, f fault.Fault) []offer {
	var out []offer
	enter := sh.keys.open.Keys()
	for _, action := range f.Actions {
		binding := sh.keys.action(action)
		if !a.applies(sh, action) || slices.ContainsFunc(out, func(o offer) bool { return o.key.Help().Key == binding.Help().Key }) {
			continue
		}
		switch {
		case action == fault.OtherEnvironment:
			to := sh.otherThan(a.key.Environment)
			binding = as(binding, "try "+sh.words(environmentWords(to), to))
		case action == fault.SaveOnly:
			binding = as(binding, sh.words(binding.Help().Desc, "save only"))
		case action == fault.ReplaceToken && f.Kind == kindTokenDiffers:
			binding = as(binding, "replace the saved token") // it was pasted already
		}
		out = append(out, offer{action, binding})
	}
	if slices.ContainsFunc(out, func(o offer) bool { return slices.Equal(o.key.Keys(), enter) }) {
		return out
	}
	if i := slices.IndexFunc(out, func(o offer) bool { return o.action == fault.Retry }); i >= 0 {
		out[i].key = key.NewBinding(
			key.WithKeys(append(slices.Clone(enter), sh.keys.check.Keys()...)...),
			key.WithHelp(sh.keys.open.Help().Key, "try again"))
	}
	return out
}

// applies reports whether an action makes sense for this attempt.
func (a attempt) applies(sh *shell, action fault.Action) bool {
	_, known := sh.bot(a.key)
	form := a.aim == adding || a.aim == replacing
	switch action {
	case fault.Edit:
		return form && a.back != nil
	case fault.SaveOnly:
		return form && !a.bot.NoLogin
	case fault.OtherEnvironment:
		return a.aim == adding && sh.otherThan(a.key.Environment) != ""
	case fault.LogIn, fault.Remove, fault.CheckToken:
		return known && a.aim != adding
	case fault.ReplaceToken:
		return known || a.aim == adding
	case fault.SaveAgain, fault.Abandon:
		return a.aim == savingAgain && sh.unsaved != nil
	case fault.UseFile:
		return a.aim == adding && sh.offersFile()
	case fault.UseMemory:
		return a.aim == adding
	case fault.Keep:
		return false // that is what esc does everywhere
	case fault.EditApp, fault.Retry, fault.Unlock, fault.CreateKeyring:
		return a.aim != savingAgain
	}
	return false
}

// otherThan is Telegram's other environment, "" for a custom one or where there is no other.
func (sh *shell) otherThan(environment string) string {
	to := ""
	switch environment {
	case "production":
		to = "test"
	case "test":
		to = "production"
	}
	if slices.Contains(sh.environments, to) {
		return to
	}
	return ""
}

// longWords is the width from which keys are told in full.
const longWords = 100

// words are the long ones where the line of keys has room for them.
func (sh *shell) words(long, short string) string {
	if sh.body.width > 0 && sh.body.width < longWords {
		return short
	}
	return long
}

// environmentWords names an environment in the middle of a sentence.
func environmentWords(environment string) string {
	if environment == "test" {
		return "the test environment"
	}
	return fault.Clean(environment)
}

// take does an action after a failure.
func (a attempt) take(sh *shell, action fault.Action, err error) (screen, tea.Cmd) {
	bot, known := sh.bot(a.key)
	switch action {
	case fault.Edit, fault.Keep:
		return a.returning(sh, ""), nil
	case fault.EditApp:
		form, ok := a.back.(add)
		if ok && !form.form.field(fleet.FieldAPIID).hidden {
			form.form = form.form.focus(fleet.FieldAPIID)
			return form, nil
		}
		if ok {
			form.leave() // the draft waits until the app is right
		}
		return newApps(sh), nil
	case fault.Retry, fault.SaveAgain:
		return a.start(sh)
	case fault.SaveOnly:
		a.bot.NoLogin = true
		return a.start(sh)
	case fault.OtherEnvironment:
		return a.elsewhere(sh.otherThan(a.key.Environment)).start(sh)
	case fault.LogIn:
		return newLogin(sh, bot), nil
	case fault.ReplaceToken:
		return a.anotherToken(sh, bot, known, err)
	case fault.CheckToken:
		return card{sh: sh, key: bot.Key}.ask()
	case fault.Abandon:
		return newAbandoning(sh, a, "Logged out again. Nothing was saved.")
	case fault.Unlock:
		a.first = func(ctx context.Context) error { return sh.fleet.Unlock(ctx) }
		return a.start(sh)
	case fault.CreateKeyring:
		a.first = func(ctx context.Context) error { return sh.fleet.CreateKeyring(ctx) }
		return a.start(sh)
	case fault.UseFile:
		a.first = sh.useFile()
		return a.start(sh)
	case fault.UseMemory:
		a.first = func(ctx context.Context) error { return sh.fleet.UseMemory(ctx) }
		return a.start(sh)
	case fault.Remove:
		return newRemove(sh, []fleet.Bot{bot}, 0), nil
	}
	return a.returning(sh, ""), nil
}

// elsewhere is the attempt with everything the same in another environment, and so is the form behind it.
func (a attempt) elsewhere(environment string) attempt {
	a.bot.Environment, a.key.Environment = environment, environment
	if form, ok := a.back.(add); ok {
		a.back = form.in(environment)
	}
	return a
}

// anotherToken goes on with a new token: the one that differs from the saved one, or one yet to be pasted.
func (a attempt) anotherToken(sh *shell, bot fleet.Bot, known bool, err error) (screen, tea.Cmd) {
	var differs *fleet.TokenDiffersError
	switch {
	case errors.As(err, &differs):
		next := attempt{aim: replacing, key: differs.Bot.Key, name: displayName(differs.Bot), back: a.back}
		next.bot.Token = differs.Token
		return next.start(sh)
	case a.aim == adding:
		if form, ok := a.back.(add); ok {
			return form.withoutToken(), nil
		}
	case known:
		return newReplace(sh, bot), nil
	}
	return a.returning(sh, ""), nil
}
