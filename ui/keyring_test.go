package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
)

// verifications are what reading every item may find.
func verifications() map[string]fleet.Verification {
	bots := someBots()
	marked := bots[3]
	marked.Health.Status = store.SecretMissing
	return map[string]fleet.Verification{
		"sound": {Bots: 7, Apps: 2},
		"empty": {},
		"torn": {
			Bots: 248, Apps: 2, Sessions: 1, Others: 1,
			Bad: []fleet.BadItem{
				{Name: "bot/production/7000000009", Err: fleet.ErrItemDamaged},
				{Name: "bot/lab/\x1b[31m7000000010", Err: fleet.ErrItemNewer},
			},
			WithoutRow:      []string{"bot/production/7000000011", "bot/production/7000000012"},
			WithoutItem:     []fleet.Bot{bots[1], bots[5]},
			AppsWithoutItem: []fleet.App{{Name: "legacy", APIID: 10002}},
			Returned:        []fleet.Bot{marked},
		},
		"hopeless": {Bots: 1, WithoutItem: []fleet.Bot{marked}},
		"blind":    {Bots: 6, Apps: 1, Blind: true, WithoutItem: []fleet.Bot{bots[0]}},
	}
}

// A moveEnd is how a move ended.
type moveEnd struct {
	from   string
	forget bool
	moved  fleet.Moved
	err    error
}

func moveEnds() map[string]moveEnd {
	system, file := keyrings()["Ready"].status, keyrings()["File"].status
	memory := fleet.KeyringStatus{Kind: "memory"}
	return map[string]moveEnd{
		"copied":   {"Ready", false, fleet.Moved{From: system, To: file, Copied: 9}, nil},
		"removed":  {"File", true, fleet.Moved{From: file, To: system, Copied: 5, Present: 4, Deleted: 8, Kept: 1}, nil},
		"kept":     {"Memory", false, fleet.Moved{From: memory, To: system, Copied: 9}, nil},
		"conflict": {"Ready", false, fleet.Moved{}, &fleet.MoveConflictError{Names: []string{"bot/production/7", "app/1"}}},
		"broken":   {"Ready", true, fleet.Moved{Copied: 9, Deleted: 2}, keyring.ErrGone},
	}
}

// movedTo is the screen at the end of a move.
func movedTo(sh *shell, end moveEnd) screen {
	sh.keyring = keyrings()[end.from]
	s := newMoving(sh).(moving)
	if end.forget {
		s.at = 1
	}
	next, _ := s.start()
	next, _ = next.Update(taskDoneMsg{task: next.(moving).run.id, value: end.moved, err: end.err})
	return next
}

func keyringOn(t *testing.T, name string, bots ...fleet.Bot) (*shell, screen) {
	t.Helper()
	sh := testShell(t, bots...)
	sh.body = bodySize(size{100, 30})
	sh.keyring = keyrings()[name]
	unhurried(sh)
	return sh, keyringScreen{sh: sh}
}

func TestKeyringLooks(t *testing.T) {
	for name := range keyrings() {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh, s := keyringOn(t, name, someBots()...)
				if name == "File" {
					s, _ = s.Update(recipientsMsg{all: someRecipients()[:2]})
				}
				if name == "Ready" {
					sh.keyring.status.Process, sh.keyring.status.MaxSize = 4711, 2560
					sh.keyring.status.CanList = false
					sh.keyring.status.Collection = "天気 \u202e evil\x1b[31m"
				}
				return sh, s
			}, nil)
		})
	}
	t.Run("Refused", func(t *testing.T) {
		looks(t, func(t *testing.T) (*shell, screen) {
			sh, s := keyringOn(t, "Locked", someBots()...)
			return sh, fail(drive(s, "enter"), &keyring.LockedError{})
		}, nil)
	})
	t.Run("Finishing", func(t *testing.T) {
		looks(t, func(t *testing.T) (*shell, screen) {
			sh, s := keyringOn(t, "File", someBots()...)
			sh.keyring.status.Unfinished = true
			s = drive(s, "enter")
			s, _ = s.Update(countedMsg{s.(keyringScreen).run.id, fleet.MoveStep{Done: 30, Total: 120}})
			return sh, s
		}, nil)
	})
}

