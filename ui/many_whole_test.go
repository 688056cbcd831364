package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/telegram/telegramtest"
)

// slowly types as a person does: faster would be a paste.
func (w *whole) slowly(text string) {
	time.Sleep(30 * time.Millisecond)
	for _, r := range text {
		w.Type(string(r))
		time.Sleep(2 * pastedWithin)
	}
}

// TestManyLife is what one does with many bots: check, log in, see what failed and keep that, log out, remove,
// and bring back.
func TestManyLife(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	w := newWhole(t, 12)
	w.See("12 bots")
	w.telegram.RevokeToken(wholeID(3))
	w.telegram.RevokeToken(wholeID(5))

	w.Type("C")
	w.See("Check 12 bots?")
	w.confirm()
	w.See("10 ok · 2 failed")
	w.See("✕ Whole 3")
	w.See("✕ Whole 5")
	w.Press(uv.KeyEscape)
	w.See("Checked 12 bots in")

	w.Type("*l")
	w.See("Log in 12 bots")
	w.See("2 bots to log in. 10 worked at the last check")
	w.confirm()
	w.See("10 left alone · 2 failed")
	w.See("This token no longer works.")
	if stats := w.telegram.Stats(); stats.Sessions != 10 {
		t.Errorf("%d sessions at Telegram", stats.Sessions)
	}

	w.Type("e")
	w.See("~/botring-logged-in-")
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("Written to")
	written, err := filepath.Glob(filepath.Join(home, "botring-*.csv"))
	if err != nil || len(written) != 1 {
		t.Fatalf("%v, %v", written, err)
	}
	text, err := os.ReadFile(written[0])
	if err != nil || strings.Count(string(text), "left_alone") != 10 || strings.Count(string(text), "token_revoked") != 2 || strings.Contains(string(text), "kkkk") {
		t.Errorf("%v:\n%s", err, text)
	}
	w.Press(uv.KeyEscape)
	w.See("R lists them")

	w.Type("o")
	w.See("Log out 12 bots")
	w.confirm()
	w.See("Logged out 12 bots at Telegram")
	if stats := w.telegram.Stats(); stats.Sessions != 0 {
		t.Errorf("%d sessions at Telegram after the logout", stats.Sessions)
	}

	w.Type("dd")
	w.See("Type 12")
	w.slowly("12")
	w.confirm()
	w.See("Removed 12 bots · U brings them back until")
	if left := w.items(t); len(left) != 0 {
		t.Errorf("in the keyring: %v", left)
	}
	w.Type("U")
	w.See("Brought back 12 bots")
	w.See("Whole 12")
	if back := w.items(t); len(back) != 12 {
		t.Errorf("in the keyring: %v", back)
	}
}

// items are the bots' items in the keyring.
func (w *whole) items(t *testing.T) (items []string) {
	t.Helper()
	names, err := w.ring.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "bot/") {
			items = append(items, name)
		}
	}
	return items
}

// TestLoginAnewEndsTheOldSession: forced, each bot has a new session and the old one is gone.
func TestLoginAnewEndsTheOldSession(t *testing.T) {
	w := newWhole(t, 3)
	w.See("3 bots")
	before := w.telegram.Stats()
	w.Type("*l")
	w.See("3 worked at the last check")
	w.Type("l")
	w.See("those sessions end")
	w.confirm()
	w.See("Logged in 3 bots")
	if after := w.telegram.Stats(); after.Sessions != 3 || after.Logins != before.Logins+3 {
		t.Errorf("%d sessions, %d logins before and %d after", after.Sessions, before.Logins, after.Logins)
	}
}

// TestRefusedAddressIsCountedDown: the line says until when all wait, and esc ends the waiting.
func TestRefusedAddressIsCountedDown(t *testing.T) {
	w := newWhole(t, 4)
	w.See("4 bots")
	w.telegram.Script(telegramtest.AtInit, telegramtest.Script{Transport: -429, Times: 4})
	w.Type("C")
	w.See("Check 4 bots?")
	w.confirm()
	w.See("Telegram asks this address to wait 30 s")
	w.Comes("a second less", func(screen string) bool {
		for left := 25; left < 30; left++ {
			if strings.Contains(screen, fmt.Sprintf("this address to wait %d s", left)) {
				return true
			}
		}
		return false
	})
	w.Press(uv.KeyEscape)
	w.See("Stopped: 0 of 4 checked")
}
