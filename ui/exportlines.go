package ui

import (
	"fmt"
	"slices"
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
		return []key.Binding{as(k.open, e.gives()), as(k.back, e.keeps())}
	}
	return append([]key.Binding{as(k.open, "export"), k.back}, e.form.keys(e.sh)...)
}

func (e exports) View(size size) view {
	t := e.sh.theme
	v := view{trail: "Export " + whom(e.bots), status: t.waiting.Render(e.says)}
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
		v.status = fault.Stage(e.step) + t.glyphs.ellipsis
		if e.toMake > 1 {
			v.status += fmt.Sprintf(" %s session %d of %d", t.glyphs.dot, min(e.made+1, e.toMake), e.toMake)
		}
		v.status += " " + t.glyphs.dot + " esc cancels"
	case e.asking && len(e.bots) > 1:
		v.status = t.waiting.Render("Export " + whom(e.bots) + "?")
	case e.asking:
		v.status = t.waiting.Render("Give session " + fault.Clean(e.leaving()) + " away?")
	}
	return v
}

// gives and keeps are what enter and esc do with what is asked about.
func (e exports) gives() string {
	if len(e.bots) > 1 {
		return "export"
	}
	return "give it away"
}

func (e exports) keeps() string {
	if len(e.bots) > 1 {
		return "back"
	}
	return "keep it"
}

// about says what the export costs, and what its form loses.
func (e exports) about(width int) []string {
	form := e.shape()
	var says []string
	if e.hidden > 0 {
		says = append(says, fmt.Sprintf("The filter hides %d of %s.", e.hidden, whom(e.bots)))
	}
	if !form.HasSession() {
		alone := "Token and app go alone. The program logs in by itself, which makes a session that botring does not know of."
		if len(e.bots) > 1 {
			alone = "Tokens and apps go alone. The programs log in by themselves, which makes sessions that botring does not know of."
		}
		says = append(says, alone)
		if form.Envelope == fleet.SystemdCredential {
			says = append(says, fault.SystemdUse)
		}
		return prose(strings.Join(says, " "), width)
	}
	if len(e.bots) > 1 {
		says = append(says, e.costs()...)
	} else {
		says = append(says, e.cost())
	}
	toMake, _, _ := e.sorted()
	if len(toMake) > 0 || slices.ContainsFunc(e.bots, func(b fleet.Bot) bool { return len(b.Sessions) > 1 }) {
		says = append(says, fault.SessionCost)
	}
	if lost := lostIn(form.Kind, e.bots); lost != "" {
		says = append(says, form.Kind.Library()+" has no room for "+lost+".")
	}
	if form.Envelope == fleet.SystemdCredential {
		says = append(says, fault.SystemdUse)
	}
	return prose(strings.Join(says, " "), width)
}

// cost is what becomes of the session of a single bot.
func (e exports) cost() string {
	session, there := e.bots[0].Session(e.leaving())
	name := fault.Clean(e.leaving())
	switch _, taken, _ := e.sorted(); {
	case len(taken) > 0:
		return "Session " + name + " runs " + fault.Runs(session) + ", and Telegram ends a session that is used in two places at once. " +
			"Once it is given away it must not be used " + fault.Runs(session) + " any more."
	case there:
		return "Session " + name + " runs " + fault.Runs(session) + " already, and goes out once more."
	}
	return "A session is made for its place: one more login, which counts towards Telegram's limit. It is never opened here."
}

// costs are what becomes of the sessions of several.
func (e exports) costs() []string {
	toMake, taken, there := e.sorted()
	name := fault.Clean(e.leaving())
	var says []string
	if n := len(toMake); n > 0 {
		says = append(says, fmt.Sprintf("%s made for their place, by %s, which count towards Telegram's limit; one follows the other. They are never opened here.",
			isOrAre(n, "session"), count(n, "login")))
	}
	if n := len(taken); n > 0 {
		runs := fault.AllRun(taken, e.leaving())
		says = append(says, fmt.Sprintf("Session %s of %s runs %s, and Telegram ends a session that is used in two places at once. "+
			"Once it is given away it must not be used %s any more.", name, count(n, "bot"), runs, runs))
	}
	if n := len(there); n > 0 {
		says = append(says, fmt.Sprintf("Session %s of %s goes out once more.", name, count(n, "bot")))
	}
	return says
}

func isOrAre(n int, what string) string {
	if n == 1 {
		return count(n, what) + " is"
	}
	return count(n, what) + " are"
}

// lostIn lists what people would have to give a library anew.
func lostIn(kind fleet.SessionKind, bots []fleet.Bot) string {
	test := slices.ContainsFunc(bots, func(b fleet.Bot) bool { return b.Environment == "test" })

	var lost []string
	for _, field := range []fleet.SessionField{fleet.SessionAddress, fleet.SessionAPIID, fleet.SessionUserID, fleet.SessionTest} {
		if !kind.Keeps(field) && (field != fleet.SessionTest || test) {
			lost = append(lost, fault.SessionField(field))
		}
	}
	return strings.Join(lost, ", ")
}
