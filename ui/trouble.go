package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// A trouble is why the last task of a screen failed. It stands in the place of what the screen lists until it was read.
// The zero trouble is none.
type trouble struct {
	err error
	// unsaved: what was not saved by it is worth saying.
	unsaved bool
	pager   pager
}

// there reports whether there is one.
func (t trouble) there() bool { return t.err != nil }

// lines is what went wrong, whole.
func (t trouble) lines(sh *shell, width int) []string {
	said := sh.faultOf(t.err)
	lines := faultLines(sh.theme, said, width)
	if t.unsaved {
		lines = append(lines, prose(said.NotSaved, width)...)
	}
	return lines
}

// update takes a key: those that move scroll, and those that go on or back end it.
func (t trouble) update(sh *shell, msg tea.KeyPressMsg) trouble {
	keys := sh.keys
	if next, moved := t.pager.update(keys, msg, len(t.lines(sh, sh.body.width)), sh.body.height); moved {
		t.pager = next
		return t
	}
	if key.Matches(msg, keys.back, keys.quit, keys.open) {
		return trouble{}
	}
	return t
}

// keys are the bindings while it is read. more are those of the screen.
func (t trouble) keys(sh *shell, goOn string, more ...key.Binding) []key.Binding {
	k := sh.keys
	shown := append([]key.Binding{as(k.open, goOn)}, more...)
	shown = append(shown, k.back, as(k.quit, "back"))
	if len(t.lines(sh, sh.body.width)) > sh.body.height {
		shown = append(shown, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return shown
}

// draw is the body and the status line.
func (t trouble) draw(sh *shell, size size) (body []string, status string) {
	body, more := t.pager.window(t.lines(sh, size.width), size.height)
	if more {
		status = sh.theme.dim.Render("more below, j and k scroll")
	}
	return body, status
}
