package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// many takes the keys of the list that act on the marked bots or the selected one, and those that look back at
// what such a key did.
func (b bots) many(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := b.sh, b.sh.keys
	bots, hidden := sh.list.targets()
	switch {
	case key.Matches(msg, keys.undo):
		return b, sh.bringBack()
	case key.Matches(msg, keys.results):
		if sh.finished == nil {
			sh.list.notice = "Nothing was done to several bots yet."
			return b, nil
		}
		return newSummary(sh), nil
	case len(bots) == 0:
		return b, nil
	case key.Matches(msg, keys.askToken):
		cmd, _ := sh.run(order{deed: askingTokens, bots: bots, hidden: hidden})
		return b, cmd
	case key.Matches(msg, keys.login) && len(bots) == 1:
		return newLoginFrom(sh, bots[0], b), nil
	case key.Matches(msg, keys.login):
		return newLoginMany(sh, bots, hidden), nil
	case key.Matches(msg, keys.logOut):
		return newLogOut(sh, bots, nil), nil
	case key.Matches(msg, keys.rotate) && len(bots) == 1:
		return newRotation(sh, bots[0], b)
	case key.Matches(msg, keys.rotate):
		return newRotateMany(sh, bots, hidden), nil
	case key.Matches(msg, keys.leaked):
		return newLeak(sh, bots, hidden, b)
	case key.Matches(msg, keys.export):
		return newExport(sh, bots, hidden, nil), nil
	case key.Matches(msg, keys.otherApp):
		return newPickApp(sh, bots, hidden, nil), nil
	}
	return b, nil
}

// hides is how many of these bots the filter does not show, where they are more than one.
func (l *listState) hides(bots []fleet.Bot) int {
	if l.filter == "" || len(bots) < 2 {
		return 0
	}
	shown := make(map[fleet.Key]bool, len(l.rows))
	for _, r := range l.rows {
		shown[r.bot.Key] = true
	}
	n := 0
	for _, b := range bots {
		if !shown[b.Key] {
			n++
		}
	}
	return n
}

// backwards are the keys that look back, as long as there is something to see.
func (sh *shell) backwards() []key.Binding {
	var keys []key.Binding
	if len(sh.undo) > 0 {
		keys = append(keys, sh.keys.undo)
	}
	if sh.finished != nil {
		keys = append(keys, sh.keys.results)
	}
	return keys
}

// meanwhile are those of the list's keys that work while an errand runs, the one that stops it first.
func (sh *shell) meanwhile(keys []key.Binding) []key.Binding {
	if !sh.errand.running() {
		return keys
	}
	k := sh.keys
	keys = slices.DeleteFunc(keys, func(b key.Binding) bool {
		return among(b, []key.Binding{k.check, k.checkAll, k.askToken, k.undo, k.back})
	})
	if sh.errand.stopping {
		return keys
	}
	return append([]key.Binding{as(k.back, "stop")}, keys...)
}

// told tells a screen what was just done, if it has a place for it.
func told(s screen, text string) screen {
	switch s := s.(type) {
	case noticer:
		return s.notice(text)
	case card:
		s.notice = text
		return s
	case appCard:
		s.notice = text
		return s
	}
	return s
}

// keysOf are the keys of bots, in their order.
func keysOf(bots []fleet.Bot) []fleet.Key {
	keys := make([]fleet.Key, len(bots))
	for i, b := range bots {
		keys[i] = b.Key
	}
	return keys
}
