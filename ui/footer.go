package ui

import (
	"fmt"
	"strings"

	"botring/fleet/fault"
)

// counts is the footer: how many bots, and how many in each state.
func (sh *shell) counts() string {
	l, now := &sh.list, sh.now()
	switch {
	case sh.beginning:
		return count(l.first, "bot")
	case l.first > 0: // the rest could not be read
		return fmt.Sprintf("the first %d of %s", len(l.all), count(l.first, "bot"))
	}
	n := map[fault.Mark]int{}
	for i := range l.all {
		n[fault.MarkAt(&l.all[i].bot, now)]++
	}
	parts := []string{count(len(l.all), "bot")}
	for _, each := range []struct {
		mark fault.Mark
		one  string
		many string
	}{
		{fault.OK, "ok", "ok"}, {fault.Waiting, "waiting", "waiting"},
		{fault.NeedsYou, "needs you", "need you"}, {fault.Unknown, "not logged in or not known", "not logged in or not known"},
	} {
		switch {
		case n[each.mark] == 1:
			parts = append(parts, "1 "+each.one)
		case n[each.mark] > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n[each.mark], each.many))
		}
	}
	line := strings.Join(parts, " "+sh.theme.glyphs.dot+" ")
	if len(l.words) > 0 {
		line = fmt.Sprintf("%d of %s", len(l.rows), line)
	}
	if len(l.marked) > 0 {
		marks := fmt.Sprintf("%d marked", len(l.marked))
		if hidden := l.hidden(); hidden > 0 {
			marks += fmt.Sprintf(", %d hidden", hidden)
		}
		line = marks + " " + sh.theme.glyphs.dot + " " + line
	}
	return line
}
