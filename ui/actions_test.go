package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// errorsOfAllKinds is every error that can end an attempt.
func errorsOfAllKinds() []error {
	out := []error{
		errors.New("something"), context.Canceled, context.DeadlineExceeded, fleet.ErrSessionWorks, fleet.ErrRunsElsewhere,
		fleet.ErrSecretMissing, fleet.ErrSessionBusy, fleet.ErrNoApp, store.ErrNotFound, store.ErrNotWritable,
		keyring.ErrUnavailable, keyring.ErrLocked, keyring.ErrDenied, keyring.ErrTooLarge, keyring.ErrNotFound, keyring.ErrGone,
		keyring.ErrReadBack, keyring.ErrCannotList, keyring.ErrHeld,
		&fleet.FloodError{Until: noon().Add(time.Hour)},
		&fleet.TokenDiffersError{Bot: savedBot().Bot},
		&fleet.UnsavedError{Bot: savedBot().Bot, Err: keyring.ErrGone},
	}
	for kind := telegram.Unexpected; kind <= telegram.BotRequired; kind++ {
		out = append(out, refusal(kind, 400, "SOMETHING"))
	}
	for problem := fleet.ProblemEmpty; problem <= fleet.ProblemSyntax; problem++ {
		out = append(out, &fleet.InputError{Field: fleet.FieldDC, Problem: problem})
	}
	return out
}

// Every action has a key, and no failure shows two actions on the same key or one that does nothing.
func TestActionsHaveKeys(t *testing.T) {
	for _, action := range []fault.Action{fault.Edit, fault.EditApp, fault.Retry, fault.SaveOnly, fault.OtherEnvironment, fault.LogIn,
		fault.ReplaceToken, fault.SaveAgain, fault.Abandon, fault.Unlock, fault.CreateKeyring, fault.Remove, fault.UseFile, fault.UseMemory, fault.Keep} {
		if b := newKeymap().action(action); len(b.Keys()) == 0 || b.Help().Desc == "" {
			t.Errorf("%s has no key", action)
		}
	}
	if len(newKeymap().action("of another version").Keys()) > 0 {
		t.Error("an unknown action has a key")
	}
	for _, err := range errorsOfAllKinds() {
		for aim := adding; aim <= savingAgain; aim++ {
			sh, h := formShell(t, mainApp())
			sh.bots = []fleet.Bot{savedBot().Bot}
			a := attempt{aim: aim, key: savedBot().Bot.Key, name: "7123456789", back: newAdd(sh)}
			if aim == loggingIn {
				a.back = newLogin(sh, savedBot().Bot)
			}
			if aim == savingAgain {
				sh.unsaved = &fleet.UnsavedError{Bot: savedBot().Bot, Err: err}
			}
			s, _ := a.ended(sh, nil, err)
			h.wait(guardTime)
			seen := map[string]bool{}
			for _, b := range s.Keys() {
				for _, k := range b.Keys() {
					if seen[k] {
						t.Errorf("%v, %v: %s twice in %s", err, aim, k, offersKeys(s))
					}
					seen[k] = true
				}
			}
			f, ok := s.(failure)
			if !ok {
				continue
			}
			for _, o := range a.offers(sh, f.fault()) {
				next, cmd := f.attempt.take(sh, o.action, err)
				if same, stays := next.(failure); next == nil || stays && same.attempt.aim == aim && cmd == nil {
					t.Errorf("%v, %v: %s does nothing", err, aim, o.action)
				}
			}
			for _, at := range []size{{80, 19}, {40, 9}, {40, 7}, {60, 9}} {
				if v := s.View(at); len(v.body) == 0 || len(v.body) > at.height {
					t.Errorf("%v at %v: %d lines", err, at, len(v.body))
				}
			}
		}
	}
}

// The secret part of a token is on no screen of the way.
func TestNoScreenShowsTheSecret(t *testing.T) {
	sh, h := formShell(t, mainApp())
	sh.samples = demoSamples()
	check := func(s screen) {
		t.Helper()
		for _, at := range []size{{100, 25}, {60, 9}, {40, 7}} {
			text := plainView(s, at.width, at.height)
			if strings.Contains(text, tokenSecret[:8]) || strings.Contains(text, testHash[:8]) {
				t.Errorf("%T shows a secret:\n%s", s, text)
			}
		}
	}
	for _, err := range errorsOfAllKinds() {
		p := started(t, sh, h)
		check(p)
		check(p.attempt.back)
		check(end(p, nil, err))
		check(end(h.keys(started(t, sh, h), "esc"), nil, err))
		sh.unsaved = nil
	}
	check(end(started(t, sh, h), savedBot(), nil))
	check(h.paste(newReplace(sh, savedBot().Bot), testToken))
	check(h.keys(h.paste(newAdd(sh), testToken+"\n"+otherToken), "ctrl+a"))
}
