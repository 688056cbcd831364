package ui

import (
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// yank is the two-key copying: y, then what.
type yank struct{ pending bool }

// update takes the key that y begins and the one that follows it. taken is false for any other.
func (y yank) update(sh *shell, msg tea.KeyPressMsg, bot fleet.Bot) (next yank, cmd tea.Cmd, taken bool) {
	return y, nil, false
}

// clipboard is what was copied and has to be cleared.
type clipboard struct{}

// update takes the messages of copying and clearing; status is what the list and the card show of it.
func (c clipboard) update(sh *shell, msg tea.Msg) (clipboard, tea.Cmd) { return c, nil }

// part clears the clipboard when the program ends before the time is up; nil when there is nothing to clear.
func (c clipboard) part() tea.Cmd { return nil }
