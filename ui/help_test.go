package ui

import (
	"strings"
	"testing"

	"botring/ui/internal/screentest"

	uv "github.com/charmbracelet/ultraviolet"
)

func TestHelpLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, newBots(sh)
	}, func(on *screentest.Screen) {
		on.See("all keys")
		on.Type("?")
		on.See("All keys")
	})
}

func TestHelpCloses(t *testing.T) {
	for _, k := range []string{"esc", "q", "?", "f1"} {
		sh := testShell(t)
		h := newHelp(sh, newBots(sh))
		if _, open := h.update(press(k), size{60, 12}); open {
			t.Errorf("%s leaves it open", k)
		}
	}
}

func TestHelpScrolls(t *testing.T) {
	sh := testShell(t, someBots()...)
	on := screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 40, 12, screentest.Dark)
	on.See("Shop")
	on.Press(uv.KeyF1)
	on.See("more below")
	on.Type("G")
	on.See("suspend")
	on.Type("x")
	on.See("suspend")
	on.Press(uv.KeyEscape)
	on.See("Shop")
}

// TestHelpShowsEveryKey: each key that works on the list is on its help, once.
func TestHelpShowsEveryKey(t *testing.T) {
	sh := testShell(t, someBots()...)
	keys := newBots(sh).Keys()
	h := newHelp(sh, newBots(sh))
	text := strings.Join(h.lines(100), "\n")
	for _, b := range keys {
		if n := strings.Count(text, pressed(b)); n == 0 || !strings.Contains(text, b.Help().Desc) {
			t.Errorf("%s %s is missing", b.Help().Key, b.Help().Desc)
		}
	}
	if strings.Count(text, "suspend") != 1 {
		t.Error("what works everywhere is listed twice")
	}
}
