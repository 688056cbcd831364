package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// loginQuestion says what logging in again costs, and asks.
type loginQuestion struct {
	sh  *shell
	bot fleet.Bot
	// works: the session was looked at and works, so logging in is hardly wanted.
	works bool
	since guard
	says  string
	// from is the screen that asked, the bot's card when nil.
	from screen
}

// newLogin asks whether to log a bot in again, says what it costs, and does it.
func newLogin(sh *shell, bot fleet.Bot) screen {
	return loginQuestion{sh: sh, bot: bot, since: guard{sh.now()}}
}

// newLoginFrom is newLogin, asked for on a screen that esc leads back to.
func newLoginFrom(sh *shell, bot fleet.Bot, from screen) screen {
	return loginQuestion{sh: sh, bot: bot, since: guard{sh.now()}, from: from}
}

func (l loginQuestion) Typing() bool { return false }

func (l loginQuestion) notice(text string) screen { l.says = text; return l }

func (l loginQuestion) Keys() []key.Binding {
	keys := l.sh.keys
	if l.works {
		return []key.Binding{as(keys.open, "keep it"), as(keys.login, l.sh.words("log in anyway", "log in")), keys.back}
	}
	return []key.Binding{as(keys.open, "log in"), keys.back}
}

func (l loginQuestion) Update(msg tea.Msg) (screen, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return l, nil
	}
	keys := l.sh.keys
	switch {
	case key.Matches(press, keys.back, keys.quit), l.works && key.Matches(press, keys.open):
		return l.leave(), nil
	case l.works && key.Matches(press, keys.login):
		return l.attempt(true).start(l.sh)
	case !l.works && key.Matches(press, keys.open) && l.since.ready(l.sh.now()):
		return l.attempt(false).start(l.sh)
	}
	return l, nil
}

func (l loginQuestion) leave() screen {
	if l.from != nil {
		return l.from
	}
	return newCard(l.sh, l.bot.Key)
}

func (l loginQuestion) attempt(force bool) attempt {
	l.says = ""
	return attempt{aim: loggingIn, key: l.bot.Key, name: displayName(l.bot), force: force, back: l}
}

func (l loginQuestion) View(size size) view {
	t := l.sh.theme
	v := view{trail: "Log in " + displayName(l.bot), status: t.waiting.Render(l.says)}
	mark, state := fault.State(l.bot, l.sh.now())
	head := t.mark(mark) + " " + t.strong.Render(displayName(l.bot)) + "   " + t.dim.Render(state)
	var why []string
	switch {
	case l.works:
		head = t.ok.Render(t.glyphs.ok) + " " + t.strong.Render("This session still works.")
		why = prose("Logging in again counts towards Telegram's limit.", size.width)
	case len(l.bot.Sessions) > 0:
		why = prose("Its session is looked at first: one that works is kept. "+
			"Otherwise the bot is logged in again, which counts towards Telegram's limit.", size.width)
	default:
		why = prose("A login counts towards Telegram's limit.", size.width)
	}
	v.body = paragraphs([][]string{{indentBy(margin(size.width)) + head}, why}, size.height)
	return v
}
