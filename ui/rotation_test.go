package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

// managedPlan is a plan of the first bot's, which the second manages.
func managedPlan(sh *shell) fleet.RotationPlan {
	return fleet.RotationPlan{Bot: sh.bots[0], Manager: sh.bots[1], Lost: []store.LostSession{
		{Name: store.DefaultSession, Runs: store.Here}, {Name: "vps-1", Runs: store.Elsewhere, At: "vps-1"},
	}}
}

// rotationOf is the screen of the first bot's rotation, while it looks who manages it.
func rotationOf(sh *shell) screen {
	s, _ := newRotation(sh, sh.bots[0], newCard(sh, sh.bots[0].Key))
	return s
}

// rotationAnswered is how a rotation goes on from the end of what it does.
func rotationAnswered(s screen, value any, err error) screen {
	s, _ = s.Update(taskDoneMsg{task: s.(rotation).task.id, value: value, err: err})
	return s
}

// rotationScreens opens a rotation in every state that has keys of its own.
func rotationScreens() map[string]func(*shell) screen {
	managed := func(sh *shell) screen { return rotationAnswered(rotationOf(sh), managedPlan(sh), nil) }
	running := func(sh *shell) screen { return drive(managed(sh), "enter") }
	plan := func(plan fleet.RotationPlan) func(*shell) screen {
		return func(sh *shell) screen {
			of := plan // each shell has its own: they are drawn at the same time
			of.Bot = sh.bots[0]
			return rotationAnswered(rotationOf(sh), of, nil)
		}
	}
	return map[string]func(*shell) screen{
		"looking":    rotationOf,
		"cancelling": func(sh *shell) screen { return drive(rotationOf(sh), "esc") },
		"managed":    managed,
		"by hand":    plan(fleet.RotationPlan{}),
		"copying":    func(sh *shell) screen { return drive(plan(fleet.RotationPlan{})(sh), "y") },
		"pasting":    func(sh *shell) screen { return drive(plan(fleet.RotationPlan{})(sh), "enter") },
		"cut off":    plan(fleet.RotationPlan{CutOff: store.RotationPasted}),
		"running":    running,
		"stopping":   func(sh *shell) screen { return drive(running(sh), "esc") },
		"done":       func(sh *shell) screen { return rotationAnswered(running(sh), rotatedBot(sh), nil) },
		"not revoked": func(sh *shell) screen {
			return rotationAnswered(drive(plan(fleet.RotationPlan{CutOff: store.RotationRevoking})(sh), "enter"), nil, fleet.ErrNotRevoked)
		},
		"not asked": func(sh *shell) screen {
			return rotationAnswered(rotationOf(sh), nil, &fleet.ManagerError{Manager: sh.bots[1], Err: fleet.ErrNoSession})
		},
		"unfinished": func(sh *shell) screen {
			return rotationAnswered(running(sh), nil, &fleet.UnfinishedError{Bot: sh.bots[0], Step: store.RotationSaved, Err: &telegram.Error{Kind: telegram.Unreachable}})
		},
		"low": func(sh *shell) screen {
			sh.body = bodySize(size{40, 10})
			return rotationAnswered(running(sh), rotatedBot(sh), nil)
		},
	}
}

func rotatedBot(sh *shell) rotationEnd {
	return rotationEnd{places: somePlaces(), Rotated: fleet.Rotated{Bot: sh.bots[0], Manager: sh.bots[1], Old: fleet.OldDead, Lost: []fleet.Lost{
		{LostSession: store.LostSession{Name: "vps-1", Runs: store.Elsewhere, At: "vps-1"}},
	}}}
}

