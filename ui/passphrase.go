package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/internal/secret"
)

// passphrase asks for the one of the encrypted file, or for the password of a keyring that cannot ask for it,
// over the screen whose call needs it. That screen goes on under it: it gets all messages but keys and pastes.
type passphrase struct {
	sh       *shell
	under    screen
	question askedMsg
	form     form
	// why is what is wrong with what was typed, under which field.
	why   string
	about fleet.Field
	// opening: the answer was given, and is being tried.
	opening bool
	frame   int // of the spinner
}

const (
	fieldPassphrase fleet.Field = "passphrase"
	fieldAgain      fleet.Field = "passphrase again"
)

// maxPassphrase bounds the field in characters, above what the file takes.
const maxPassphrase = 4096

// openingMsg turns the spinner while an answer is being tried.
type openingMsg struct{}

// asked shows a question over a screen, or in the place of the question before it.
func asked(sh *shell, on screen, question askedMsg) screen {
	p := passphrase{sh: sh, under: on}
	if before, ok := on.(passphrase); ok {
		p.under = before.under
	}
	p.question = question
	words := p.words()
	p.form = form{fields: []field{newPassphraseField(fieldPassphrase, words.label)}}
	if p.creating() {
		p.form.fields = append(p.form.fields, newPassphraseField(fieldAgain, "Once more"))
	}
	switch question.ask.Again {
	case fleet.AskWrong:
		p = p.say(fieldPassphrase, words.wrong)
	case fleet.AskDifferent:
		p = p.say(fieldAgain, differs)
	case fleet.AskTooShort:
		p = p.say(fieldPassphrase, tooShort())
	case fleet.AskNotTypeable:
		p = p.say(fieldPassphrase, "It holds characters that cannot be typed.")
	case fleet.AskFirst:
	}
	return p
}

// answered is what a task's question was asked over, when it is the one on show.
func answered(on screen, task int) screen {
	if p, ok := on.(passphrase); ok && p.question.task == task {
		return p.under
	}
	return on
}

func newPassphraseField(id fleet.Field, label string) field {
	f := newField(id, label, maskAll, nil)
	f.input.CharLimit = maxPassphrase
	// What is missing is said here, not by the form: blanks and quotes are part of a passphrase.
	f.optional, f.quotes = true, true
	return f
}

const differs = "The two are not the same."

func tooShort() string {
	return fmt.Sprintf("It needs at least %d characters.", fleet.MinPassphrase)
}

// creating reports whether the passphrase is a new one.
func (p passphrase) creating() bool { return p.question.ask.Purpose != fleet.ToOpen }

// typed is what stands in a field, as it is.
func (p passphrase) typed(id fleet.Field) secret.Secret {
	return secret.New(p.form.field(id).input.Value())
}

func (p passphrase) say(about fleet.Field, why string) passphrase {
	p.about, p.why = about, why
	p.form = p.form.focus(about)
	return p
}

func (p passphrase) Typing() bool { return !p.opening }

func (p passphrase) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		if !p.opening {
			p = p.paste(msg.Content)
		}
		return p, nil
	case burstMsg:
		if next, text, ok := p.form.pasted(msg); ok {
			p.form = next
			return p.paste(text), nil
		}
	case openingMsg:
		if !p.opening {
			return p, nil
		}
		p.frame++
		return p, turn()
	}
	next, cmd := p.under.Update(msg)
	p.under = next
	return p, cmd
}

// turn waits for the spinner's next turn.
func turn() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return openingMsg{} })
}

// paste puts a text in whole: nothing is read into it, and a line end is the end of a copied line.
func (p passphrase) paste(text string) passphrase {
	p.why = ""
	p.form = p.form.with(p.form.focused().insert(strings.TrimRight(text, "\r\n")))
	return p
}

func (p passphrase) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	if key.Matches(msg, p.sh.keys.back) {
		return p.giveUp()
	}
	if p.opening {
		return p, nil
	}
	before := p.typed(p.form.focused().id)
	next, cmd, event := p.form.update(p.sh, msg)
	p.form = next
	if event == formSubmitted {
		return p.submit()
	}
	if !p.typed(p.form.focused().id).Equal(before) {
		p.why = ""
	}
	return p, cmd
}

