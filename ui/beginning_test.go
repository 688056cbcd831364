package ui

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
)

// begun is the list of a program that has read only the first of its bots.
func begun(t *testing.T, all []fleet.Bot, first int) (*shell, tea.Model) {
	t.Helper()
	sh := testShell(t)
	sh.took(catalogueMsg{bots: all[:first], apps: sh.apps, all: len(all)})
	sh.beginning = true
	model, _ := root{sh: sh, screen: newBots(sh)}.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	return sh, model
}

func shown(model tea.Model) string { return ansi.Strip(model.(root).View().Content) }

// TestKeysBeforeAllIsRead: what is typed before all bots are there is for all of them.
func TestKeysBeforeAllIsRead(t *testing.T) {
	all := fineBots(1000)
	sh, model := begun(t, all, screenful)
	if screen := shown(model); !strings.Contains(screen, "1000 bots") || !strings.Contains(screen, "Bot number 00000") {
		t.Fatalf("the first frame is\n%s", screen)
	}
	for _, key := range []string{"*", "G"} {
		model, _ = model.Update(press(key))
	}
	if len(sh.list.marked) > 0 || sh.list.selected > 0 {
		t.Errorf("%d of the first bots are marked, line %d is selected", len(sh.list.marked), sh.list.selected)
	}
	model, _ = model.Update(catalogueMsg{bots: all, apps: sh.apps})
	if screen := shown(model); len(sh.list.marked) != 1000 || !strings.Contains(screen, "Bot number 00999") || !strings.Contains(screen, "1000 bots · 1000 ok") {
		t.Errorf("%d bots are marked on\n%s", len(sh.list.marked), screen)
	}
	model, _ = model.Update(press("g"))
	if sh.list.selected != 0 {
		t.Error("the keys after these are kept as well")
	}
	_ = model
}

// TestPasteBeforeAllIsRead: a token pasted at once is not lost.
func TestPasteBeforeAllIsRead(t *testing.T) {
	all := fineBots(300)
	sh, model := begun(t, all, screenful)
	model, _ = model.Update(press("/"))
	model, _ = model.Update(tea.PasteMsg{Content: "number 00299"})
	model, _ = model.Update(catalogueMsg{bots: all, apps: sh.apps})
	if screen := shown(model); !strings.Contains(screen, "Bot number 00299") || strings.Contains(screen, "Bot number 00000") {
		t.Errorf("pasted into the filter:\n%s", screen)
	}
}

// TestLeaveBeforeAllIsRead: ctrl+c waits for nothing.
func TestLeaveBeforeAllIsRead(t *testing.T) {
	_, model := begun(t, fineBots(300), screenful)
	_, cmd := model.Update(press("ctrl+c"))
	if cmd == nil {
		t.Fatal("ctrl+c is kept")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("ctrl+c does not leave")
	}
}

// TestTheRestCannotBeRead: the first bots stay, keys work, and it is told how many are missing.
func TestTheRestCannotBeRead(t *testing.T) {
	sh, model := begun(t, fineBots(300), screenful)
	model, _ = model.Update(press("j"))
	model, _ = model.Update(catalogueMsg{err: errors.New("disk")})
	if sh.list.selected != 1 {
		t.Error("the key that was kept is lost")
	}
	for _, want := range []string{"could not be read", "the first 100 of 300 bots"} {
		if screen := shown(model); !strings.Contains(screen, want) {
			t.Errorf("no %q on\n%s", want, screen)
		}
		sh.list.notice = ""
	}
	if model, _ = model.Update(press("j")); sh.list.selected != 2 {
		t.Error("keys are kept on")
	}
	_ = model
}
