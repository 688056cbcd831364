package ui

import (
	"fmt"

	"charm.land/bubbles/v2/key"

	"botring/fleet"
	"botring/fleet/fault"
)

// lowRemove is the height of body below which only what is needed to decide is said.
const lowRemove = 12

// lines is the body: which bots, and then what there is to decide. The bots give way to that, so that
// nothing has to be confirmed unseen.
func (r remove) lines(size size) []string {
	var gap, rest []string
	if size.height >= lowRemove {
		gap = []string{""}
	}
	switch r.stage {
	case removeChoose:
		rest = append(prose(r.lost(size.height < lowRemove), size.width), gap...)
		rest = append(rest, r.ways(size.width)...)
	case removeConfirm:
		rest = prose(r.question(), size.width)
	}
	names := r.sh.naming(r.bots, r.hidden, size.width, size.height-len(rest)-len(gap))
	return append(append(names, gap...), rest...)
}

// naming names bots in at most height lines, or in as few as say how many there are and how many of them the
// filter hides.
func (sh *shell) naming(bots []fleet.Bot, hidden, width, height int) []string {
	t := sh.theme
	var lines, hint []string
	if hidden > 0 {
		hint = []string{t.waiting.Render(fmt.Sprintf("The filter hides %d of them.", hidden))}
	}
	shown := min(len(bots), max(1, height-len(hint)))
	if shown < len(bots) {
		// A line for how many more there are.
		shown = max(1, shown-1)
	}
	for _, b := range bots[:shown] {
		mark, _ := fault.State(b, sh.now())
		line := t.mark(mark) + " " + displayName(b)
		if b.Profile.Username != "" {
			line += "   " + t.dim.Render("@"+fault.Clean(b.Profile.Username))
		}
		lines = append(lines, line)
	}
	if more := len(bots) - shown; more > 0 {
		lines = append(lines, t.dim.Render(fmt.Sprintf("and %d more", more)))
	}
	return indent(append(lines, hint...), margin(width))
}

// lost says what is gone afterwards and what is not.
func (r remove) lost(short bool) string {
	switch one := len(r.bots) == 1; {
	case short && one:
		return "Token and sessions leave the keyring; the bot stays at Telegram."
	case short:
		return "Tokens and sessions leave the keyring; the bots stay at Telegram."
	case one:
		return "Its token and sessions leave the keyring; label, tags and state leave the list. The bot stays at Telegram and its token stays valid: @BotFather shows it."
	}
	return "Their tokens and sessions leave the keyring; labels, tags and states leave the list. The bots stay at Telegram and their tokens stay valid: @BotFather shows them."
}

// ways are the two ways, with what each means for the sessions.
func (r remove) ways(width int) []string {
	here, elsewhere := sessionsOf(r.bots)
	alive := "no session to log out"
	if here+elsewhere > 0 {
		alive = count(here+elsewhere, "session") + " stay alive at Telegram"
		if here+elsewhere == 1 {
			alive = "its session stays alive at Telegram"
		}
	}
	lines := r.option(r.sh.keys.removeHere, alive, width)
	if here == 0 {
		return lines
	}
	ended := count(here, "session") + " of this keyring will end"
	if elsewhere > 0 {
		ended += fmt.Sprintf("; %d that run elsewhere will not", elsewhere)
	}
	return append(lines, r.option(as(r.sh.keys.logOut, "log out, then remove"), ended, width)...)
}

// beside is the width from which a way and its meaning stand on one line.
const beside = 70

// option is one of them: key, what it does, what that means.
func (r remove) option(b key.Binding, means string, width int) []string {
	t, m := r.sh.theme, margin(width)
	head := t.key.Render(b.Help().Key) + "   " + t.pad(b.Help().Desc, 22)
	if width >= beside {
		return indent([]string{t.cut(head+"   "+t.dim.Render(means), width-m)}, m)
	}
	return indent([]string{head, "    " + t.dim.Render(t.cut(means, width-m-4))}, m)
}
