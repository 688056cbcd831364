package ui

import (
	"errors"
	"fmt"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// body is what the screen says at its stage.
func (r rotation) body(size size) []string {
	switch r.stage {
	case rotationLooking:
		return []string{indentBy(margin(size.width)) + r.spinner() + " Asking who manages it"}
	case rotationConfirm:
		return r.question(size)
	case rotationAgain:
		return r.cutOff(size)
	case rotationByHand:
		return r.steps(size)
	case rotationRuns:
		return r.progress(size)
	case rotationDone:
		return r.result(size)
	case rotationFailed:
	}
	t, said := r.sh.theme, fault.OfAt(r.err, r.sh.now()).WithLog(r.sh.log())
	return paragraphs([][]string{faultLines(t, said, size.width), prose(said.NotSaved, size.width)}, size.height)
}

func (r rotation) spinner() string {
	t := r.sh.theme
	return t.focus.Render(t.glyphs.spinner[r.frame%len(t.glyphs.spinner)])
}

// question says who revokes, what dies, and what is done then.
func (r rotation) question(size size) []string {
	t := r.sh.theme
	manager := displayName(r.plan.Manager)
	if r.plan.Manager.Profile.Username != "" {
		manager += "   " + t.dim.Render("@"+fault.Clean(r.plan.Manager.Profile.Username))
	}
	facts := t.fact("Manager", size.width, manager)
	facts = append(facts, t.fact("Will end", size.width, dying(r.plan.Lost)...)...)
	says := "Telegram revokes the token and gives a new one, which is saved and logged in. The old token is dead from then on, " +
		"wherever it is: what runs with it stops."
	return paragraphs([][]string{facts, prose(says, size.width)}, size.height)
}

// dying are the sessions that end with a token.
func dying(lost []store.LostSession) []string {
	if len(lost) == 0 {
		return []string{"no session"}
	}
	lines := make([]string, len(lost))
	for i, each := range lost {
		lines[i] = "session " + fault.Clean(each.Name) + ", runs " + fault.Runs(fleet.Session{Runs: each.Runs, At: each.At})
	}
	return lines
}

// cutOff says how far an earlier rotation came, or that it turned out to have done nothing.
func (r rotation) cutOff(size size) []string {
	t := r.sh.theme
	if errors.Is(r.err, fleet.ErrNotRevoked) {
		said := fault.OfAt(r.err, r.sh.now())
		said.Next = ""
		return paragraphs([][]string{headline(t, t.waiting.Render(t.glyphs.waiting), said, size.width), prose(said.Why, size.width)}, size.height)
	}
	said := fault.Fault{What: fault.RotationCutOff(fleet.CutOffRotation{Bot: r.bot, Step: r.plan.CutOff})}
	next := "It goes on from there."
	switch r.plan.CutOff {
	case store.RotationRevoking:
		next = "It goes on: its manager is asked which token is the current one. Nothing is revoked without asking."
	case store.RotationPasted:
		next = "It goes on with that token: it is logged in, and takes the old one's place."
	case store.RotationSaved:
		next = "It goes on: what is left is a login, and to clear up."
	}
	return paragraphs([][]string{headline(t, t.waiting.Render(t.glyphs.waiting), said, size.width), prose(next, size.width)}, size.height)
}

// steps are what is to be done in @BotFather.
func (r rotation) steps(size size) []string {
	var steps []string
	for i, step := range fault.ByHand(r.bot) {
		steps = append(steps, prose(fmt.Sprintf("%d. %s", i+1, step), size.width)...)
	}
	head := prose("No bot on this ring manages it, so this takes @BotFather.", size.width)
	if r.plan.Manager.ID != 0 || r.err != nil {
		head = prose("By hand, in @BotFather:", size.width)
	}
	says := prose("y, then u copies the @username. The old token and its sessions stop working; the new one rests in the keyring until it is logged in.", size.width)
	for i := range says {
		says[i] = r.sh.theme.dim.Render(says[i])
	}
	return paragraphs([][]string{head, steps, says}, size.height)
}

// progress are the stages, each in its place from the beginning.
func (r rotation) progress(size size) []string {
	drawn := progress{sh: r.sh, frame: r.frame}
	running := -1
	for i, l := range r.lines {
		if l.begun && !l.done {
			running = i
		}
	}
	var lines []string
	for i, l := range r.lines {
		lines = append(lines, drawn.line(l.stageLine, i == running, size.width))
	}
	// Where not all have room, what runs is among those that show.
	from, to := window(running, len(lines), size.height)
	return lines[from:to]
}

// result says what was done and what whoever had the token needs.
func (r rotation) result(size size) []string {
	t, width, done := r.sh.theme, size.width, r.rotated
	bot := done.Bot
	if row, known := r.sh.bot(r.bot.Key); known {
		bot = row
	}
	head := indentBy(margin(width)) + t.ok.Render(t.glyphs.done) + " " +
		t.strong.Render(t.cut(displayName(bot)+" has a new token", width-margin(width)-3))
	by := "pasted, by hand"
	if done.Manager.ID != 0 {
		by = "by " + displayName(done.Manager)
	}
	facts := t.fact("Revoked", width, by)
	_, state := fault.State(bot, r.sh.now())
	login := []string{state}
	if done.NotLoggedIn != nil {
		login = []string{fault.OfAt(done.NotLoggedIn, r.sh.now()).What, "The new token is saved."}
	}
	facts = append(facts, t.fact("State", width, login...)...)
	if old := fault.OldTokenIs(done.Old); old != "" {
		facts = append(facts, t.fact("Old token", width, old)...)
	}
	places := fault.HoldOlder(r.places)
	if len(r.places) > 0 {
		places += " " + t.dim.Render(r.sh.keys.places.Help().Key+" lists them.")
	}
	facts = append(facts, t.fact("Places", width, places)...)
	var needs []string
	for _, lost := range done.Lost {
		needs = append(needs, prose(fault.Bereft(lost), width)...)
	}
	needs = append(needs, prose(fault.TokenConsumers, width)...)
	return paragraphs([][]string{{head}, facts, needs}, size.height)
}

// upperFirst makes a sentence of its second half.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
