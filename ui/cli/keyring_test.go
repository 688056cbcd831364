package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"botring/fleet"
)

func TestPasswordWords(t *testing.T) {
	for _, c := range []struct {
		ask  fleet.Ask
		want string
	}{
		{fleet.Ask{Purpose: fleet.ToOpen, Lock: fleet.OfKeyring, Place: "Login"}, "Password of the keyring “Login”: "},
		{fleet.Ask{Purpose: fleet.ToOpen, Lock: fleet.OfKeyring, Place: "\x1b[31mLog\nin\u202e"}, "Password of the keyring “Log in”: "},
		{fleet.Ask{Purpose: fleet.ToOpen, Lock: fleet.OfKeyring}, "Password of the keyring: "},
		{fleet.Ask{Purpose: fleet.ToOpen, Lock: fleet.OfKeyring, Again: fleet.AskWrong}, "That is not the password.\nPassword of the keyring: "},
		{fleet.Ask{Purpose: fleet.ToOpen, Lock: fleet.OfFiles, Place: "/srv/age"}, "Passphrase of /srv/age: "},
		{fleet.Ask{Purpose: fleet.ToOpen, Lock: fleet.OfFiles, Place: "/srv/age", Again: fleet.AskWrong}, "That is not the passphrase.\nPassphrase of /srv/age: "},
		{
			fleet.Ask{Purpose: fleet.ToCreate, Lock: fleet.OfKeyring, Place: "Default keyring"},
			"This makes the keyring “Default keyring”, for the secrets of all your programs.\n" +
				"A password opens it; whoever forgets it loses what is in it.\nNew password, at least 8 characters: ",
		},
		{fleet.Ask{Purpose: fleet.ToCreate, Lock: fleet.OfKeyring, Again: fleet.AskDifferent}, "The two are not the same.\nNew password, at least 8 characters: "},
		{fleet.Ask{Purpose: fleet.ToChange, Lock: fleet.OfFiles}, "New passphrase, at least 8 characters: "},
		{fleet.Ask{Purpose: fleet.ToConfirm, Lock: fleet.OfKeyring}, "The same once more: "},
	} {
		lines := whatFor(c.ask)
		if why := whyAgain(c.ask); why != "" {
			lines = append([]string{why}, lines...)
		}
		if got := strings.Join(append(lines, promptOf(c.ask)), "\n"); got != c.want {
			t.Errorf("%+v:\n%q, want\n%q", c.ask, got, c.want)
		}
	}
}

func TestIsRemote(t *testing.T) {
	for _, c := range []struct {
		environ mapEnviron
		want    bool
	}{
		{mapEnviron{}, false},
		{mapEnviron{"SSH_CONNECTION": "", "SSH_TTY": ""}, false},
		{mapEnviron{"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}, true},
		{mapEnviron{"SSH_TTY": "/dev/pts/1"}, true},
	} {
		s := &shell{Process: Process{Environ: c.environ}}
		if got := s.isRemote(); got != c.want {
			t.Errorf("%v: %v", c.environ, got)
		}
	}
}

// What is waited for is said when it takes a moment, and not where the question came here.
func TestNoticeOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &shell{Process: Process{Err: &out}}
		n := s.noteLater("Waiting.")
		time.Sleep(noticeAfter / 2)
		n.takeBack()
		time.Sleep(2 * noticeAfter)
		if out.Len() > 0 {
			t.Errorf("taken back, it says %q", out.String())
		}
		n = s.noteLater("Waiting.")
		time.Sleep(2 * noticeAfter)
		n.takeBack()
		if out.String() != "Waiting.\n" {
			t.Errorf("after a while it says %q", out.String())
		}
	})
}

func TestCounter(t *testing.T) {
	var out bytes.Buffer
	c := &counter{w: &out}
	c.show("Copying", 10, 10)
	c.show("Copying", 9, 10)
	c.show("Deleting", 1, 10)
	c.end()
	c.end()
	if got, want := out.String(), "\rCopying 10 of 10\rCopying 9 of 10 \n\rDeleting 1 of 10\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	(&counter{}).show("Copying", 1, 2) // nobody watches
}

func TestMoveWords(t *testing.T) {
	status := fleet.KeyringStatus{Kind: keyringAge, Collection: "~/age"}
	for _, c := range []struct {
		moved fleet.Moved
		want  string
	}{
		{fleet.Moved{To: status}, "There was nothing to copy."},
		{fleet.Moved{To: status, Copied: 1}, "1 item was copied to the encrypted files (~/age), and read back."},
		{fleet.Moved{To: status, Copied: 2, Present: 1}, "2 items were copied to the encrypted files (~/age), and read back. 1 item was there already."},
		{fleet.Moved{To: status, Present: 3}, "Everything is in the encrypted files (~/age) already: 3 items, the same there."},
	} {
		if got := copies(c.moved); got != c.want {
			t.Errorf("%+v: %q, want %q", c.moved, got, c.want)
		}
	}
}

// What somebody changed meanwhile is told plainly, and by the exit code.
func TestKeptIsTold(t *testing.T) {
	s, _ := configured(t, "")
	var out bytes.Buffer
	s.Out = &out
	err := s.answerMoved(fleet.Moved{Copied: 3, Deleted: 2, Kept: 1}, keyringSystem, keyringAge, true)
	var code verdict
	if !errors.As(err, &code) || code != exitNotOK {
		t.Errorf("%v", err)
	}
	for _, want := range []string{
		"1 item was not deleted from the system keyring: it was changed after it was copied.",
		"botring keyring move --keyring system --to age --delete",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in\n%s", want, out.String())
		}
	}
}
