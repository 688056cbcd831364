package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/keyring"
	"botring/ui/internal/screentest"
)

// someRecipients are recipients of age's, of which nobody has the keys.
func someRecipients() []string {
	return []string{
		"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
		"age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
		"age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
	}
}

// recipientsShown is the screen over a file that is open, with the first so many of them.
func recipientsShown(sh *shell, n int) screen {
	sh.keyring = keyrings()["File"]
	sh.fleet = new(fleet.Fleet)
	s, _ := newRecipients(sh, "")
	s, _ = s.Update(recipientsMsg{all: someRecipients()[:n]})
	return s
}

// recipientsOf opens the screens of recipients.
func recipientsOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	at := func(n int, pressed ...string) func(*shell) screen {
		return func(sh *shell) screen { return drive(recipientsShown(sh, n), pressed...) }
	}
	on("recipients", nil, at(3, "down"))
	on("recipients, own", nil, at(1))
	on("recipients, asking", nil, at(3, "d"))
	on("recipients, removing", nil, at(3, "d", "enter"))
	on("recipients, cancelling", nil, at(3, "d", "enter", "esc"))
	on("recipients, unfinished", nil, func(sh *shell) screen {
		s := recipientsShown(sh, 2)
		sh.keyring.status.Unfinished = true
		return s
	})
	on("recipients, reading", nil, func(sh *shell) screen {
		sh.keyring = keyrings()["File"]
		return recipients{sh: sh}
	})
	on("recipients, failed", nil, func(sh *shell) screen {
		s := recipientsShown(sh, 2)
		sh.body = bodySize(size{40, 8})
		s, _ = s.Update(recipientsMsg{err: keyring.ErrGone})
		return s
	})
	on("recipient form", nil, at(2, "a", "a"))
}

func TestRecipientsLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t)
		return sh, drive(recipientsShown(sh, 3), "down")
	}, nil)
}

func TestRecipientRemovalLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t)
		unhurried(sh)
		return sh, drive(recipientsShown(sh, 3), "down", "d")
	}, nil)
}

func TestRecipientFormLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t)
		return sh, drive(recipientsShown(sh, 2), "a")
	}, func(on *screentest.Screen) {
		on.See("age-keygen")
		on.Paste(someRecipients()[2] + "\n")
		on.See("jq3yqqvfafg")
		on.Settled()
	})
}

// TestRecipientsFromTheKeyring: the key is there where there are files that are open, and nowhere else.
func TestRecipientsFromTheKeyring(t *testing.T) {
	for name, ring := range keyrings() {
		sh := testShell(t)
		sh.fleet, sh.keyring = new(fleet.Fleet), ring
		var s screen = keyringScreen{sh: sh}
		offered := strings.Contains(offersKeys(s), "O ")
		s = drive(s, "O")
		if want := ring.status.Kind == kindAge && !ring.status.Locked && ring.err == nil; is[recipients](s) != want || offered != want {
			t.Errorf("%s: O leads to %T, and is shown: %v (%s)", name, s, offered, offersKeys(keyringScreen{sh: sh}))
		}
	}
}

// TestRemoveARecipient: it is asked once, with what a removal does not take back.
func TestRemoveARecipient(t *testing.T) {
	sh := testShell(t)
	at := noon()
	sh.now = func() time.Time { return at }
	s := drive(recipientsShown(sh, 2), "down", "d")
	sees(t, s, "Remove it, and encrypt every file anew?", "What it has read, or has copies of, it keeps.")
	s = drive(s, "enter") // too soon
	sees(t, s, "Remove it")
	at = at.Add(guardTime)
	s = drive(s, "enter")
	r := s.(recipients)
	if !r.running() || r.selected != someRecipients()[1] {
		t.Fatalf("%+v", r.selected)
	}
	s, _ = s.Update(countedMsg{r.run.id, fleet.MoveStep{Done: 3, Total: 9}})
	sees(t, s, "Encrypting anew", "3 of 9")
	s, cmd := s.Update(taskDoneMsg{task: r.run.id})
	sees(t, s, "Removed: its key opens the files no more.")
	if cmd == nil {
		t.Fatal("the keyring is not looked at again")
	}
	if s, cmd = s.Update(keyringMsg(sh.keyring)); cmd == nil {
		t.Fatal("the recipients are not read again")
	}
	s, _ = s.Update(recipientsMsg{all: someRecipients()[:1]})
	sees(t, s, "It is your own, which the passphrase opens.")
	seesNot(t, s, someRecipients()[1])
	if s = drive(s, "d"); s.(recipients).asking {
		t.Error("the last one can be removed")
	}
}