func TestRotation(t *testing.T) {
	sh := testShell(t, someBots()...)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	s := rotationOf(sh)
	sees(t, s, "Rotate the token of Shop orders", "Asking who manages it")
	s = rotationAnswered(s, managedPlan(sh), nil)
	sees(t, s, "天気 Weather", "@tenki_bot", "session vps-1, runs at vps-1", "Revoke the token? Its 2 sessions end.")
	held, _ := s.Update(press("enter"))
	if held.(rotation).stage != rotationConfirm {
		t.Error("the guard does not hold")
	}
	h.wait(guardTime)
	s = h.keys(s, "enter")
	r := s.(rotation)
	if r.stage != rotationRuns || r.how != (fleet.Rotation{Manager: sh.bots[1].Key}) {
		t.Fatalf("enter does %+v", r.how)
	}
	// The steps of the revoke come first, those of the login go into lines of their own.
	step := func(stage fleet.Stage) {
		for _, done := range []bool{false, true} {
			s, _ = s.Update(stepMsg{task: r.task.id, step: fleet.Step{Stage: stage, Done: done}})
		}
	}
	for _, stage := range []fleet.Stage{fleet.OpeningKeyring, fleet.Connecting, fleet.AskingManager} {
		step(stage)
	}
	done := func() (n int) {
		for _, l := range s.(rotation).lines {
			if l.done {
				n++
			}
		}
		return n
	}
	if done() != 3 {
		t.Errorf("%d lines are done", done())
	}
	sees(t, s, "✓ Asking its manager", "Logging in")
	for _, stage := range []fleet.Stage{fleet.Saving, fleet.Connecting, fleet.Securing, fleet.LoggingIn, fleet.Saving} {
		step(stage)
	}
	if lines := s.(rotation).lines; done() != 8 || !lines[3].done || !lines[len(lines)-1].done {
		t.Errorf("%d lines are done: %+v", done(), lines)
	}
	s = rotationAnswered(s, rotatedBot(sh), nil)
	sees(t, s, "Shop orders has a new token", "by 天気 Weather", "Session vps-1, which ran at vps-1, ended", "Old token   dead: Telegram refuses it", "Whatever else has the token needs the new one.")
	sees(t, s, "3 places hold the older token. D lists them.")
	seesNot(t, s.(rotation).placed(nil), "D lists them.")
	// What was seen to on the list of places is counted when one comes back.
	sh.fleet = new(fleet.Fleet)
	listed := h.keys(s, "D")
	listed, _ = listed.Update(taskDoneMsg{task: listed.(places).task.id, value: somePlaces()[1:4]})
	if back := h.keys(listed, "esc"); !is[rotation](back) {
		t.Errorf("esc on the places leads to %T", back)
	} else {
		sees(t, back, "1 place holds the older token.")
	}
	h.wait(guardTime)
	if _, ok := h.keys(s, "enter").(card); !ok {
		t.Error("enter does not lead back to the card")
	}
}

// TestRotationByHand: the token is pasted, on the steps or in its field, and goes to the rotation.
func TestRotationByHand(t *testing.T) {
	sh := testShell(t, someBots()...)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	s := rotationAnswered(rotationOf(sh), fleet.RotationPlan{Bot: sh.bots[0]}, nil)
	sees(t, s, "3. Choose @shop_orders_bot", "https://t.me/BotFather", "/revoke")
	token := fmt.Sprintf("%d:%035d", sh.bots[0].ID, 7)
	next, _ := s.Update(tea.PasteMsg{Content: "Done! " + token})
	form, ok := next.(replace)
	if !ok || form.form.field("token").value() != token {
		t.Fatalf("a paste leads to %T", next)
	}
	seesNot(t, form, "/mybots") // another way than the steps before it
	h.wait(guardTime)
	run := h.keys(form, "enter")
	if r, ok := run.(rotation); !ok || r.stage != rotationRuns || r.pasting == nil {
		t.Fatalf("enter leads to %T", run)
	}
	seesNot(t, run, token, "Asking its manager")
	// Another one's, or the old one, is refused where it was typed.
	back := rotationAnswered(run, nil, &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemSameToken})
	sees(t, back, "This is the token it has already.")
	cut := rotationAnswered(run, nil, &fleet.UnfinishedError{Bot: sh.bots[0], Step: store.RotationPasted, Err: &telegram.Error{Kind: telegram.Unreachable}})
	sees(t, cut, "is not in its place yet", "rests in the keyring")
	h.wait(guardTime)
	if r := h.keys(cut, "enter").(rotation); r.stage != rotationRuns || r.pasting != nil || r.plan.CutOff != store.RotationPasted {
		t.Errorf("trying again does %+v", r.plan)
	}
}

// TestRotationKeepsWhatIsPasted: a token that was not taken, or not tried yet, is in its field when one comes back to it.
func TestRotationKeepsWhatIsPasted(t *testing.T) {
	sh := testShell(t, someBots()...)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	token := fmt.Sprintf("%d:%035d", sh.bots[0].ID, 7)
	holds := func(when string, s screen) replace {
		t.Helper()
		form, ok := s.(replace)
		if !ok || form.form.field("token").value() != token {
			t.Fatalf("%s: on %T without the token", when, s)
		}
		return form
	}
	sh.body = bodySize(size{100, 25})
	steps := rotationAnswered(rotationOf(sh), fleet.RotationPlan{Bot: sh.bots[0]}, nil)
	pasted, _ := steps.Update(tea.PasteMsg{Content: token})
	back := h.keys(pasted, "esc")
	if r, ok := back.(rotation); !ok || r.stage != rotationByHand {
		t.Fatalf("esc leads to %T", back)
	}
	h.wait(guardTime)
	form := holds("after esc", h.keys(back, "enter"))
	run := h.keys(form, "enter")
	stopped := rotationAnswered(drive(run, "esc"), nil, errors.New("stopped"))
	holds("cancelled", stopped)
	sees(t, stopped, "Cancelled. Nothing was changed.")
	failed := rotationAnswered(run, nil, &telegram.Error{Kind: telegram.TokenInvalid})
	sees(t, failed, "What you typed is kept.")
	if offered := offersKeys(failed); offered != "enter edit | esc back | q back" {
		t.Errorf("keys %s", offered)
	}
	holds("failed, esc", h.keys(failed, "esc"))
	h.wait(guardTime)
	holds("failed, enter", h.keys(failed, "enter"))
	other := fmt.Sprintf("%d:%035d", sh.bots[0].ID, 8)
	again, _ := failed.Update(tea.PasteMsg{Content: other})
	if form, ok := again.(replace); !ok || form.form.field("token").value() != other {
		t.Errorf("a paste leads to %T", again)
	}
	if !is[card](h.keys(h.keys(form, "esc"), "esc")) {
		t.Error("esc does not lead back to the card")
	}
}

