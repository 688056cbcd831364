package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

func (l leak) View(size size) view {
	t := l.sh.theme
	v := view{trail: "The token of " + whom(l.bots) + " got out"}
	switch {
	case size.width < narrow:
		v.trail = "Got out: " + whom(l.bots)
	case len(l.bots) > 1:
		v.trail = "The tokens of " + whom(l.bots) + " got out"
	}
	var more bool
	v.body, more = l.pager.window(l.body(size), size.height)
	switch {
	case l.cancelling:
		v.status = t.waiting.Render("Cancelling" + t.glyphs.ellipsis)
	case l.says != "":
		v.status = t.waiting.Render(l.says)
	case l.stage == leakConfirm:
		v.body = l.pager.windowAsked(t, l.body(size), size.height, size.width)
		v.status = t.waiting.Render(l.question())
	case more:
		v.status = t.dim.Render("more below, j and k scroll")
	}
	return v
}

// body is what the screen says at its stage.
func (l leak) body(size size) []string {
	t := l.sh.theme
	switch l.stage {
	case leakLooking:
		says := "Asking who can revoke it"
		if len(l.bots) > 1 {
			says = fmt.Sprintf("Asking who can revoke them: %d of %d", len(l.plans), len(l.bots))
		}
		return []string{indentBy(margin(size.width)) + l.spinner() + " " + says}
	case leakConfirm:
		if len(l.bots) > 1 {
			return l.aboutMany(size)
		}
		return l.aboutOne(size)
	case leakRuns:
		return l.progress(size)
	case leakDone:
		return l.result(size)
	case leakFailed:
	}
	said := fault.OfAt(l.err, l.sh.now()).WithLog(l.sh.log())
	return paragraphs([][]string{faultLines(t, said, size.width), prose(said.NotSaved, size.width)}, size.height)
}

func (l leak) spinner() string {
	t := l.sh.theme
	return t.focus.Render(t.glyphs.spinner[l.frame%len(t.glyphs.spinner)])
}

// after puts what cannot be done from here before all else. What ends with a token only gives way to what is asked about
// where there is little room.
func (l leak) after(cannot string, blocks [][]string, size size) []string {
	if cannot == "" {
		return paragraphs(blocks, size.height)
	}
	t := l.sh.theme
	head := headline(t, t.bad.Render(t.glyphs.cross), fault.Fault{What: cannot}, size.width)
	limits := prose(fault.PanicLimits, size.width)
	if size.height < lowRemove {
		return paragraphs(append(append([][]string{head}, blocks...), limits), size.height)
	}
	return paragraphs(append([][]string{head, limits}, blocks...), size.height)
}

// aboutOne says what cannot be done, who revokes, and what ends.
func (l leak) aboutOne(size size) []string {
	t, plan := l.sh.theme, l.plans[0]
	var blocks [][]string
	cannot := ""
	if !plan.revocable() {
		cannot = fault.NotRevocable(plan.Bot, plan.err)
	}
	if plan.CutOff != "" {
		cut := fault.RotationCutOff(fleet.CutOffRotation{Bot: plan.Bot, Step: plan.CutOff})
		blocks = append(blocks, prose(cut+" It is finished first.", size.width))
	}
	var facts []string
	if plan.Manager.ID != 0 {
		facts = t.fact("Manager", size.width, displayName(plan.Manager))
	}
	facts = append(facts, t.fact("Will end", size.width, dying(plan.Lost)...)...)
	blocks = append(blocks, facts, prose(fault.PanicSteps(plan.revocable()), size.width))
	return l.after(cannot, blocks, size)
}

// tally sorts the bots: those whose tokens cannot be revoked from here first, then those of which that is not known.
func (l leak) tally() (none, unknown, revocable []fleet.Bot) {
	for _, plan := range l.plans {
		switch {
		case plan.revocable():
			revocable = append(revocable, plan.Bot)
		case plan.err == nil || errors.Is(plan.err, fleet.ErrNotManaged):
			none = append(none, plan.Bot)
		default:
			unknown = append(unknown, plan.Bot)
		}
	}
	return none, unknown, revocable
}

// aboutMany says which tokens cannot be revoked, and what is done about all. The names give way to what there is to
// decide.
func (l leak) aboutMany(size size) []string {
	none, unknown, revocable := l.tally()
	named, cannot, low := slices.Concat(none, unknown), "", size.height < lowRemove
	here, elsewhere := sessionsOf(l.bots)
	ends := count(here+elsewhere, "session") + " will end"
	if here+elsewhere == 0 {
		ends = "No session is left to end"
	}
	switch {
	case elsewhere == 1:
		ends += ", also the one that runs elsewhere"
	case elsewhere > 1:
		ends += fmt.Sprintf(", also the %d that run elsewhere", elsewhere)
	}
	if len(named) > 0 {
		cannot = fault.NotRevocableOf(len(none), len(unknown), len(l.bots))
		ends += "; " + count(len(named), "bot") + " will be tagged #" + fleet.TagLeaked
	} else {
		named = revocable
	}
	var rest [][]string
	if l.hidden > 0 {
		says := fmt.Sprintf("The filter hides %d of the %d.", l.hidden, len(l.bots))
		rest = append(rest, []string{indentBy(margin(size.width)) + l.sh.theme.waiting.Render(says)})
	}
	if len(revocable) > 0 && !low { // how many stands in the question as well
		says := count(len(revocable), "token") + " will be revoked by the bots here that manage them, and the new ones saved."
		rest = append(rest, prose(says, size.width))
	}
	rest = append(rest, prose(ends+".", size.width))
	with := func(room int) []string {
		return l.after(cannot, append([][]string{l.sh.naming(named, 0, size.width, room)}, rest...), size)
	}
	return with(max(1, size.height-len(with(1))+1))
}

