package ui

import (
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// newFilterInput makes what a filter is typed into.
func newFilterInput() textinput.Model {
	input := textinput.New()
	input.Prompt = ""
	input.SetVirtualCursor(false)
	input.CharLimit = 64
	return input
}

// typeInto hands an input a key or a paste without what a field must not hold.
func typeInto(input textinput.Model, msg tea.Msg) (textinput.Model, tea.Cmd) {
	switch typed := msg.(type) {
	case tea.PasteMsg:
		typed.Content = typeable(typed.Content)
		msg = typed
	case tea.KeyPressMsg:
		typed.Text = typeable(typed.Text)
		msg = typed
	}
	return input.Update(msg)
}

// filterLine draws a filter as a field without a label is drawn, and its cursor while it is typed.
func (t theme) filterLine(input textinput.Model, hint string, typing bool, width int) (line string, cursor *tea.Cursor) {
	const sign = 3 // cells before the text
	text, cursor := field{input: input, hint: hint}.body(t, max(1, width-sign-1), typing, time.Time{})
	if cursor != nil {
		cursor.X += sign
	}
	return " " + t.key.Render("/") + " " + text, cursor
}
