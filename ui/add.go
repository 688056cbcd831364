package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// draft is what was typed into the Add screen; esc keeps it until the program ends.
type draft struct{}

// add is the form a bot is added with.
type add struct{ sh *shell }

// newAdd opens the form, going on with the draft.
func newAdd(sh *shell) screen { return add{sh} }

// newAddPasted opens the form filled in from a text that was pasted elsewhere.
func newAddPasted(sh *shell, text string) screen { return add{sh} }

// newReplace asks for a new token of a bot.
func newReplace(sh *shell, bot fleet.Bot) screen { return add{sh} }

// newLogin asks whether to log a bot in again, says what it costs, and does it.
func newLogin(sh *shell, bot fleet.Bot) screen { return add{sh} }

func (a add) Update(msg tea.Msg) (screen, tea.Cmd) { return a, nil }
func (a add) View(size size) view                  { return view{trail: "Add a bot"} }
func (a add) Keys() []key.Binding                  { return nil }
func (a add) Typing() bool                         { return false }
