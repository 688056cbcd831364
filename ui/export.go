package ui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// The form's own fields, beside the place.
const (
	fieldFormat fleet.Field = "format"
	fieldWith   fleet.Field = "with"
	fieldGoes   fleet.Field = "session"
	fieldTo     fleet.Field = "to"
)

// exports asks in what form bots leave the keyring, for which place and which way, and has them leave. What runs
// here, and what concerns several bots, leaves only after another enter.
type exports struct {
	sh     *shell
	bots   []fleet.Bot
	hidden int    // how many of them the filter does not show
	from   screen // the screen that asked, home when nil
	form   form

	// asking: a session is to be taken away from where it runs, or several bots are to leave.
	asking bool
	asked  guard
	task   task
	step   fleet.Step
	// toMake is how many sessions the task makes, made how many of them are there.
	toMake, made int
	// cancelling: esc was pressed, and the task has not ended yet.
	cancelling bool
	says       string
}

// newSession is the choice of a session that is made for the place.
const newSession = "a new one, for its place"

// A way out of the keyring.
type outlet int

const (
	toClipboard outlet = iota
	toFile
	toTerminal
)

func outlets(stays time.Duration) []string {
	return []string{"the clipboard, for " + fault.Duration(stays), "a new file", "the terminal's clipboard (OSC 52)"}
}

// newExport asks how to export bots, hidden of which the filter does not show.
func newExport(sh *shell, bots []fleet.Bot, hidden int, from screen) screen {
	var formats []string
	kinds := []string{"no session"}
	for _, f := range fleet.ExportForms() {
		formats = append(formats, f.String())
		if f.HasSession() {
			kinds = append(kinds, f.String())
		}
	}
	place := newField(fleet.FieldPlace, "Runs at", maskNone, fleet.CheckPlace)
	place.hint = "vps-1, or ci"
	name := strconv.FormatInt(bots[0].ID, 10)
	if len(bots) > 1 {
		name = fmt.Sprintf("%d-bots", len(bots))
	}
	file := newField(fieldPath, "File", maskNone, notEmpty(fieldPath))
	file.quotes = true
	file = file.set("~" + string(filepath.Separator) + "botring-" + name + ".txt")
	e := exports{sh: sh, bots: bots, hidden: hidden, from: from, form: form{fields: []field{
		newChoice(fieldFormat, "Format", formats), newChoice(fieldWith, "With", kinds),
		newChoice(fieldGoes, "Session", append([]string{newSession}, inCommon(bots)...)),
		place, newChoice(fieldTo, "To", outlets(sh.clipboard.stays())), file,
	}}}
	return e.settled()
}

// inCommon are the names of the sessions that all of the bots have.
func inCommon(bots []fleet.Bot) []string {
	var names []string
	for _, s := range bots[0].Sessions {
		if !slices.ContainsFunc(bots, func(b fleet.Bot) bool { _, has := b.Session(s.Name); return !has }) {
			names = append(names, s.Name)
		}
	}
	return names
}

// settled shows the fields that apply to what is chosen.
func (e exports) settled() exports {
	form := e.shape()
	for id, applies := range map[fleet.Field]bool{
		fieldWith: form.Envelope != fleet.Bare, fieldGoes: form.HasSession(), fleet.FieldPlace: form.HasSession(), fieldPath: e.way() == toFile,
	} {
		f := e.form.field(id)
		f.hidden = !applies
		if id == fleet.FieldPlace {
			f.optional = e.chosen() != ""
		}
		e.form = e.form.with(f)
	}
	return e
}

// shape is the form that is chosen.
func (e exports) shape() fleet.ExportForm {
	form := fleet.ExportForms()[e.form.field(fieldFormat).chosen]
	if with := e.form.field(fieldWith); form.Envelope != fleet.Bare && with.chosen > 0 {
		form.Kind, _ = fleet.SessionKindOf(with.choices[with.chosen])
	}
	return form
}

func (e exports) way() outlet { return outlet(e.form.field(fieldTo).chosen) }

// chosen is the name of the saved session that is to go, "" for a new one.
func (e exports) chosen() string {
	if f := e.form.field(fieldGoes); f.chosen > 0 {
		return f.choices[f.chosen]
	}
	return ""
}

// leaving is the name of the session that goes, which for a new one is that of its place; "" where none goes.
func (e exports) leaving() string {
	switch name := e.chosen(); {
	case !e.shape().HasSession():
		return ""
	case name != "":
		return name
	}
	return e.form.field(fleet.FieldPlace).value()
}

// sorted tells the bots apart: those for which a session is to be made, those whose session would run in two places,
// and those whose session is there already.
func (e exports) sorted() (toMake, taken, there []fleet.Bot) {
	name, place := e.leaving(), e.form.field(fleet.FieldPlace).value()
	if !e.shape().HasSession() {
		return nil, nil, nil
	}
	for _, bot := range e.bots {
		switch session, has := bot.Session(name); {
		case !has:
			toMake = append(toMake, bot)
		case fleet.TakesAway(session, place):
			taken = append(taken, bot)
		default:
			there = append(there, bot)
		}
	}
	return toMake, taken, there
}

// choosing: what a question or a task is about is not to be changed any more.
func (e exports) choosing() bool { return !e.asking && e.task.id == 0 }

func (e exports) Typing() bool { return e.choosing() && e.form.typing() }

func (e exports) notice(text string) screen { e.says = text; return e }

func (e exports) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case stepMsg:
		if e.task.id != 0 && msg.task == e.task.id {
			e.step = msg.step
			if msg.step.Stage == fleet.Saving && msg.step.Done {
				e.made++
			}
			return e, e.task.watch()
		}
	case taskDoneMsg:
		if e.task.id != 0 && msg.task == e.task.id {
			return e.ended(msg)
		}
	case catalogueMsg:
		e.bots = e.sh.current(e.bots)
	case tea.PasteMsg:
		if e.choosing() {
			e.form = e.form.paste(msg.Content)
		}
	case burstMsg:
		if next, text, ok := e.form.pasted(msg); ok && e.choosing() {
			e.form = next.paste(text)
		}
	case tea.KeyPressMsg:
		return e.press(msg)
	}
	return e, nil
}

func (e exports) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := e.sh.keys
	e.says = ""
	switch {
	case e.task.id != 0:
		if key.Matches(msg, keys.back) {
			e.cancelling = true
			e.task.cancel()
		}
		return e, nil
	case e.asking:
		if key.Matches(msg, keys.open) && !e.asked.ready(e.sh.now()) {
			return e, nil
		}
		e.asking = false
		if key.Matches(msg, keys.open) {
			return e.start()
		}
		return e, nil
	case key.Matches(msg, keys.back):
		return e.leave(""), nil
	}
	var cmd tea.Cmd
	var event formEvent
	e.form, cmd, event = e.form.update(e.sh, msg)
	e = e.settled()
	if event != formSubmitted {
		return e, cmd
	}
	if _, taken, _ := e.sorted(); len(taken) > 0 || len(e.bots) > 1 {
		e.asking, e.asked = true, guard{e.sh.now()}
		return e, nil
	}
	return e.start()
}

// leave goes back to the screen that asked, and has it say what became of it.
func (e exports) leave(says string) screen {
	switch {
	case e.from == nil:
		e.sh.list.notice = says
		return e.sh.home()
	case says == "":
		return e.from
	}
	return told(e.from, says)
}
