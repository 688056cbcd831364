package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// A screen is what is on show. It is a value: Update returns the screen to show next, so going somewhere
// is an assignment, and where one can go from here is written down in the types.
//
// Update must not wait: whatever takes time is a tea.Cmd, or a task when it can be cancelled.
type screen interface {
	Update(msg tea.Msg) (screen, tea.Cmd)
	// View draws the screen into size, which is that of the body alone.
	View(size size) view
	// Keys are the bindings that work now, the most wanted first. The line of keys and the help screen
	// show these and no others.
	Keys() []key.Binding
	// Typing reports whether a text field has the focus, so that letters are text.
	Typing() bool
}

// A resumer is a screen that has to look again at what it shows when others were on show meanwhile.
type resumer interface {
	resume() (screen, tea.Cmd)
}

// resumed goes back to a screen.
func resumed(s screen) (screen, tea.Cmd) {
	if back, ok := s.(resumer); ok {
		return back.resume()
	}
	return s, nil
}

// A size is in cells.
type size struct{ width, height int }

// A view is a drawn screen without its frame.
type view struct {
	// trail is what stands after "botring › ". When it is empty the tabs are shown, and tab is the one
	// that is on.
	trail string
	tab   tab
	// body is cut to the height of the frame; what is longer scrolls within the screen.
	body []string
	// status is one line: what is going on, or what the last key did.
	status string
	// cursor is the text cursor, relative to the body; nil where nothing is typed.
	cursor *tea.Cursor
}

// A tab is one of the places the number keys lead to.
type tab int

const (
	tabBots tab = iota + 1
	tabApps
	tabHistory
	tabKeyring
)

// tabs are those that there are, in their order.
func tabs() []tab { return []tab{tabBots, tabApps, tabHistory, tabKeyring} }

func (t tab) String() string {
	switch t {
	case tabBots:
		return "Bots"
	case tabApps:
		return "Apps"
	case tabHistory:
		return "History"
	case tabKeyring:
		return "Keyring"
	}
	return ""
}
