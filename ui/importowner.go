package ui

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// importOwner asks whose a session is, where its library does not write that down, and has what was found looked at
// anew. Nothing is written.
type importOwner struct {
	sh   *shell
	from importList
	form form
	task task
	// cancelling: the looking was told to end.
	cancelling bool
	notice     string
}

// fieldBot is the form's own field.
const fieldBot fleet.Field = "bot"

// newImportOwner asks whose the selected session is.
func newImportOwner(l importList) screen {
	f := newField(fieldBot, "Bot", maskNone, notEmpty(fieldBot))
	f.hint = "its number, @username or label"
	f.quotes = true // a label may have some
	return importOwner{sh: l.sh, from: l, form: form{fields: []field{f}}}
}

func (o importOwner) Typing() bool { return o.task.id == 0 }

func (o importOwner) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if o.task.id != 0 && msg.task == o.task.id {
			return o.told(msg)
		}
	case tea.PasteMsg:
		if o.Typing() {
			o.form = o.form.paste(msg.Content)
		}
	case burstMsg:
		if next, text, ok := o.form.pasted(msg); ok && o.Typing() {
			o.form = next.paste(text)
		}
	case tea.KeyPressMsg:
		return o.press(msg)
	}
	return o, nil
}

func (o importOwner) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	back := key.Matches(msg, o.sh.keys.back)
	switch {
	case back && o.task.id != 0:
		o.task.cancel()
		o.cancelling = true
		return o, nil
	case back:
		return o.from, nil
	case o.task.id != 0:
		return o, nil
	}
	o.notice = ""
	var cmd tea.Cmd
	var event formEvent
	o.form, cmd, event = o.form.update(o.sh, msg)
	if event != formSubmitted {
		return o, cmd
	}
	f, called := o.sh.fleet, o.form.field(fieldBot).value()
	entries, at := slices.Clone(o.from.found.doc.Entries), o.from.at
	o.task, cmd = o.sh.start("reading", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		id, err := idOf(ctx, f, called)
		if err != nil {
			return nil, err
		}
		entries[at].Bot = id
		return previewed(ctx, f, entries)
	})
	return o, cmd
}

// idOf is the number of a bot that is here, or the number that was typed: its token may come with the same import.
func idOf(ctx context.Context, f *fleet.Fleet, called string) (int64, error) {
	if id, err := strconv.ParseInt(called, 10, 64); err == nil {
		return id, nil
	}
	bot, err := f.Find(ctx, called)
	return bot.ID, err
}

func (o importOwner) told(msg taskDoneMsg) (screen, tea.Cmd) {
	cancelled := o.cancelling || errors.Is(msg.err, context.Canceled)
	o.task, o.cancelling = task{}, false
	again, ok := msg.value.(previewAgain)
	switch {
	case cancelled:
		o.notice = "Stopped. Nothing was changed."
	case msg.err != nil || !ok:
		o.notice = o.sh.says(msg.err)
	default:
		next := o.from.anew(again)
		next.says = lowered(candidateWords(next.found.candidates[next.at]))
		return next, nil
	}
	return o, nil
}

func (o importOwner) Keys() []key.Binding {
	k := o.sh.keys
	switch {
	case o.cancelling:
		return nil
	case o.task.id != 0:
		return []key.Binding{as(k.back, "stop")}
	}
	return []key.Binding{as(k.open, "go on"), k.back}
}

func (o importOwner) View(size size) view {
	t := o.sh.theme
	c := o.from.found.candidates[o.from.at]
	v := view{trail: "Import " + t.glyphs.trail + " Whose session", status: o.notice}
	v.body, v.cursor = o.form.lines(o.sh, size.width)
	says := "The " + c.Kind.Library() + " session in " + candidateWhere(c) + " does not say whose it is. botring keeps a session with its bot, and does not open it to ask."
	if room := size.height - len(v.body); room > 1 {
		v.body = append(v.body, "")
	}
	v.body = append(v.body, prose(fault.Clean(says), size.width)...)
	switch {
	case o.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case o.task.id != 0:
		v.status = "reading" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc stops"
	}
	return v
}
