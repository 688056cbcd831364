package ui

import "slices"

// prompted notes that a task waits for the answer to a prompt of the keyring's own, or waits no longer.
func (sh *shell) prompted(msg promptedMsg) {
	sh.prompts = slices.DeleteFunc(slices.Clone(sh.prompts), func(id int) bool { return id == msg.task })
	if msg.waits {
		sh.prompts = append(sh.prompts, msg.task)
	}
}

// promptAside is the width from which the status line says where the prompt may be.
const promptAside = 110

// prompting says on every screen that a prompt is waited for, "" where none is.
func (sh *shell) prompting(width int) string {
	dot := " " + sh.theme.glyphs.dot + " "
	switch {
	case len(sh.prompts) == 0:
		return ""
	case width >= promptAside:
		return unlocking.String() + dot + "its prompt may be on the machine's own screen" + dot + "esc gives up"
	case width >= narrow:
		return unlocking.String() + dot + "esc gives up"
	}
	return "Waiting for your keyring" + dot + "esc gives up"
}

// giveUp ends a wait for a prompt that is no screen's own: a copy's or that of an errand, which go on
// wherever one is. It reports whether there was one; any other is its screen's to end.
func (sh *shell) giveUp() bool {
	waiting := func(t task) bool { return t.id != 0 && slices.Contains(sh.prompts, t.id) }
	switch {
	case waiting(sh.clipboard.reading):
		sh.clipboard.reading.cancel()
	case waiting(sh.errand.task):
		sh.errand = sh.errand.stop()
	default:
		return false
	}
	return true
}
