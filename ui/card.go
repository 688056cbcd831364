package ui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// card shows one bot.
type card struct {
	sh    *shell
	key   fleet.Key
	pager pager
	yank  yank
	// from is where esc goes, the list where it is nil.
	from screen

	// check is the check under way, step what it is at. asks: it is about the token.
	check      task
	step       fleet.Step
	asks       bool
	token      tokenTold
	cancelling bool
	// notice is what the last key did.
	notice string
}

func newCard(sh *shell, bot fleet.Key) screen { return card{sh: sh, key: bot} }

// newCardSaying shows a bot with a word in the status line on what was just done to it.
func newCardSaying(sh *shell, bot fleet.Key, notice string) screen {
	return card{sh: sh, key: bot, notice: notice}
}

func (c card) Typing() bool { return false }

func (c card) Update(msg tea.Msg) (screen, tea.Cmd) {
	bot, known := c.sh.bot(c.key)
	if !known {
		c.check.cancel()
		c.sh.list.notice = "That bot is no longer in the catalogue."
		return c.sh.home(), nil
	}
	switch msg := msg.(type) {
	case stepMsg:
		if msg.task != c.check.id {
			return c, nil
		}
		c.step = msg.step
		return c, c.check.watch()
	case taskDoneMsg:
		if msg.task == c.check.id && c.asks {
			return c.asked(msg), c.sh.reload
		}
		if msg.task == c.check.id {
			return c.checked(msg), c.sh.reload
		}
	case errandMsg:
		if msg.last {
			c.notice = c.sh.list.notice
		}
	case tea.KeyPressMsg:
		return c.press(msg, bot)
	}
	return c, nil
}

func (c card) press(msg tea.KeyPressMsg, bot fleet.Bot) (screen, tea.Cmd) {
	sh, keys := c.sh, c.sh.keys
	if next, cmd, taken := c.yank.update(sh, msg, bot); taken {
		c.yank, c.notice = next, ""
		return c, cmd
	}
	if next, moved := c.pager.update(keys, msg, len(c.lines(sh.body.width)), sh.body.height); moved {
		c.pager = next
		return c, nil
	}
	c.notice = ""
	if c.checking() {
		if key.Matches(msg, keys.back, keys.quit) {
			return c.stop()
		}
		return c, nil
	}
	switch {
	case key.Matches(msg, keys.open):
		return newLabelFrom(sh, bot, c), nil
	case key.Matches(msg, keys.check):
		return c.start()
	case key.Matches(msg, keys.askToken):
		return c.ask()
	case key.Matches(msg, keys.login):
		return newLoginFrom(sh, bot, c), nil
	case key.Matches(msg, keys.newToken):
		return newReplaceFrom(sh, bot, c), nil
	case key.Matches(msg, keys.rotate):
		return newRotation(sh, bot, c)
	case key.Matches(msg, keys.leaked):
		return newLeak(sh, []fleet.Bot{bot}, 0, c)
	case key.Matches(msg, keys.export):
		return newExport(sh, []fleet.Bot{bot}, 0, c), nil
	case key.Matches(msg, keys.logOut) && len(bot.Sessions) > 1:
		return newPickSession(sh, bot.Key, c), nil
	case key.Matches(msg, keys.logOut):
		return newLogOut(sh, []fleet.Bot{bot}, c), nil
	case key.Matches(msg, keys.otherApp):
		return newPickApp(sh, []fleet.Bot{bot}, 0, c), nil
	case key.Matches(msg, keys.remove):
		return remove{sh: sh, bots: []fleet.Bot{bot}, from: c}, nil
	case key.Matches(msg, keys.tags):
		return newTags(sh, []fleet.Bot{bot}, 0, false, c), nil
	case key.Matches(msg, keys.problem):
		return c.nextProblem(), nil
	case key.Matches(msg, keys.history):
		return openHistory(sh, c.key, c)
	case key.Matches(msg, keys.places):
		return openPlaces(sh, c.key, c)
	case key.Matches(msg, keys.back, keys.quit):
		return c.back()
	}
	return c, nil
}

// back goes to where the card was opened.
func (c card) back() (screen, tea.Cmd) {
	if c.from != nil {
		return resumed(c.from)
	}
	return c.sh.home(), nil
}

