package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/keyring"
)

// keyrings are the keyrings a first start can meet.
func keyrings() map[string]keyringState {
	system := fleet.KeyringStatus{Kind: "system", Provider: "gnome-keyring", Collection: "Login", CanList: true}
	locked := system
	locked.Locked = true
	file := fleet.KeyringStatus{Kind: "age", Provider: "age", Collection: "~/.local/share/botring/age/botring", CanList: true}
	closed, fresh := file, file
	closed.Locked, fresh.Locked, fresh.New = true, true, true
	return map[string]keyringState{
		"Looking": {},
		"Ready":   {looked: true, status: system},
		"Locked":  {looked: true, status: locked},
		"Missing": {looked: true, err: keyring.ErrUnavailable},
		"Empty":   {looked: true, status: fleet.KeyringStatus{Kind: "system"}, err: &keyring.UnavailableError{Reason: keyring.NoCollection}},
		"File":    {looked: true, status: file},
		"Closed":  {looked: true, status: closed},
		"Fresh":   {looked: true, status: fresh},
		"Unsafe":  {looked: true, status: fleet.KeyringStatus{Kind: "age"}, err: &keyring.UnavailableError{Reason: keyring.StoreUnsafe}},
		"Memory":  {looked: true, status: fleet.KeyringStatus{Kind: "memory"}},
	}
}

func welcomeWith(t *testing.T, name string) (*shell, screen) {
	t.Helper()
	sh := testShell(t)
	sh.body = bodySize(size{100, 30})
	sh.keyring = keyrings()[name]
	return sh, newWelcome(sh)
}

func TestWelcomeLooks(t *testing.T) {
	for name := range keyrings() {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) { return welcomeWith(t, name) }, nil)
		})
	}
}

func TestWelcomeOverSSH(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, s := welcomeWith(t, "Missing")
		return sh, drive(s, "h")
	}, nil)
}

func TestWelcomePasteOpensAdd(t *testing.T) {
	_, s := welcomeWith(t, "Ready")
	if next, _ := s.Update(tea.PasteMsg{Content: "7123456789:AAHfake-fake_fakefakefakefakefakefa"}); is[welcome](next) {
		t.Error("a paste is lost")
	}
}

func TestWelcomeEndsWithTheFirstBot(t *testing.T) {
	sh, s := welcomeWith(t, "Ready")
	sh.took(catalogueMsg{bots: someBots()})
	if next, _ := s.Update(catalogueMsg{}); !is[bots](next) {
		t.Errorf("on %T", next)
	}
}

// TestWelcomeTasks are what enter and m begin in each state, and what esc does to it.
func TestWelcomeTasks(t *testing.T) {
	for _, c := range []struct {
		ring, key string
		says      string // "" when the key does nothing
	}{
		{"Locked", "enter", "Waiting for your keyring"},
		{"Missing", "enter", "Looking for a keyring"},
		{"Missing", "m", "Going on without"},
		{"Missing", "f", "Going on with an encrypted file"},
		{"Missing", "n", ""},
		{"Empty", "n", "Making a default keyring"},
		{"Empty", "f", "Going on with an encrypted file"},
		{"Empty", "h", ""},
		{"Ready", "n", ""},
		{"Unsafe", "enter", "Looking for a keyring"},
		{"Unsafe", "m", "Going on without"},
		{"Unsafe", "f", ""},
		{"Unsafe", "h", ""},
		{"Closed", "enter", "Opening the encrypted file"},
		{"Ready", "f", ""},
		{"File", "f", ""},
		{"Ready", "enter", "Looking for bots"},
		{"Ready", "m", ""},
		{"Ready", "h", ""},
		{"Memory", "enter", ""},
		{"Looking", "enter", ""},
	} {
		sh, s := welcomeWith(t, c.ring)
		w, ok := drive(s, c.key).(welcome)
		if !ok || (w.task.id != 0) != (c.says != "") {
			t.Errorf("%s: %s begins task %d", c.ring, c.key, w.task.id)
			continue
		}
		if got := w.View(sh.body).status; !strings.Contains(got, c.says) {
			t.Errorf("%s: %s says %q", c.ring, c.key, got)
		}
	}
}

func TestWelcomeUnlockDismissed(t *testing.T) {
	_, s := welcomeWith(t, "Locked")
	s = drive(s, "enter", "a")
	w, ok := s.(welcome)
	if !ok {
		t.Fatal("a is taken while the prompt is open")
	}
	s, _ = s.Update(taskDoneMsg{task: w.task.id + 1})
	if s.(welcome).task.id == 0 {
		t.Error("the end of another task ended the unlocking")
	}
	s, cmd := s.Update(taskDoneMsg{task: w.task.id, err: keyring.ErrDenied})
	if w = s.(welcome); w.task.id != 0 || w.notice == "" || cmd == nil {
		t.Errorf("after the prompt: %q", w.notice)
	}
}

func TestWelcomeEscCancels(t *testing.T) {
	sh, s := welcomeWith(t, "Locked")
	s, cmd := s.Update(press("enter"))
	s = drive(s, "esc")
	if cmd == nil || len(sh.tasks) != 1 {
		t.Fatal("no task")
	}
	s, _ = s.Update(taskDoneMsg{task: s.(welcome).task.id, err: context.Canceled})
	if w := s.(welcome); w.notice == "" || w.task.id != 0 {
		t.Errorf("after cancelling: %q", w.notice)
	}
}

func TestWelcomeRebuild(t *testing.T) {
	for _, c := range []struct {
		found int
		err   error
		says  string
	}{
		{0, nil, "No bots in this keyring"},
		{3, nil, "3 bots"},
		{0, errors.New("odd"), ""},
		{0, keyring.ErrCannotList, ""},
	} {
		_, s := welcomeWith(t, "Ready")
		s = drive(s, "enter")
		s, _ = s.Update(taskDoneMsg{task: s.(welcome).task.id, value: c.found, err: c.err})
		if w := s.(welcome); w.notice == "" || !strings.Contains(w.notice, c.says) {
			t.Errorf("%d found, %v: says %q", c.found, c.err, w.notice)
		}
	}
}

// What the list would have said is said where there is no list yet, and once.
func TestWelcomeSaysWhatTheListWouldHave(t *testing.T) {
	sh := testShell(t)
	sh.list.notice = "Saving production/1 was cut off."
	s := sh.home()
	if got := s.View(size{80, 20}).status; got != "Saving production/1 was cut off." {
		t.Errorf("the status line says %q", got)
	}
	if sh.list.notice != "" {
		t.Error("it is said twice")
	}
}
