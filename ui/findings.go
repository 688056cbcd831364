package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/radar"
)

// findings lists the secrets that a scan has found: whose they are and where, and nothing of what they are.
type findings struct {
	sh     *shell
	from   scan
	found  scanned
	owners fleet.Owners

	at int
	// aside: what the scan left out is on show, in the place of the list.
	aside bool
	pager pager // of that
	// fresh until the first key: what matters most about the scan stands in the status line where nothing else says it.
	fresh bool
	said  string
}

func newFindings(from scan, found scanned) screen {
	return findings{sh: from.sh, from: from, found: found, owners: fleet.OwnersAmong(from.sh.bots, from.sh.apps), fresh: true}.only()
}

// only shows what was left out where there is nothing to list.
func (l findings) only() findings {
	l.aside = l.aside || len(l.found.secrets) == 0
	return l
}

func (l findings) Typing() bool { return false }

// marksMsg is what the secrets of the ring are known by now.
type marksMsg struct {
	fleet.Marked
	err error
}

// resume looks again whose the secrets are: a token may have been replaced meanwhile, by a rotation that began here.
func (l findings) resume() (screen, tea.Cmd) {
	l.owners = fleet.OwnersAmong(l.sh.bots, l.sh.apps)
	f, ctx := l.sh.fleet, l.sh.ctx
	return l, func() tea.Msg {
		marks, err := f.Marks(ctx)
		return marksMsg{marks, err}
	}
}

// again is the list with what is known of the secrets by now. Whether a token works that was replaced since nobody has asked.
func (l findings) again(msg marksMsg) findings {
	if msg.err != nil || msg.Key != l.found.key {
		return l // the next look may tell, and other marks nothing
	}
	l.found.secrets = slices.Clone(l.found.secrets)
	for i := range l.found.secrets {
		at := &l.found.secrets[i]
		old := at.Old()
		if at.Finding = msg.Again(at.Finding); at.Old() && !old {
			at.verdict = fleet.TokenUnknown
		}
	}
	return l
}

func (l findings) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case catalogueMsg:
		return l.resume()
	case marksMsg:
		return l.again(msg), nil
	case tea.PasteMsg:
		return newAddPasted(l.sh, msg.Content), nil
	case tea.KeyPressMsg:
		l.fresh, l.said = false, ""
		return l.press(msg)
	}
	return l, nil
}

// saying takes the word of a screen that was opened from here.
func (l findings) notice(text string) screen { l.said = text; return l }

func (l findings) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := l.sh, l.sh.keys
	if l.aside {
		if next, moved := l.pager.update(keys, msg, len(l.remarks(sh.body.width)), sh.body.height); moved {
			l.pager = next
			return l, nil
		}
	} else if by, moved := keys.steps(msg, sh.body.height/2, len(l.found.secrets)); moved {
		l.at = clamp(l.at+by, 0, len(l.found.secrets)-1)
		return l, nil
	}
	bot, has := l.bot()
	switch {
	case key.Matches(msg, keys.back, keys.quit) && l.aside && len(l.found.secrets) > 0, key.Matches(msg, keys.left):
		l.aside = false
		return l.only(), nil
	case key.Matches(msg, keys.back, keys.quit):
		return l.from, nil
	case key.Matches(msg, keys.right):
		l.aside = true
	case key.Matches(msg, keys.check):
		return l.from.start()
	case key.Matches(msg, keys.open) && has:
		return card{sh: sh, key: bot.Key, from: l}, nil
	case key.Matches(msg, keys.rotate) && l.rotates():
		return newRotation(sh, bot, l)
	case key.Matches(msg, keys.leaked) && l.rotates():
		return newLeak(sh, []fleet.Bot{bot}, 0, l)
	}
	return l, nil
}

// current is the selected one, if the list is on show.
func (l findings) current() (foundSecret, bool) {
	if l.aside || len(l.found.secrets) == 0 {
		return foundSecret{}, false
	}
	return l.found.secrets[l.at], true
}

// bot is the bot that the selected one is of, as it is by now.
func (l findings) bot() (fleet.Bot, bool) {
	at, ok := l.current()
	if !ok {
		return fleet.Bot{}, false
	}
	bot, ok := l.owners.Bot(at.Finding)
	if !ok {
		return bot, false
	}
	return l.sh.bot(bot.Key)
}

// rotates: the selected one is the token of a bot, and a new one is what helps.
func (l findings) rotates() bool {
	at, ok := l.current()
	_, has := l.bot()
	return ok && has && at.Kind == radar.Token && at.Known && !at.Old()
}

func (l findings) Keys() []key.Binding {
	k := l.sh.keys
	var keys []key.Binding
	if _, has := l.bot(); has {
		keys = append(keys, as(k.open, "open the bot"))
	}
	if l.rotates() {
		keys = append(keys, k.rotate, k.leaked)
	}
	keys = append(keys, as(k.check, "scan again"))
	scrolls := len(l.found.secrets) > 1
	switch {
	case !l.aside:
		keys = append(keys, as(k.right, "what was left out"))
	case len(l.found.secrets) > 0:
		keys = append(keys, as(k.left, "what was found"))
	}
	if l.aside {
		scrolls = len(l.remarks(l.sh.body.width)) > l.sh.body.height
	}
	keys = append(keys, k.back)
	if scrolls {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.quit, "back"))
}