// TestRotationThatIsCancelledWaitsNoMore: how long its login had to wait is not said of what has ended.
func TestRotationThatIsCancelledWaitsNoMore(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(rotationAnswered(rotationOf(sh), managedPlan(sh), nil), "enter")
	s, _ = s.Update(stepMsg{task: s.(rotation).task.id, step: fleet.Step{Stage: fleet.Queueing, Until: noon().Add(time.Hour)}})
	sees(t, s, "for its turn.")
	s = rotationAnswered(drive(s, "esc"), nil, &fleet.UnfinishedError{Bot: sh.bots[0], Step: store.RotationSaved, Err: context.Canceled})
	sees(t, s, "the rotation is not done")
	seesNot(t, s, "for its turn.")
}

// TestQuestionsTellOfMoreBelow: where a question has the status line, what does not fit above it is told of all the same.
func TestQuestionsTellOfMoreBelow(t *testing.T) {
	for name, open := range map[string]func(*shell) screen{
		"rotation": rotationScreens()["managed"], "update": placesAsking, "leak": leakScreens()["unmanaged"],
	} {
		sh := testShell(t, someBots()...)
		sh.body = size{40, 5}
		unhurried(sh)
		s := open(sh)
		const more = "more below, j and k scroll"
		text := plainView(s, sh.body.width, sh.body.height)
		if !strings.Contains(text, more) || !strings.Contains(text, "?") {
			t.Errorf("%s:\n%s", name, text)
		}
		if text = plainView(drive(s, "G"), sh.body.width, sh.body.height); strings.Contains(text, more) {
			t.Errorf("%s, at its end:\n%s", name, text)
		}
	}
}

// TestCopyDoesNotHideThatThereIsMore: a copy is told of for a while only.
func TestCopyDoesNotHideThatThereIsMore(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{40, 10})
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	shown := rotationAnswered(rotationOf(sh), fleet.RotationPlan{Bot: sh.bots[0]}, nil)
	sh.clipboard.after, sh.clipboard.heldBy, sh.clipboard.holding, sh.clipboard.clearAt = 45*time.Second, "wl-copy", true, noon().Add(45*time.Second)
	for name, s := range map[string]screen{"rotation": shown, "card": newCard(sh, sh.bots[0].Key)} {
		h.now = noon()
		if text := plainView(s, 40, sh.body.height); !strings.Contains(text, "Copied with wl-copy") {
			t.Errorf("%s:\n%s", name, text)
		}
		h.wait(2 * copiedShows)
		if text := plainView(s, 40, sh.body.height); !strings.Contains(text, "more below") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

// TestRotationAsksAgain before a second revoke.
func TestRotationAsksAgain(t *testing.T) {
	sh := testShell(t, someBots()...)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	sh.body = bodySize(size{100, 25})
	sh.cutOff = []fleet.CutOffRotation{{Bot: sh.bots[0], Step: store.RotationRevoking}}
	sees(t, newCard(sh, sh.bots[0].Key), "was cut off; its token may be replaced already", "N goes on with it")
	seesNot(t, newCard(sh, sh.bots[1].Key), "was cut off")
	s := rotationAnswered(rotationOf(sh), fleet.RotationPlan{Bot: sh.bots[0], Manager: sh.bots[1], CutOff: store.RotationRevoking}, nil)
	sees(t, s, "was cut off", "Nothing is revoked without")
	h.wait(guardTime)
	s = h.keys(s, "enter")
	if s.(rotation).how.Again {
		t.Error("a second revoke is not asked for")
	}
	s = rotationAnswered(s, nil, fleet.ErrNotRevoked)
	sees(t, s, "The token was not replaced", "Revoke it now?")
	if offered := offersKeys(s); offered != "enter revoke it | esc back | q back" {
		t.Errorf("keys %s", offered)
	}
	held, _ := s.Update(press("enter"))
	if held.(rotation).stage != rotationAgain {
		t.Error("the guard does not hold")
	}
	h.wait(guardTime)
	if r := h.keys(s, "enter").(rotation); !r.how.Again || r.stage != rotationRuns {
		t.Errorf("%+v", r.how)
	}
	stopped := rotationAnswered(drive(rotationOf(sh), "esc"), nil, errors.New("stopped"))
	sees(t, stopped, "Cancelled. Nothing was changed.")
}

func TestRotationLooks(t *testing.T) {
	for name, open := range rotationScreens() {
		if name != "managed" && name != "by hand" && name != "done" && name != "running" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				h := &hands{now: noon()}
				sh.now = func() time.Time { h.now = h.now.Add(time.Second); return h.now }
				s := open(sh)
				sh.now = noon
				return sh, s
			}, nil)
		})
	}
}