func TestVerifiedLooks(t *testing.T) {
	for name, found := range verifications() {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, newVerified(sh, found)
			}, nil)
		})
	}
}

func TestMovingLooks(t *testing.T) {
	for name, open := range map[string]func(*shell) screen{
		"choose": newMoving,
		"forget": func(sh *shell) screen { return drive(newMoving(sh), "j") },
		"ask":    func(sh *shell) screen { unhurried(sh); return drive(newMoving(sh), "j", "enter") },
		"memory": func(sh *shell) screen { sh.keyring = keyrings()["Memory"]; return newMoving(sh) },
		"copying": func(sh *shell) screen {
			s, _ := newMoving(sh).(moving).start()
			s, _ = s.Update(countedMsg{s.(moving).run.id, fleet.MoveStep{Stage: fleet.MoveCopying, Done: 96, Total: 248}})
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, open(sh)
			}, nil)
		})
	}
	for name, end := range moveEnds() {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, movedTo(sh, end)
			}, nil)
		})
	}
}

// fail ends the task of a keyring screen with an error.
func fail(s screen, err error) screen {
	s, _ = s.Update(taskDoneMsg{task: s.(keyringScreen).run.id, err: err})
	return s
}

// TestKeyringTasks are what the keys begin in each state.
func TestKeyringTasks(t *testing.T) {
	for _, c := range []struct {
		ring, key string
		says      string // "" when the key begins nothing
	}{
		{"Ready", "enter", "Looking for a keyring"},
		{"Ready", "r", "Reading every item"},
		{"Ready", "c", "Reading every item"},
		{"Ready", "L", "Locking"},
		{"Ready", "P", ""},
		{"Ready", "n", ""},
		{"Ready", "m", ""},
		{"Ready", "f", ""},
		{"Locked", "enter", "Waiting for your keyring to be unlocked"},
		{"Locked", "r", "Reading every item"},
		{"Locked", "L", ""},
		{"Closed", "enter", "Opening the encrypted file"},
		{"Closed", "P", "Changing the passphrase"},
		{"File", "P", "Changing the passphrase"},
		{"File", "L", "Locking"},
		{"Fresh", "P", ""},
		{"Memory", "L", ""},
		{"Memory", "r", "Reading every item"},
		{"Empty", "n", "Making a default keyring"},
		{"Empty", "m", "Going on without"},
		{"Missing", "n", ""},
		{"Missing", "f", "Going on with an encrypted file"},
		{"Missing", "r", ""},
		{"Missing", "L", ""},
		{"Looking", "r", ""},
	} {
		sh, s := keyringOn(t, c.ring)
		k, ok := drive(s, c.key).(keyringScreen)
		if !ok || k.running() != (c.says != "") {
			t.Errorf("%s: %s begins task %d", c.ring, c.key, k.run.id)
			continue
		}
		if got := k.View(sh.body).status; !strings.Contains(got, c.says) {
			t.Errorf("%s: %s says %q", c.ring, c.key, got)
		}
	}
}

