package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// help lists all keys that work on the screen it lies over.
type help struct{ sh *shell }

func newHelp(sh *shell, keys []key.Binding, typing bool) *help { return &help{sh} }

// update reports whether the help stays open.
func (h *help) update(msg tea.KeyPressMsg, body size) (*help, bool) { return h, false }
func (h *help) view(body size) view                                { return view{trail: "All keys"} }
func (h *help) keys() []key.Binding                                { return nil }