// TestOwnRecipientStays: the refusal is told for what it is, and any other as a fault.
func TestOwnRecipientStays(t *testing.T) {
	sh := testShell(t)
	unhurried(sh)
	s := drive(recipientsShown(sh, 2), "d", "enter")
	s, _ = s.Update(taskDoneMsg{task: sh.lastTask, err: &keyring.UnavailableError{Reason: keyring.RecipientsUnusable}})
	sees(t, s, "This one is your own, which the passphrase opens. It stays.", someRecipients()[0])
	s = drive(s, "d", "enter")
	s, _ = s.Update(taskDoneMsg{task: sh.lastTask, err: keyring.ErrGone})
	sees(t, s, fault.Of(keyring.ErrGone).What)
	sees(t, drive(s, "enter"), someRecipients()[0])
}

// TestUnfinishedRecipients: a change that was cut off is ended first.
func TestUnfinishedRecipients(t *testing.T) {
	sh := testShell(t)
	unhurried(sh)
	s := drive(recipientsShown(sh, 2), "d", "enter", "esc")
	sees(t, s, "Cancelling…")
	s, _ = s.Update(taskDoneMsg{task: sh.lastTask, err: context.Canceled})
	sh.keyring.status.Unfinished = true
	s, _ = s.Update(keyringMsg(sh.keyring))
	sees(t, s, "Cancelled.", "A change was cut off", "enter finishes it")
	if s = drive(s, "a", "d"); !is[recipients](s) || s.(recipients).asking {
		t.Errorf("%T: another change is begun", s)
	}
	s = drive(s, "enter")
	s, _ = s.Update(taskDoneMsg{task: sh.lastTask})
	sees(t, s, "Every file is encrypted to its recipients again.")
}

// TestRecipientForm: what cannot be one is not taken, and a key that was pasted instead is not shown.
func TestRecipientForm(t *testing.T) {
	sh := testShell(t)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	form := h.keys(recipientsShown(sh, 2), "a")
	for text, says := range map[string]string{
		"ssh-ed25519 AAAA":               "This is no recipient of age's.",
		someRecipients()[2][:40]:         "This recipient cannot be right.",
		someRecipients()[1]:              "The files are encrypted to this recipient already.",
		"AGE-SECRET-KEY-1QQQQQQQQQQQQQQ": "This is no recipient of age's.",
	} {
		s := h.keys(h.paste(form, text), "enter")
		sees(t, s, says)
		if !is[recipientForm](s) {
			t.Errorf("%q leads to %T", text, s)
		}
		if strings.HasPrefix(text, "AGE-") {
			seesNot(t, s, "QQQQ")
		}
	}
	s := h.keys(h.paste(form, someRecipients()[2]+"\n"), "enter")
	r, ok := s.(recipients)
	if !ok || !r.running() || r.selected != someRecipients()[2] {
		t.Fatalf("%T", s)
	}
	s, _ = s.Update(taskDoneMsg{task: r.run.id})
	sees(t, s, "Added: its key opens the files too.")
	if s = h.keys(form, "esc"); !is[recipients](s) {
		t.Errorf("esc leads to %T", s)
	}
}

// TestRecipientsOfALockedFile: where nothing can be read any more the Keyring screen says so.
func TestRecipientsOfALockedFile(t *testing.T) {
	sh := testShell(t)
	s := recipientsShown(sh, 2)
	status := sh.keyring.status
	status.Locked = true
	var msg tea.Msg = keyringMsg{looked: true, status: status}
	if s, _ = s.Update(msg); !is[keyringScreen](s) {
		t.Errorf("it is shown by %T", s)
	}
}
