package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// recipientForm asks for one more recipient.
type recipientForm struct {
	from recipients
	form form
}

// recipientBegins is how every recipient does.
const recipientBegins = "age1"

// maxRecipient bounds the field in characters: recipients for keys that quantum computers do not break have 2000.
const maxRecipient = 4096

func newRecipientForm(from recipients) screen {
	f := newField(fleet.FieldRecipient, "Recipient", maskNone, func(s string) *fleet.InputError {
		problem := fleet.CheckRecipient(s)
		if problem == nil && slices.Contains(from.all, s) {
			problem = &fleet.InputError{Field: fleet.FieldRecipient, Problem: fleet.ProblemTaken}
		}
		return problem
	})
	f.hint = recipientBegins + from.sh.theme.glyphs.ellipsis + ", which age-keygen -y prints"
	f.input.CharLimit = maxRecipient
	return recipientForm{from: from, form: form{fields: []field{f}}}
}

func (r recipientForm) Typing() bool { return r.form.typing() }

func (r recipientForm) Update(msg tea.Msg) (screen, tea.Cmd) {
	sh := r.from.sh
	var cmd tea.Cmd
	var event formEvent
	switch msg := msg.(type) {
	case tea.PasteMsg:
		r.form = r.form.paste(msg.Content)
	case burstMsg:
		if next, text, ok := r.form.pasted(msg); ok {
			r.form = next.paste(text)
		}
	case tea.KeyPressMsg:
		if key.Matches(msg, sh.keys.back) {
			return r.from, nil
		}
		r.form, cmd, event = r.form.update(sh, msg)
	}
	if event == formSubmitted {
		return r.from.add(r.form.focused().value())
	}
	return r.masked(), cmd
}

// masked hides what was put there by mistake: the key itself instead of its recipient.
func (r recipientForm) masked() recipientForm {
	f := r.form.focused()
	f.mask = maskNone
	if strings.Contains(strings.ToUpper(f.value()), "AGE-SECRET-KEY-") {
		f.mask = maskAll
	}
	r.form = r.form.with(f)
	return r
}

func (r recipientForm) Keys() []key.Binding {
	k := r.from.sh.keys
	return append([]key.Binding{as(k.open, "add"), k.back}, r.form.keys(r.from.sh)...)
}

func (r recipientForm) View(size size) view {
	sh := r.from.sh
	v := view{trail: "Recipients " + sh.theme.glyphs.trail + " Add a recipient"}
	v.body, v.cursor = r.form.lines(sh, size.width)
	v.body = append(v.body, "")
	v.body = append(v.body, prose("Its key will open every file as well, now and from now on. All of them are encrypted anew.", size.width)...)
	return v
}
