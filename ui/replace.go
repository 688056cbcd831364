package ui

import (
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// replace asks for a new token of a known bot.
type replace struct {
	sh   *shell
	bot  fleet.Bot
	form form
	says string
	// from is the screen that asked, the bot's card when nil.
	from screen
	// rotation is what the token is for where it was made by hand, nil where it is only replaced.
	rotation *rotation
}

// newReplaceFrom is newReplace, asked for on a screen that esc leads back to.
func newReplaceFrom(sh *shell, bot fleet.Bot, from screen) screen {
	r := newReplace(sh, bot).(replace)
	r.from = from
	return r
}

// newReplace asks for a new token of a bot.
func newReplace(sh *shell, bot fleet.Bot) screen {
	token := newTokenField()
	token.label = "New token"
	check := token.check
	token.check = func(text string) *fleet.InputError {
		problem := check(text)
		if id, _ := fleet.CheckToken(text); id != 0 && id != bot.ID && (problem == nil || problem.Warning()) {
			return &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemOtherBot,
				Got: strconv.FormatInt(id, 10), Want: strconv.FormatInt(bot.ID, 10)}
		}
		return problem
	}
	return replace{sh: sh, bot: bot, form: form{fields: []field{token}}}
}

func (r replace) Typing() bool { return true }

func (r replace) Keys() []key.Binding {
	keys := r.sh.keys
	shown := []key.Binding{as(keys.open, "log in with it"), keys.saveOnly}
	return append(append(shown, r.form.keys(r.sh)...), keys.back)
}

func (r replace) pasted(text string) screen { return r.paste(text) }

func (r replace) notice(text string) screen { r.says = text; return r }

func (r replace) refuse(problem *fleet.InputError) (screen, bool) {
	next, shown := r.form.refuse(problem)
	r.form = next
	return r, shown
}

func (r replace) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return r.paste(msg.Content), nil
	case burstMsg:
		if next, text, ok := r.form.pasted(msg); ok {
			r.form = next
			return r.paste(text), nil
		}
	case tea.KeyPressMsg:
		return r.press(msg)
	}
	return r, nil
}

func (r replace) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	r.says = ""
	switch {
	case key.Matches(msg, r.sh.keys.back):
		switch {
		case r.rotation != nil: // what was typed is there when one comes again
			steps := *r.rotation
			steps.pasting = &r
			return steps, nil
		case r.from != nil:
			return r.from, nil
		}
		return newCard(r.sh, r.bot.Key), nil
	case key.Matches(msg, r.sh.keys.saveOnly):
		next, ok := r.form.complete()
		r.form = next
		if ok {
			return r.submit(true)
		}
		return r, nil
	}
	next, cmd, event := r.form.update(r.sh, msg)
	r.form = next
	if event == formSubmitted {
		return r.submit(false)
	}
	return r, cmd
}

// paste takes the token of this bot out of the text, or the first there is, which is then refused by name.
func (r replace) paste(text string) replace {
	r.says = ""
	pasted := fleet.ReadPaste(text)
	if len(pasted.Tokens) == 0 {
		r.form = r.form.paste(text)
		return r
	}
	found := pasted.Tokens[0]
	for _, each := range pasted.Tokens {
		if each.ID == r.bot.ID {
			found = each
			break
		}
	}
	token := r.form.focused().set(found.Token.Reveal())
	token.note = sourceWords(found.Source)
	r.form = r.form.with(token)
	return r
}

func (r replace) submit(noLogin bool) (screen, tea.Cmd) {
	if r.rotation != nil {
		return r.rotation.paste(r, r.form.field(fleet.FieldToken).secret(), noLogin)
	}
	a := attempt{aim: replacing, key: r.bot.Key, name: displayName(r.bot), back: r}
	a.bot.Token = r.form.field(fleet.FieldToken).secret()
	a.bot.NoLogin, a.bot.Environment = noLogin, r.bot.Environment
	return a.start(r.sh)
}

func (r replace) View(size size) view {
	t := r.sh.theme
	v := view{trail: "New token of " + displayName(r.bot), status: t.waiting.Render(r.says)}
	fields, cursor := r.form.lines(r.sh, size.width)
	v.cursor = cursor
	steps := prose("Paste the new token or the whole message here. The old one and its sessions stop working.", size.width)
	if r.rotation == nil { // whose steps have just been read
		steps = append(prose("In Telegram: @BotFather, /mybots, the bot, API Token, Revoke current token.", size.width), steps...)
	}
	for i := range steps {
		steps[i] = t.dim.Render(steps[i])
	}
	v.body = paragraphs([][]string{fields, steps}, size.height)
	return v
}
