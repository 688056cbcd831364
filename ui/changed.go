package ui

import tea "charm.land/bubbletea/v2"

// changedMsg is a look whether another program has changed the catalogue, and where one has, the catalogue.
type changedMsg struct {
	changed   bool
	catalogue catalogueMsg
}

// lookForChanges looks, beside the screens, whether another program has changed the catalogue. While bots are
// being checked it does not: results come in all the time, and would go back to what was read before them.
func (sh *shell) lookForChanges() tea.Cmd {
	if sh.fleet == nil || sh.looking || sh.errand.running() || sh.watch.bots > 0 {
		return nil
	}
	sh.looking = true
	half := sh.list.first > 0 // it could not be read whole
	return func() tea.Msg {
		// Where it cannot be told, the next look may; a catalogue that cannot be read is told of by reading it.
		changed, err := sh.fleet.Changed(sh.ctx)
		if err != nil || !changed && !half {
			return changedMsg{}
		}
		read, _ := sh.reload().(catalogueMsg)
		return changedMsg{changed: true, catalogue: read}
	}
}

// changed takes a look. What it has read goes the way of every catalogue that is read.
func (sh *shell) changed(msg changedMsg) tea.Cmd {
	sh.looking = false
	if !msg.changed {
		return nil
	}
	return func() tea.Msg { return msg.catalogue }
}
