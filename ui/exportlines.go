package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"

	"botring/fleet"
	"botring/fleet/fault"
)

func (e exports) Keys() []key.Binding {
	k := e.sh.keys
	switch {
	case e.cancelling:
		return nil
	case e.task.id != 0:
		return []key.Binding{as(k.back, "cancel")}
	case e.asking:
		return []key.Binding{as(k.open, "give it away"), as(k.back, "keep it")}
	}
	return append([]key.Binding{as(k.open, "export"), k.back}, e.form.keys(e.sh)...)
}

func (e exports) View(size size) view {
	t := e.sh.theme
	v := view{trail: "Export " + displayName(e.bot), status: t.waiting.Render(e.says)}
	about := e.about(size.width)
	fields, cursor := e.form.lines(e.sh, size.width)
	if !e.asking && len(fields)+len(about) > size.height {
		var where string
		fields, cursor, where = e.form.one(e.sh, size.width)
		v.trail = "Export " + where
	}
	v.body, v.cursor = about, nil
	if !e.asking { // then what it means is all there is to read
		for i := range about {
			about[i] = t.dim.Render(about[i])
		}
		v.body = paragraphs([][]string{fields, about}, size.height)
	}
	if !e.asking && e.task.id == 0 {
		v.cursor = cursor
	}
	switch {
	case e.cancelling:
		v.status = t.waiting.Render("Cancelling" + t.glyphs.ellipsis)
	case e.task.id != 0:
		v.status = fault.Stage(e.step) + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case e.asking:
		name, _, _ := e.leaving()
		v.status = t.waiting.Render("Give session " + fault.Clean(name) + " away?")
	}
	return v
}

// about says what the export costs, and what its form loses.
func (e exports) about(width int) []string {
	form := e.shape()
	if !form.HasSession() {
		return prose("Token and app go alone. The program logs in by itself, which makes a session that botring does not know of.", width)
	}
	name, session, there := e.leaving()
	var says []string
	switch {
	case e.takesAway():
		says = append(says, "Session "+name+" runs "+fault.Runs(session)+", and Telegram ends a session that is used in two places at once. "+
			"Once it is given away it must not be used "+fault.Runs(session)+" any more.")
	case there:
		says = append(says, "Session "+name+" runs "+fault.Runs(session)+" already, and goes out once more.")
	default:
		says = append(says, "A session is made for its place: one more login, which counts towards Telegram's limit. It is never opened here.")
	}
	if !there || len(e.bot.Sessions) > 1 {
		says = append(says, fault.SessionCost)
	}
	if lost := lostIn(form.Kind, e.bot.Environment); lost != "" {
		says = append(says, form.Kind.Library()+" has no room for "+lost+".")
	}
	return prose(strings.Join(says, " "), width)
}

// lostIn lists what people would have to give a library anew.
func lostIn(kind fleet.SessionKind, environment string) string {
	var lost []string
	for _, field := range []fleet.SessionField{fleet.SessionAddress, fleet.SessionAPIID, fleet.SessionUserID, fleet.SessionTest} {
		if !kind.Keeps(field) && (field != fleet.SessionTest || environment == "test") {
			lost = append(lost, fault.SessionField(field))
		}
	}
	return strings.Join(lost, ", ")
}