// does is what enter does, in few words.
func (l leak) does() string {
	_, _, revocable := l.tally()
	switch {
	case len(l.bots) > 1:
		return "do it for all"
	case len(revocable) > 0:
		return "revoke it"
	case len(l.plans[0].Lost) == 1:
		return "end it"
	case len(l.plans[0].Lost) > 1:
		return "end them"
	}
	return "tag it"
}

// question asks whether to do it.
func (l leak) question() string {
	_, _, revocable := l.tally()
	if len(l.bots) > 1 {
		here, elsewhere := sessionsOf(l.bots)
		switch all := here + elsewhere; {
		case len(revocable) > 0 && all > 0:
			return "Revoke " + count(len(revocable), "token") + ", end " + count(all, "session") + "?"
		case len(revocable) > 0:
			return "Revoke " + count(len(revocable), "token") + "?"
		case all > 0:
			return "End " + count(all, "session") + "?"
		}
		return "Tag them #" + fleet.TagLeaked + "?"
	}
	lost := l.plans[0].Lost
	switch {
	case len(revocable) > 0 && len(lost) == 0:
		return "Revoke the token?"
	case len(revocable) > 0:
		return "Revoke the token? " + upperFirst(fault.LostWith(lost)) + "."
	case len(lost) == 1:
		return "End its session?"
	case len(lost) > 1:
		return fmt.Sprintf("End its %d sessions?", len(lost))
	}
	return "Tag it #" + fleet.TagLeaked + "?"
}

// progress are the things that are done, each in its place from the beginning.
func (l leak) progress(size size) []string {
	t, width := l.sh.theme, size.width
	running := -1
	for i, line := range l.lines {
		if line.begun {
			running = i
		}
	}
	var out []string
	for i, line := range l.lines {
		sign, name, at := " ", t.dim, ""
		switch {
		case line.done:
			sign, name = t.ok.Render(t.glyphs.done), t.text
		case i == running:
			sign, name, at = l.spinner(), t.text, fault.Stage(line.step)
		case line.begun:
			sign, name = t.bad.Render(t.glyphs.cross), t.text
		}
		room := width - margin(width) - 3
		says := name.Render(t.cut(line.does, room))
		if width >= narrow {
			says = name.Render(t.pad(line.does, min(40, room))) + "  " + t.dim.Render(at)
		}
		out = append(out, t.cut(indentBy(margin(width))+sign+" "+says, width))
	}
	if len(out) == 0 {
		out = append(out, indentBy(margin(width))+l.spinner()+" Tagging it #"+fleet.TagLeaked)
	}
	from, to := window(running, len(out), max(1, size.height))
	return out[from:to]
}

// result says what was done, what could not be, and what is left to do.
func (l leak) result(size size) []string {
	t, now, done, width := l.sh.theme, l.sh.now(), l.panicked, size.width
	left := fault.OfPanic(done, now)
	left.Type, left.Code = "", 0
	head := fault.Fault{What: "The token that got out is dead."}
	sign := t.ok.Render(t.glyphs.done)
	switch {
	case l.settled():
		head.What, left = "It is not tagged #"+fleet.TagLeaked+" any more: its token was replaced, or somebody said so.", fault.Fault{}
	case !done.Revoked:
		head, sign = left, t.bad.Render(t.glyphs.cross)
	}
	facts := t.fact("Token", width, fault.PanicToken(done))
	var sessions []string
	for _, session := range done.Sessions {
		sessions = append(sessions, fault.PanicSession(session, now))
	}
	if len(sessions) == 0 {
		sessions = []string{"none"}
	}
	facts = append(facts, t.fact("Sessions", width, sessions...)...)
	places := fault.WentOut(done.Places)
	if done.Revoked {
		places = fault.HoldOlder(done.Places)
	}
	facts = append(facts, t.fact("Places", width, append([]string{places}, l.oldest(width)...)...)...)
	blocks := [][]string{headline(t, sign, head, width)}
	if left.What != head.What {
		blocks = append(blocks, prose(left.What, width))
	}
	blocks = append(blocks, append(prose(left.Next, width), prose(left.NotSaved, width)...), facts)
	switch {
	case l.offersLogin():
		blocks = append(blocks, prose("The new token is saved, and the bot is not logged in: l does that.", width))
	case !done.Revoked && !l.settled():
		blocks = append(blocks, prose(fault.PanicLimits, width), prose(left.Why, width))
	case left.Why != "":
		blocks = append(blocks, prose(left.Why, width))
	}
	if l.err != nil {
		blocks = append(blocks, faultLines(t, fault.OfAt(l.err, now).WithLog(l.sh.log()), width))
	}
	return paragraphs(blocks, size.height)
}

// placesNamed is how many places a result names before it leaves the rest to their own screen.
const placesNamed = 3

// oldest names the places that matter: what is still to be changed there, or of a token that may still work all.
func (l leak) oldest(width int) []string {
	t := l.sh.theme
	var lines []string
	more := 0
	for _, d := range l.panicked.Places {
		if l.panicked.Revoked && d.State != store.Stale {
			continue
		}
		if len(lines) == placesNamed {
			more++
			continue
		}
		lines = append(lines, t.dim.Render(t.cut(strings.Join([]string{fault.WentTo(d), fault.WhatWent(d)}, " "+t.glyphs.dot+" "), width-margin(width)-factCells(width)-1)))
	}
	if more > 0 {
		lines = append(lines, t.dim.Render(fmt.Sprintf("and %d more: %s lists them.", more, l.sh.keys.places.Help().Key)))
	}
	return lines
}