func TestKeyringTasksEnd(t *testing.T) {
	for _, c := range []struct {
		ring, key string
		value     any
		err       error
		says      string
	}{
		{"Ready", "L", true, nil, "Locked, for every program"},
		{"Ready", "L", false, nil, "cannot be locked from here"},
		{"File", "L", true, nil, "The passphrase is asked for"},
		{"Locked", "enter", nil, nil, "Unlocked."},
		{"Locked", "enter", nil, keyring.ErrDenied, "The keyring refused access."},
		{"Locked", "enter", nil, &keyring.LockedError{Unanswered: true, Err: context.Canceled}, "Cancelled."},
		{"File", "P", nil, nil, "The passphrase was changed."},
		{"Empty", "n", nil, nil, "The keyring was made."},
		{"Ready", "r", nil, errors.New("odd"), "no words for"},
	} {
		_, s := keyringOn(t, c.ring)
		s = drive(s, c.key)
		id := s.(keyringScreen).run.id
		if other, _ := s.Update(taskDoneMsg{task: id + 1}); !other.(keyringScreen).running() {
			t.Errorf("%s %s: the end of another task ended it", c.ring, c.key)
		}
		s, cmd := s.Update(taskDoneMsg{task: id, value: c.value, err: c.err})
		if cmd == nil || s.(keyringScreen).running() {
			t.Errorf("%s %s: nothing follows the end", c.ring, c.key)
		}
		sees(t, s, c.says)
		seesNot(t, drive(s, "k", "z"), c.says)
	}
	_, s := keyringOn(t, "Ready")
	s = drive(s, "r")
	s, _ = s.Update(taskDoneMsg{task: s.(keyringScreen).run.id, value: verifications()["sound"]})
	if !is[verified](s) {
		t.Errorf("after reading: %T", s)
	}
}

// While a call runs, no other keyring takes the place of the one it works with.
func TestKeyringIsNotChangedBelowACall(t *testing.T) {
	for name, key := range map[string]string{"Ready": "M", "Missing": "f", "Empty": "m"} {
		sh, s := keyringOn(t, name, someBots()...)
		sh.start("check", func(context.Context, func(fleet.Step)) (any, error) { return nil, nil })
		s = drive(s, key)
		if k, ok := s.(keyringScreen); !ok || k.running() {
			t.Errorf("%s: %s goes on to %T", name, key, s)
			continue
		}
		sees(t, s, "still running")
	}
}

func TestDemoIsNotMoved(t *testing.T) {
	sh, s := keyringOn(t, "Ready")
	sh.samples = demoSamples()
	if next := drive(s, "M"); !is[keyringScreen](next) || strings.Contains(offersKeys(s), "M ") {
		t.Error("the demo offers to move")
	}
}

func TestVerifiedMends(t *testing.T) {
	for name, want := range map[string]string{
		"sound": "", "empty": "", "hopeless": "", "torn": "mend the list", "blind": "mend the list",
	} {
		sh := testShell(t, someBots()...)
		sh.body = bodySize(size{100, 30})
		s := newVerified(sh, verifications()[name])
		if offers := strings.Contains(offersKeys(s), "mend the list"); offers != (want != "") {
			t.Errorf("%s: offers %s", name, offersKeys(s))
		}
		if next := drive(s, "enter").(verified); (next.task.id != 0) != (want != "") {
			t.Errorf("%s: enter begins task %d", name, next.task.id)
		}
	}
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{100, 30})
	s := drive(newVerified(sh, verifications()["torn"]), "enter")
	after := fleet.Verification{Bots: 9, WithoutRow: []string{"bot/production/7/ci"}}
	s, _ = s.Update(taskDoneMsg{task: s.(verified).task.id, value: mendedMsg{fleet.Mending{Added: 2, Marked: 1, Returned: 1}, after}})
	sees(t, s, "2 bots brought back, 1 bot marked as without a secret, 1 bot with a secret again", "are left alone")
	if next := drive(s, "enter").(verified); next.task.id != 0 {
		t.Error("what cannot be mended is mended again")
	}
	for key, want := range map[string]bool{"p": true, "d": true} {
		if next := drive(newVerified(sh, verifications()["torn"]), key); is[verified](next) == want {
			t.Errorf("%s leads to %T", key, next)
		}
	}
}

