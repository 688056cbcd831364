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
)

func TestProgressKeepsItsLines(t *testing.T) {
	sh, h := formShell(t, mainApp())
	var s screen = started(t, sh, h)
	id := s.(progress).task.id
	height := len(s.View(size{80, 19}).body)
	at := map[string]int{}
	for _, step := range []fleet.Step{
		{Stage: fleet.OpeningKeyring},
		{Stage: fleet.OpeningKeyring, Done: true, Took: 3 * time.Millisecond},
		{Stage: fleet.Connecting, DC: 2, Addr: "149.154.167.41:443"},
		{Stage: fleet.Connecting, DC: 2, Addr: "149.154.167.41:443", Done: true, Took: 41 * time.Millisecond},
		{Stage: fleet.Securing, DC: 2},
		{Stage: fleet.Securing, DC: 2, Done: true, Took: 12 * time.Millisecond},
		{Stage: fleet.LoggingIn, DC: 2},
		{Stage: fleet.Moving, DC: 4},
		{Stage: fleet.Connecting, DC: 4, Addr: "149.154.167.91:443"},
		{Stage: fleet.Connecting, DC: 4, Addr: "149.154.167.91:443", Done: true, Took: 40 * time.Millisecond},
		{Stage: fleet.Securing, DC: 4},
		{Stage: fleet.Securing, DC: 4, Done: true, Took: 11 * time.Millisecond},
		{Stage: fleet.Moving, DC: 4, Addr: "149.154.167.91:443", Done: true, Took: 52 * time.Millisecond},
		{Stage: fleet.LoggingIn, DC: 4},
		{Stage: fleet.LoggingIn, DC: 4, Done: true, Took: 9 * time.Millisecond},
		{Stage: fleet.Saving},
	} {
		s, _ = s.Update(stepMsg{task: id, step: step})
		body := strings.Split(plainView(s, 80, 19), "\n")
		if got := len(s.View(size{80, 19}).body); got != height {
			t.Fatalf("%d lines after %v, %d before", got, step, height)
		}
		for _, name := range []string{"Connecting", "Securing", "Logging in", "Saving"} {
			for i, line := range body {
				if strings.Contains(line, name) {
					if before, seen := at[name]; seen && before != i {
						t.Errorf("%s moved from line %d to %d", name, before, i)
					}
					at[name] = i
				}
			}
		}
	}
	sees(t, s, "✓ Opening the keyring", "✓ Connecting", "41 ms   DC 2, 149.154.167.41:443", "✓ Securing", "12 ms",
		"✓ Moving to DC 4", "52 ms   DC 4, 149.154.167.91:443", "✓ Logging in", "9 ms", "⠋ Saving")
	if s.View(size{80, 19}).trail != "Adding 7123456789" {
		t.Errorf("trail %q", s.View(size{80, 19}).trail)
	}
	// What another task tells is nothing to this screen.
	before := plainView(s, 80, 19)
	for _, msg := range []tea.Msg{stepMsg{id + 1, fleet.Step{Stage: fleet.Saving, Done: true}}, spinMsg{id + 1}, taskDoneMsg{task: id + 1}} {
		s, _ = s.Update(msg)
	}
	if plainView(s, 80, 19) != before {
		t.Error("another task changed the screen")
	}
	turned, _ := s.Update(spinMsg{id})
	sees(t, turned, "⠙ Saving")
}

func TestCancelling(t *testing.T) {
	sh, h := formShell(t, mainApp())
	p := started(t, sh, h)
	s := h.keys(p, "esc")
	sees(t, s, "Cancelling…")
	if offersKeys(s) != "" {
		t.Errorf("keys %s", offersKeys(s))
	}
	s = h.keys(s, "esc") // once is enough
	s = end(s, nil, fmt.Errorf("log in: %w", context.Canceled))
	if tokenOf(s) != testToken {
		t.Error("what was typed is gone")
	}
	sees(t, s, "Cancelled. Nothing was saved.", "7123456789:••••••••")
}

func TestCancellingReachesTheTask(t *testing.T) {
	sh, _ := formShell(t)
	seen := make(chan error, 1)
	task, cmd := sh.start("login", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		<-ctx.Done()
		seen <- context.Cause(ctx)
		return nil, ctx.Err()
	})
	go func() { _ = run(t.Context(), cmd().(tea.BatchMsg)[0]) }()
	newProgress(sh, attempt{}, task).Update(press("esc"))
	select {
	case err := <-seen:
		if !errors.Is(err, errStopped) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the task was not cancelled")
	}
}

// What was saved before the cancelling arrived is not denied.
func TestCancelledTooLate(t *testing.T) {
	sh, h := formShell(t, mainApp())
	s := end(h.keys(started(t, sh, h), "esc"), savedBot(), nil)
	if _, ok := s.(result); !ok {
		t.Errorf("%T", s)
	}
}

// A login that was granted while it was being cancelled is logged out again.
func TestCancelledAfterTheLogin(t *testing.T) {
	sh, h := formShell(t, mainApp())
	unsaved := &fleet.UnsavedError{Bot: savedBot().Bot, Err: context.Canceled}
	s := end(h.keys(started(t, sh, h), "esc"), nil, unsaved)
	a, ok := s.(abandoning)
	if !ok || sh.unsaved != unsaved {
		t.Fatalf("%T, unsaved %v", s, sh.unsaved)
	}
	sees(t, s, "Logging out again", "Cancelling…")
	s, _ = a.Update(taskDoneMsg{task: a.task.id})
	sees(t, s, "Cancelled. Nothing was saved.")
	if sh.unsaved != nil || tokenOf(s) != testToken {
		t.Error("something was left behind")
	}
}

// TestProgressTellsOfItsTurn: a login that waits for its turn says why, and goes on without a line of its own.
func TestProgressTellsOfItsTurn(t *testing.T) {
	sh, h := formShell(t, mainApp())
	var s screen = started(t, sh, h)
	id := s.(progress).task.id
	lines := len(s.View(size{80, 19}).body)
	s, _ = s.Update(stepMsg{task: id, step: fleet.Step{Stage: fleet.Queueing, Until: sh.now().Add(2 * time.Second)}})
	sees(t, s, "for its turn: Telegram asked another bot of the app to wait.")
	if got := len(s.View(size{80, 19}).body); got != lines {
		t.Errorf("%d lines, %d before", got, lines)
	}
	s, _ = s.Update(stepMsg{task: id, step: fleet.Step{Stage: fleet.Connecting}})
	seesNot(t, s, "its turn")
}
