package ui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
	"botring/fleet/store"
)

func (p places) Keys() []key.Binding {
	k := p.sh.keys
	switch {
	case p.cancelling:
		return nil
	case p.busy():
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}
	case p.trouble.there():
		return p.trouble.keys(p.sh, "back to the list")
	case p.update != nil:
		keys := []key.Binding{as(k.open, "write it"), as(k.back, "leave it"), as(k.quit, "leave it")}
		if len(p.preview(p.sh.body.width)) > p.sh.body.height {
			keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
		}
		return keys
	}
	var keys []key.Binding
	if p.updatable() {
		keys = append(keys, as(k.open, "update the file"))
	}
	if d, ok := p.current(); ok && d.State != store.Current {
		says := "seen to"
		if d.State == store.Done {
			says = "not seen to"
		}
		keys = append(keys, as(k.mark, says))
	}
	keys = append(keys, k.back)
	if len(p.all) > 1 {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.quit, "back"))
}

func (p places) View(size size) view {
	t := p.sh.theme
	bot, _ := p.sh.bot(p.key)
	v := view{trail: "Where it went " + t.glyphs.trail + " " + displayName(bot), status: p.notice}
	switch {
	case p.trouble.there():
		v.body, v.status = p.trouble.draw(p.sh, size)
		return v
	case p.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case p.busy():
		v.status = p.doing.String() + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case p.update != nil:
		v.body = p.pager.windowAsked(t, p.preview(size.width), size.height, size.width)
		v.status = t.waiting.Render(t.roomy(size.width-2, "Write it? Nothing else of the file changes.", "Write it?"))
		return v
	}
	if len(p.all) == 0 {
		if p.known {
			v.body = prose(fault.NothingWentOut, size.width)
		}
		return v
	}
	about := p.about(size.width)
	// A notice that is longer than the status line stands whole below the list.
	if ansi.StringWidth(v.status)+2 > size.width {
		about, v.status = append([]string{""}, prose(v.status, size.width)...), ""
	}
	from, to := window(p.at(), len(p.all), max(1, size.height-len(about)))
	for i := from; i < to; i++ {
		v.body = append(v.body, p.line(p.all[i], i == p.at(), size.width))
	}
	v.body = append(v.body, about...)
	return v
}

// line draws one place. What of a path matters most is its end.
func (p places) line(d fleet.Departure, selected bool, width int) string {
	t := p.sh.theme
	bar, where := " ", t.text
	if selected {
		bar, where = t.focus.Render(t.glyphs.row), t.strong
	}
	mark, state := fault.PlaceState(d)
	ago := fault.Ago(p.sh.now().Sub(d.Last))
	right := fmt.Sprintf("  %-11s  %s", state, t.pad(ago, 12))
	if width < narrow {
		right = "  " + t.pad(state, 11)
	}
	room := max(1, width-6-ansi.StringWidth(right))
	name := fault.WentTo(d)
	if over := ansi.StringWidth(name) - room; over > 0 {
		name = ansi.TruncateLeft(name, over+1, t.glyphs.ellipsis)
	}
	return t.cut(" "+bar+" "+t.mark(mark)+" "+where.Render(t.pad(name, room))+t.dim.Render(right), width)
}

// about says more of the selected place.
func (p places) about(width int) []string {
	t, now := p.sh.theme, p.sh.now()
	d, _ := p.current()
	dot := " " + t.glyphs.dot + " "
	says := []string{fault.WhatWent(d), fault.Clean(d.How), "last " + fault.Ago(now.Sub(d.Last))}
	if d.Count > 1 {
		says = append(says, fmt.Sprintf("%d times since %s", d.Count, d.First.In(now.Location()).Format("2006-01-02")))
	}
	if d.State == store.Done {
		says = append(says, "seen to "+fault.Ago(now.Sub(d.DoneAt)))
	}
	lines := append([]string{""}, prose(fault.WentTo(d), width)...)
	return append(lines, prose(strings.Join(says, dot), width)...)
}

// preview is what would change in a file.
func (p places) preview(width int) []string {
	u := p.update
	var lines []string
	add := func(text string) { lines = append(append(lines, ""), prose(text, width)...) }
	for line := range strings.Lines(fault.MaskedDiff(fault.Clean(u.file.Path), u.made.Changed)) {
		lines = append(lines, p.sh.theme.cut(" "+strings.TrimSuffix(line, "\n"), width))
	}
	if len(u.made.Left) > 0 {
		add("An older token is left in " + fault.Lines(u.made.Left) + ", within a comment or a text.")
	}
	if len(u.made.Sessions) > 0 {
		add(fault.OwnSession)
	}
	backup := "What it is now is kept in " + fault.Clean(u.file.Path) + files.BackupEnding + ", with the older token."
	if u.over {
		backup += " The backup that is there is written over."
	}
	add(backup)
	return lines
}