// The removing of old copies is confirmed by an enter of its own, which no paste can give.
func TestMoveAsksBeforeItRemoves(t *testing.T) {
	sh, h := formShell(t)
	sh.body = bodySize(size{100, 30})
	s := newMoving(sh)
	if s = drive(s, "enter"); s.(moving).stage != moveChoose {
		t.Error("an enter that was on its way copies")
	}
	h.wait(time.Second)
	s = drive(s, "j", "enter", "enter")
	if s.(moving).stage != moveConfirm {
		t.Fatalf("at %d", s.(moving).stage)
	}
	sees(t, s, "Remove the old copies afterwards?")
	h.wait(time.Second)
	if back := drive(s, "esc"); back.(moving).stage != moveChoose {
		t.Errorf("esc leads to %d", back.(moving).stage)
	}
	s = drive(s, "enter")
	if m := s.(moving); m.stage != moveRun || !m.way().forget || m.way().to != kindAge {
		t.Errorf("%+v", m.way())
	}
}

func TestMoveIsStopped(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(newMoving(sh), "enter", "esc")
	sees(t, s, "Cancelling")
	s, _ = s.Update(taskDoneMsg{task: s.(moving).run.id, value: fleet.Moved{Copied: 3}, err: context.Canceled})
	sees(t, s, "Stopped: 3 copied, 0 removed. Moving again goes on from there.")
}

// TestPromptIsOnEveryScreen: a prompt that is waited for is told wherever one is, and esc gives it up.
func TestPromptIsOnEveryScreen(t *testing.T) {
	sh := testShell(t, someBots()...)
	ended := make(chan error, 1)
	sh.start("check", func(context.Context, func(fleet.Step)) (any, error) { return nil, nil })
	check := sh.tasks[sh.lastTask]
	check.stop = func(cause error) { ended <- cause }
	sh.errand = errand{task: check, total: 7}
	var model tea.Model = root{sh: sh, screen: newApps(sh), term: size{80, 24}}
	model, _ = model.Update(promptedMsg{check.id, true})
	if says := model.(root).View().Content; !strings.Contains(says, "Waiting for your keyring to be unlocked · esc gives up") {
		t.Errorf("the prompt is not told:\n%s", says)
	}
	model, _ = model.Update(press("esc"))
	if !is[apps](model.(root).screen) || len(ended) != 1 || !sh.errand.stopping {
		t.Errorf("esc leads to %T", model.(root).screen)
	}
	model, _ = model.Update(promptedMsg{check.id, false})
	if strings.Contains(model.(root).View().Content, "Waiting") {
		t.Error("it waits on")
	}
	// That it waits no longer may be lost; the end of the task is not.
	model, _ = model.Update(promptedMsg{check.id, true})
	model, cmd := model.Update(taskDoneMsg{task: check.id})
	if strings.Contains(model.(root).View().Content, "Waiting") {
		t.Error("it waits after the end")
	}
	_ = cmd
}

// TestUnlockedKeyringIsLookedAt: the end of a task that may have unlocked the keyring leads to a look, and
// what a crash left half done is settled once it is open.
func TestUnlockedKeyringIsLookedAt(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.keyring = keyrings()["Locked"]
	var model tea.Model = root{sh: sh, screen: newBots(sh), term: size{80, 24}}
	if _, cmd := model.Update(taskDoneMsg{task: 1}); cmd == nil {
		t.Error("nobody looks whether it was unlocked")
	}
	if _, cmd := model.Update(keyringMsg(keyrings()["Ready"])); cmd == nil {
		t.Error("nothing is settled")
	}
	if _, cmd := model.Update(taskDoneMsg{task: 1}); cmd != nil {
		t.Error("an open keyring is looked at after every task")
	}
}

func TestBytesInWords(t *testing.T) {
	for n, want := range map[int]string{1: "1 bytes", 999: "999 bytes", 2560: "2,560 bytes", 1234567: "1,234,567 bytes", 16 << 20: "16 MiB"} {
		if got := bytesInWords(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