func (c card) checking() bool { return c.check.id != 0 }

func (c card) start() (screen, tea.Cmd) {
	sh, bot := c.sh, c.key
	check, cmd := sh.start("check", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		return sh.fleet.Check(ctx, bot, report)
	})
	c.check, c.step = check, fleet.Step{Stage: fleet.Connecting}
	return c, cmd
}

// stop cancels the check; asked again, it goes and lets the check end by itself.
func (c card) stop() (screen, tea.Cmd) {
	if c.cancelling {
		return c.back()
	}
	c.check.cancel()
	c.cancelling = true
	return c, nil
}

// checked takes the end of the check. The bot that comes with an error is current as well.
func (c card) checked(msg taskDoneMsg) card {
	bot, _ := msg.value.(fleet.Bot)
	if bot.Key == c.key {
		c.sh.replace(bot)
	}
	switch {
	case c.cancelling:
		c.notice = "The check was cancelled."
	case msg.err != nil:
		c.notice = fault.OfAt(msg.err, c.sh.now()).What
	default:
		_, state := fault.State(bot, c.sh.now())
		c.notice = "Checked: " + state
	}
	c.check, c.cancelling = task{}, false
	return c
}

// nextProblem goes on to the next bot that needs the user, in the order of the list.
func (c card) nextProblem() screen {
	c.sh.list.find(c.key)
	if c.sh.list.nextProblem(c.sh.now()) {
		if at, ok := c.sh.list.current(); ok && at.bot.Key != c.key {
			return newCard(c.sh, at.bot.Key)
		}
	}
	c.notice = "No other bot needs you."
	return c
}

func (c card) Keys() []key.Binding {
	k := c.sh.keys
	switch {
	case c.yank.pending:
		return c.yank.keys(c.sh)
	case c.cancelling:
		return []key.Binding{as(k.back, "back, it ends by itself"), as(k.quit, "back")}
	case c.checking():
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel"), k.copy}
	}
	keys := append(c.wanted(), k.copy, k.remove, k.back, k.tags, as(k.history, "its history"), k.problem, as(k.export, "export"), k.places, k.rotate, k.leaked, k.logOut, k.otherApp)
	if !slices.ContainsFunc(keys, func(b key.Binding) bool { return b.Help().Key == k.askToken.Help().Key }) {
		keys = append(keys, k.askToken)
	}
	if len(c.lines(c.sh.body.width)) > c.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return append(keys, as(k.quit, "back"))
}

// wanted are the keys for what the bot is most likely to need, that one first.
func (c card) wanted() []key.Binding {
	k := c.sh.keys
	label, token := as(k.open, "label"), as(k.newToken, "new token")
	bot, _ := c.sh.bot(c.key)
	switch bot.Health.Status {
	case store.TokenRevoked, store.SecretMissing:
		return []key.Binding{token, k.login, k.check, label}
	case store.SessionDead, store.SessionRevoked, store.SessionDuplicated:
		return []key.Binding{k.login, as(k.askToken, c.sh.words("is the token alive", "token alive?")), token, k.check, label}
	case store.NotLoggedIn, store.Flooded:
		return []key.Binding{k.login, token, k.check, label}
	case store.OK, store.Deactivated, store.Unreachable, store.Unchecked:
	}
	return []key.Binding{k.check, label, k.login, token}
}

func (c card) View(size size) view {
	bot, _ := c.sh.bot(c.key)
	v := view{trail: displayName(bot)}
	var more bool
	v.body, more = c.pager.window(c.lines(size.width), size.height)
	v.status = c.status(more)
	return v
}

func (c card) status(more bool) string {
	sh := c.sh
	copied, fresh := sh.clipboard.status(sh.now()), sh.clipboard.fresh(sh.now())
	switch {
	case c.yank.pending:
		return c.yank.status(sh)
	case c.cancelling:
		return "Cancelling" + sh.theme.glyphs.ellipsis
	case c.checking():
		return c.doing() + sh.theme.glyphs.ellipsis + " " + sh.theme.glyphs.dot + " esc cancels"
	case c.notice != "":
		return c.notice
	case fresh != "":
		return fresh
	case more:
		return sh.theme.dim.Render("more below, j and k scroll")
	}
	return copied
}