// giveUp ends the call that needs the passphrase, where one can be told; any other hears that there is none.
func (p passphrase) giveUp() (screen, tea.Cmd) {
	task, known := p.sh.tasks[p.question.task]
	if p.opening && !known {
		return p, nil // it ends by itself
	}
	task.cancel()
	if !p.opening {
		p.question.answer <- answer{err: errGaveUp}
	}
	return p.under, nil
}

// submit gives the answer, unless it cannot be right.
func (p passphrase) submit() (screen, tea.Cmd) {
	first := p.typed(fieldPassphrase)
	switch {
	case first.Empty():
		return p.say(fieldPassphrase, "It is empty."), nil
	case !p.creating():
	case fleet.StrengthOf(first) == fleet.StrengthNone:
		return p.say(fieldPassphrase, tooShort()), nil
	case p.typed(fieldAgain).Empty():
		p.why, p.form = "", p.form.focus(fieldAgain)
		return p, nil
	case !first.Equal(p.typed(fieldAgain)):
		return p.say(fieldAgain, differs), nil
	}
	p.question.answer <- answer{passphrase: first}
	p.opening, p.why = true, ""
	for _, each := range p.form.fields {
		p.form = p.form.with(each.leave()) // what ctrl+r showed is masked
	}
	return p, turn()
}

func (p passphrase) Keys() []key.Binding {
	k := p.sh.keys
	giveUp := as(k.back, "give up")
	if p.opening {
		if _, known := p.sh.tasks[p.question.task]; !known {
			return nil
		}
		return []key.Binding{giveUp}
	}
	does := "open"
	if p.creating() {
		does = "go on"
	}
	return append([]key.Binding{as(k.open, does), giveUp}, p.form.keys(p.sh)...)
}

func (p passphrase) View(size size) view {
	t, words := p.sh.theme, p.words()
	v := view{trail: words.title}
	if p.opening {
		v.status = t.focus.Render(t.glyphs.spinner[p.frame%len(t.glyphs.spinner)]) + " " + words.work + t.glyphs.ellipsis
	}
	fields, cursor := p.fields(size.width)
	intro := append(prose(words.says, size.width), "")
	if len(intro)+len(fields) > size.height {
		intro = prose(words.brief, size.width)
	}
	if len(intro)+len(fields) > size.height {
		intro = nil
	}
	if len(fields) > size.height {
		fields, cursor, _ = p.form.one(p.sh, size.width)
	}
	v.body = slices.Concat(intro, fields)
	if cursor != nil && !p.opening {
		cursor.Y += len(intro)
		v.cursor = cursor
	}
	return v
}

// fields draws each field and the line under it.
func (p passphrase) fields(width int) (lines []string, cursor *tea.Cursor) {
	for i, each := range p.form.fields {
		drawn, at := each.lines(p.sh.theme, width, i == p.form.at && !p.opening, p.sh.now())
		if at != nil {
			at.Y += len(lines)
			cursor = at
		}
		lines = append(lines, drawn[0], p.below(each.id, width))
	}
	return lines, cursor
}

// below is what stands under a field: what is wrong, else how strong a new passphrase is.
func (p passphrase) below(id fleet.Field, width int) string {
	t := p.sh.theme
	lead := strings.Repeat(" ", margin(width))
	if width >= narrow {
		lead += strings.Repeat(" ", labelCells(width))
	}
	switch {
	case p.why != "" && p.about == id:
		return lead + t.bad.Render(p.why)
	case !p.creating() || id != fieldPassphrase || p.typed(id).Empty():
		return ""
	}
	switch fleet.StrengthOf(p.typed(id)) {
	case fleet.StrengthWeak:
		return lead + t.waiting.Render("weak: guessed by whoever tries")
	case fleet.StrengthFair:
		return lead + t.dim.Render("fair: a word more makes it strong")
	case fleet.StrengthStrong:
		return lead + t.ok.Render("strong")
	case fleet.StrengthNone:
	}
	return lead + t.dim.Render(fmt.Sprintf("at least %d characters; words are best", fleet.MinPassphrase))
}
