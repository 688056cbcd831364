package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

type listState struct{ notice string }
type checking struct{}

func newBots(sh *shell) screen { return bots{sh} }

type bots struct{ sh *shell }

func (b bots) Update(msg tea.Msg) (screen, tea.Cmd) { return b, nil }
func (b bots) View(size size) view                  { return view{tab: tabBots} }
func (b bots) Keys() []key.Binding                  { return []key.Binding{b.sh.keys.add} }
func (b bots) Typing() bool                         { return false }
func (b bots) quits() bool                          { return true }
