package ui

import (
	"fmt"
	"time"

	"botring/fleet/fault"
)

func (b bots) View(size size) view {
	sh, t, list := b.sh, b.sh.theme, &b.sh.list
	v := view{tab: tabBots, status: b.status()}
	if list.finding || list.filter != "" {
		var line string
		line, v.cursor = t.filterLine(b.field, filterHint, list.finding, size.width)
		v.body = append(v.body, line)
	}
	c := list.columns
	if list.measured != size.width {
		c = list.widths.measure(size.width)
	}
	v.body = append(v.body, t.header(c, list.order))
	now := sh.now()
	for i := list.top; i < min(list.top+list.visible(), len(list.rows)); i++ {
		v.body = append(v.body, t.line(c, list.rows[i], b.look(i, now)))
	}
	if len(list.rows) == 0 {
		v.body = append(v.body, prose("No bot matches. esc shows all.", size.width)...)
	}
	return v
}

// look is how row i is drawn now.
func (b bots) look(i int, now time.Time) rowLook {
	sh, list := b.sh, &b.sh.list
	bot := list.rows[i].bot
	look := rowLook{selected: i == list.selected, marked: list.marked[bot.Key], ranged: list.spans(i), found: list.words.marked(list.rows[i])}
	var mine bool
	if look.mark, look.state, mine = sh.errand.says(sh, bot.Key); mine {
		return look
	}
	mark, state := fault.State(bot, now)
	look.mark, look.state = sh.theme.mark(mark), state
	return look
}

func (b bots) status() string {
	sh := b.sh
	switch {
	case b.asking:
		return fmt.Sprintf("Check %s? enter checks %s esc does not", count(len(sh.bots), "bot"), sh.theme.glyphs.dot)
	case b.yank.pending:
		return b.yank.status(sh)
	case sh.list.span.on && sh.list.notice == "":
		return sh.spanStatus()
	case sh.list.notice != "":
		return sh.list.notice // what a key just did; the clock takes it away where something runs
	case sh.errand.running():
		if copied := sh.clipboard.fresh(sh.now()); copied != "" {
			return copied
		}
		return sh.errand.status(sh, true)
	}
	if copied := sh.clipboard.status(sh.now()); copied != "" {
		return copied
	}
	return sh.theme.dim.Render(sh.watch.beside(sh, sh.counts()))
}
