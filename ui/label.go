package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// label is the form of the user's own name for a bot.
type label struct {
	sh     *shell
	bot    fleet.Bot
	form   form
	saving task
	notice string
	// from is the screen that asked, the bot's card when nil.
	from screen
}

// newLabelFrom is newLabel, asked for on a screen that it leads back to.
func newLabelFrom(sh *shell, bot fleet.Bot, from screen) screen {
	l := newLabel(sh, bot).(label)
	l.from = from
	return l
}

func newLabel(sh *shell, bot fleet.Bot) screen {
	f := newLabelField()
	f.hint = "your own name for it, empty for none"
	return label{sh: sh, bot: bot, form: form{fields: []field{f.set(bot.Label)}}}
}

func (l label) Typing() bool { return l.form.typing() }

func (l label) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if msg.task == l.saving.id && l.saving.id != 0 {
			return l.saved(msg)
		}
	case tea.PasteMsg:
		l.form = l.form.paste(msg.Content)
	case burstMsg:
		if next, text, ok := l.form.pasted(msg); ok {
			l.form = next.paste(text)
		}
	case tea.KeyPressMsg:
		return l.press(msg)
	}
	return l, nil
}

func (l label) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	if key.Matches(msg, l.sh.keys.back) {
		l.saving.cancel()
		return l.leave(""), nil
	}
	if l.saving.id != 0 {
		return l, nil
	}
	l.notice = ""
	var cmd tea.Cmd
	var event formEvent
	l.form, cmd, event = l.form.update(l.sh, msg)
	if event != formSubmitted {
		return l, cmd
	}
	return l.save()
}

func (l label) save() (screen, tea.Cmd) {
	sh, bot, text := l.sh, l.bot.Key, l.form.field(fleet.FieldLabel).value()
	saving, cmd := sh.start("save", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return sh.fleet.SetLabel(ctx, bot, text)
	})
	l.saving = saving
	return l, cmd
}

func (l label) saved(msg taskDoneMsg) (screen, tea.Cmd) {
	l.saving = task{}
	if msg.err == nil {
		if bot, ok := msg.value.(fleet.Bot); ok {
			l.sh.replace(bot)
		}
		return l.leave("The label was saved."), l.sh.reload
	}
	var input *fleet.InputError
	if errors.As(msg.err, &input) {
		if refused, ok := l.form.refuse(input); ok {
			l.form = refused
			return l, nil
		}
	}
	l.notice = fault.Of(msg.err).What
	return l, nil
}

func (l label) leave(says string) screen {
	if l.from != nil {
		return told(l.from, says)
	}
	return newCardSaying(l.sh, l.bot.Key, says)
}

func (l label) Keys() []key.Binding {
	return append([]key.Binding{as(l.sh.keys.open, "save"), l.sh.keys.back}, l.form.keys(l.sh)...)
}

func (l label) View(size size) view {
	v := view{trail: displayName(l.bot) + " " + l.sh.theme.glyphs.trail + " Label", status: l.notice}
	v.body, v.cursor = l.form.lines(l.sh, size.width)
	return v
}
