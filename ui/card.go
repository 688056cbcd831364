package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// card shows one bot.
type card struct{ sh *shell }

func newCard(sh *shell, bot fleet.Key) screen { return card{sh} }

// newRemove asks how to remove bots, hidden of which the filter does not show, and does it.
func newRemove(sh *shell, bots []fleet.Bot, hidden int) screen { return card{sh} }

// newApps lists the apps.
func newApps(sh *shell) screen { return card{sh} }

// newWelcome is the first start: no bots yet.
func newWelcome(sh *shell) screen { return card{sh} }

func (c card) Update(msg tea.Msg) (screen, tea.Cmd) { return c, nil }
func (c card) View(size size) view                  { return view{trail: "Bot"} }
func (c card) Keys() []key.Binding                  { return nil }
func (c card) Typing() bool                         { return false }
