package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// verdict is what a look at the history's seals found, and what it cannot find.
type verdict struct {
	sh    *shell
	from  history
	found fleet.HistoryCheck
	err   error
	pager pager
}

func (v verdict) Typing() bool { return false }

func (v verdict) Update(msg tea.Msg) (screen, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return v, nil
	}
	keys := v.sh.keys
	if next, moved := v.pager.update(keys, press, len(v.lines(v.sh.body)), v.sh.body.height); moved {
		v.pager = next
		return v, nil
	}
	switch {
	case key.Matches(press, keys.check):
		return v.from.verify()
	case key.Matches(press, keys.back, keys.quit):
		return v.from.resume()
	}
	return v, nil
}

func (v verdict) Keys() []key.Binding {
	k := v.sh.keys
	keys := []key.Binding{as(k.check, "look again"), k.back, as(k.quit, "back")}
	if len(v.lines(v.sh.body)) > v.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return keys
}

func (v verdict) View(size size) view {
	out := view{trail: "The seals of the history"}
	var more bool
	if out.body, more = v.pager.window(v.lines(size), size.height); more {
		out.status = v.sh.theme.dim.Render("more below, j and k scroll")
	}
	return out
}

func (v verdict) lines(size size) []string {
	t := v.sh.theme
	if v.err != nil {
		said := fault.OfAt(v.err, v.sh.now()).WithLog(v.sh.log())
		return paragraphs([][]string{
			headline(t, t.bad.Render(t.glyphs.cross), said, size.width),
			prose(said.Why, size.width), prose(said.Next, size.width),
		}, size.height)
	}
	says := fault.OfHistory(v.found)
	sign := t.ok.Render(t.glyphs.done)
	if v.found.Fault != fleet.HistorySound {
		sign = t.bad.Render(t.glyphs.cross)
	}
	blocks := [][]string{headline(t, sign, fault.Fault{What: says[0]}, size.width)}
	for _, sentence := range says[1:] {
		blocks = append(blocks, prose(sentence, size.width))
	}
	limits := prose("What this cannot find", size.width)
	for _, line := range prose(fault.HistoryLimits, size.width) {
		limits = append(limits, t.dim.Render(line))
	}
	return paragraphs(append(blocks, limits), size.height)
}
