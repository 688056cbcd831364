package ui

import (
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
)

// bulk asks once before several bots are logged in or out, or one is logged out, and begins it.
type bulk struct {
	sh     *shell
	deed   deed
	bots   []fleet.Bot
	hidden int // how many of them the filter does not show
	// without is how many more were meant, which have no session to log out.
	without int
	// from is the screen that asked, home when nil.
	from   screen
	asked  guard
	notice string
	pager  pager
}

// newLoginMany asks whether to log bots in, hidden of which the filter does not show.
func newLoginMany(sh *shell, bots []fleet.Bot, hidden int) screen {
	return bulk{sh: sh, deed: loggingInMany, bots: bots, hidden: hidden, asked: guard{sh.now()}}
}

// newLoginAnew asks whether to log bots in once more, those too whose session works. One whose own session runs
// elsewhere is left alone also then: the login would take that session's place, and nothing would end it.
func newLoginAnew(sh *shell, bots []fleet.Bot) screen {
	b := bulk{sh: sh, deed: loggingInAnew, bots: bots, hidden: sh.list.hides(bots), asked: guard{sh.now()}}
	if len(b.meant()) == 0 {
		return b.turn(loggingInMany)
	}
	return b
}

// newLogOut asks whether to log bots out. Those without a session here are left out; where none has one it
// says so on the screen that asked, home when from is nil.
func newLogOut(sh *shell, bots []fleet.Bot, from screen) screen {
	b := bulk{sh: sh, deed: loggingOut, from: from, asked: guard{sh.now()}}
	for _, bot := range bots {
		if here, _ := sessionsOf([]fleet.Bot{bot}); here > 0 {
			b.bots = append(b.bots, bot)
		}
	}
	b.hidden, b.without = sh.list.hides(b.bots), len(bots)-len(b.bots)
	if len(b.bots) > 0 {
		return b
	}
	const nothing = "No session runs here, so there is nothing to log out."
	sh.list.notice = nothing
	return told(b.leave(), nothing)
}

// newRotateMany asks whether the tokens of bots are to be replaced, by the bots on the ring that manage them.
func newRotateMany(sh *shell, bots []fleet.Bot, hidden int) screen {
	return bulk{sh: sh, deed: rotatingMany, bots: bots, hidden: hidden, asked: guard{sh.now()}}
}

func (b bulk) Typing() bool { return false }

func (b bulk) Update(msg tea.Msg) (screen, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return b, nil
	}
	b.notice = ""
	keys := b.sh.keys
	if next, moved := b.pager.update(keys, press, len(b.lines(b.sh.body)), b.sh.body.height); moved {
		b.pager = next
		return b, nil
	}
	switch {
	case key.Matches(press, keys.back) && b.deed == loggingInAnew:
		return b.turn(loggingInMany), nil
	case key.Matches(press, keys.back, keys.quit):
		return b.leave(), nil
	case key.Matches(press, keys.login) && b.deed == loggingInMany && b.tally().works > 0:
		return b.turn(loggingInAnew), nil
	case key.Matches(press, keys.open) && b.asked.ready(b.sh.now()):
		bots := b.meant()
		cmd, began := b.sh.run(order{deed: b.deed, bots: bots, hidden: b.hides()})
		if !began {
			b.notice = busyWords
			return b, nil
		}
		return b.leave(), cmd
	}
	return b, nil
}

// turn asks about another deed, from the beginning.
func (b bulk) turn(d deed) bulk {
	b.deed, b.asked, b.pager = d, guard{b.sh.now()}, pager{}
	return b
}

// meant are the bots that it is done to. Where a bot runs elsewhere, a login that is not forced finds that out itself.
func (b bulk) meant() []fleet.Bot {
	if b.deed != loggingInAnew {
		return b.bots
	}
	return slices.DeleteFunc(slices.Clone(b.bots), runsElsewhere)
}

// hides is how many of these the filter does not show.
func (b bulk) hides() int {
	if b.deed != loggingInAnew {
		return b.hidden
	}
	return b.sh.list.hides(b.meant())
}

// runsElsewhere reports whether a bot's own session was given away: that is the one a login would replace.
func runsElsewhere(bot fleet.Bot) bool {
	s, has := bot.Session(store.DefaultSession)
	return has && s.Runs != store.Here
}

func (b bulk) leave() screen {
	if b.from != nil {
		return b.from
	}
	return b.sh.home()
}

// A loginTally is what logging bots in would meet.
type loginTally struct {
	// works have a session that worked when it was looked at last, wait are told to by Telegram, elsewhere are
	// logged in in another place, and the rest has to be logged in.
	works, wait, elsewhere, rest int
}

func (b bulk) tally() loginTally {
	var n loginTally
	for _, bot := range b.bots {
		_, has := bot.Session(store.DefaultSession)
		switch {
		case runsElsewhere(bot):
			n.elsewhere++
		case bot.Health.Status == store.OK && has:
			n.works++
		case bot.FloodUntil.After(b.sh.now()):
			n.wait++
		default:
			n.rest++
		}
	}
	return n
}

