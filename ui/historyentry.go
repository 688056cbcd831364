package ui

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet/fault"
)

// historyEntry shows one entry of the history whole.
type historyEntry struct {
	sh    *shell
	row   historyRow
	from  history
	pager pager
}

func (e historyEntry) Typing() bool { return false }

func (e historyEntry) Update(msg tea.Msg) (screen, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return e, nil
	}
	if next, moved := e.pager.update(e.sh.keys, press, len(e.lines(e.sh.body.width)), e.sh.body.height); moved {
		e.pager = next
		return e, nil
	}
	if key.Matches(press, e.sh.keys.back, e.sh.keys.quit) {
		return e.from.resume()
	}
	return e, nil
}

func (e historyEntry) Keys() []key.Binding {
	k := e.sh.keys
	keys := []key.Binding{k.back, as(k.quit, "back")}
	if len(e.lines(e.sh.body.width)) > e.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return keys
}

func (e historyEntry) View(size size) view {
	v := view{trail: fmt.Sprintf("Entry %d of the history", e.row.entry.Seq)}
	var more bool
	if v.body, more = e.pager.window(e.lines(size.width), size.height); more {
		v.status = e.sh.theme.dim.Render("more below, j and k scroll")
	}
	return v
}

func (e historyEntry) lines(width int) []string {
	t, r, now := e.sh.theme, e.row, e.sh.now()
	var lines []string
	add := func(label string, paragraphs ...string) {
		lines = append(lines, t.fact(label, width, paragraphs...)...)
	}
	when := r.entry.At.In(now.Location()).Format("Monday, January 2 2006, 15:04:05")
	if ago := now.Sub(r.entry.At); ago >= 0 {
		when += ", " + fault.Ago(ago)
	}
	add("When", when)
	if r.bot != "" {
		bot := r.bot
		if r.entry.Key.ID != 0 && bot != r.entry.Key.String() {
			bot += " " + t.glyphs.dot + " " + fault.Clean(r.entry.Key.String())
		}
		if _, known := e.sh.bot(r.entry.Key); !known && r.entry.Key.ID != 0 {
			bot += ", no longer in the list"
		}
		add("Bot", bot)
	}
	add("Action", r.action)
	result := []string{t.mark(r.mark) + " " + r.result}
	if said := fault.OfKind(r.entry.Outcome); said.What != "" && r.mark != fault.Waiting {
		result = append(result, t.dim.Render(said.What), t.dim.Render(said.Why))
	}
	add("Result", result...)
	if r.detail != "" {
		add("Detail", r.detail)
	}
	sealed := "yes"
	switch {
	case r.entry.Seal != nil:
	case e.sh.ring() == ringMemory:
		sealed = "no: what is kept in memory only is forgotten at quit"
	default:
		sealed = "not yet: at the next action that has the keyring open"
	}
	add("Sealed", sealed)
	return lines
}