// sessionsOf counts the sessions of bots that run here and those that run elsewhere.
func sessionsOf(bots []fleet.Bot) (here, elsewhere int) {
	for _, b := range bots {
		for _, s := range b.Sessions {
			if s.Runs == store.Here {
				here++
			} else {
				elsewhere++
			}
		}
	}
	return here, elsewhere
}

func (b bulk) Keys() []key.Binding {
	k := b.sh.keys
	var keys []key.Binding
	switch b.deed {
	case loggingInMany:
		keys = []key.Binding{as(k.open, "log in")}
		if b.tally().works > 0 {
			keys = append(keys, as(k.login, b.sh.words("log in those that work too", "all anew")))
		}
	case loggingInAnew:
		keys = []key.Binding{as(k.open, "log all in anew")}
	case loggingOut:
		keys = []key.Binding{as(k.open, "log out")}
	case rotatingMany:
		keys = []key.Binding{as(k.open, "revoke them")}
	case checking, removing, loggingOutAway, restoring, importing, askingTokens, makingSafe:
	}
	keys = append(keys, k.back)
	if len(b.lines(b.sh.body)) > b.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return append(keys, as(k.quit, "back"))
}

func (b bulk) View(size size) view {
	v := view{trail: "Log in " + whom(b.meant()), status: b.notice}
	switch b.deed {
	case loggingOut:
		v.trail = "Log out " + whom(b.bots)
	case rotatingMany:
		v.trail = "Rotate the tokens of " + whom(b.bots)
	case checking, loggingInMany, loggingInAnew, removing, loggingOutAway, restoring, importing, askingTokens, makingSafe:
	}
	var more bool
	v.body, more = b.pager.window(b.lines(size), size.height)
	if more && v.status == "" {
		v.status = b.sh.theme.dim.Render("more below, j and k scroll")
	}
	return v
}

// lines are the bots and then what enter does, which keeps its place where there is little.
func (b bulk) lines(size size) []string {
	var rest []string
	for _, paragraph := range b.words(size.height < lowRemove) {
		if len(rest) > 0 && size.height >= lowRemove {
			rest = append(rest, "")
		}
		rest = append(rest, prose(paragraph, size.width)...)
	}
	if size.height >= lowRemove {
		rest = append([]string{""}, rest...)
	}
	return append(b.sh.naming(b.meant(), b.hides(), size.width, size.height-len(rest)), rest...)
}

// words are what is about to be done, and what it costs.
func (b bulk) words(short bool) []string {
	here, elsewhere := sessionsOf(b.bots)
	if b.deed == rotatingMany {
		what := fmt.Sprintf("Their tokens are revoked by the bots on this ring that manage them, and the new ones saved and logged in. %s will end.",
			count(here+elsewhere, "session"))
		switch {
		case elsewhere == 1:
			what += " 1 of them runs elsewhere: that place needs the new token."
		case elsewhere > 1:
			what += fmt.Sprintf(" %d of them run elsewhere: those places need the new tokens.", elsewhere)
		}
		return []string{what, "A bot that none of them manages is left as it is, for N on its card."}
	}
	if b.deed == loggingOut {
		what := fmt.Sprintf("%s at Telegram will end and leave this keyring. The tokens stay: l logs in again.", count(here, "session"))
		if elsewhere > 0 {
			what += fmt.Sprintf(" %d that run elsewhere will not end.", elsewhere)
		}
		switch {
		case b.without == 1:
			what += " 1 more has no session here and is left out."
		case b.without > 1:
			what += fmt.Sprintf(" %d more have no session here and are left out.", b.without)
		}
		return []string{what}
	}
	n := b.tally()
	cost := "Each login counts towards Telegram's limit. They begin one after the other, and wait longer between two once Telegram asks a bot to."
	if short {
		cost = "Each login counts towards Telegram's limit."
	}
	if b.deed == loggingInAnew {
		what := fmt.Sprintf("This logs in %s, also the %d whose session works; those sessions end.", count(n.works+n.rest, "bot"), n.works)
		if n.elsewhere > 0 {
			what += fmt.Sprintf(" %d that run elsewhere are left alone.", n.elsewhere)
		}
		return []string{what, cost}
	}
	return []string{n.words(), cost}
}

// words say who is logged in and who is left out, and why.
func (n loginTally) words() string {
	out := "None of them has to be logged in."
	if n.rest > 0 {
		out = count(n.rest, "bot") + " to log in."
	}
	if n.works > 0 {
		out += fmt.Sprintf(" %d worked at the last check: their sessions are looked at, and kept if they work.", n.works)
	}
	if n.wait > 0 {
		out += fmt.Sprintf(" %d may not log in yet: Telegram asked to wait.", n.wait)
	}
	if n.elsewhere > 0 {
		out += fmt.Sprintf(" %d run elsewhere and are left alone.", n.elsewhere)
	}
	return out
}
