package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
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

func (e exports) Typing() bool { return !e.asking && e.task.id == 0 && e.form.typing() }

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
		e.form = e.form.paste(msg.Content)
	case burstMsg:
		if next, text, ok := e.form.pasted(msg); ok {
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

// An exported is what an export task returns.
type exported struct {
	// path is the file that was written, or copied what the clipboard took.
	path   string
	copied copied
	made   int // sessions, also where something went wrong then
}

// An exportError is what kept a bot from being exported.
type exportError struct {
	bot fleet.Bot
	err error
}

func (e *exportError) Error() string { return "export " + e.bot.String() + ": " + e.err.Error() }
func (e *exportError) Unwrap() error { return e.err }

// start has the sessions made or marked, and what was asked for written. What the task needs is taken now.
func (e exports) start() (screen, tea.Cmd) {
	f, bots, shape, way, name := e.sh.fleet, e.bots, e.shape(), e.way(), e.leaving()
	place, path := e.form.field(fleet.FieldPlace).value(), e.form.field(fieldPath).value()
	native := e.sh.clipboard.system()
	toMake, _, _ := e.sorted()
	e.toMake, e.made = len(toMake), 0
	var cmd tea.Cmd
	e.task, cmd = e.sh.start("export", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		if way == toClipboard && native.name() == "" {
			return nil, ErrNoClipboard // before a session is made that could go nowhere
		}
		if way == toFile {
			if err := mayCreate(path); err != nil {
				return nil, err
			}
		}
		if shape.HasSession() {
			if err := f.Fits(bots, name, shape.Kind); err != nil {
				return nil, err
			}
		}
		var opened []fleet.OpenedSession
		made := 0
		for _, bot := range bots {
			one, madeOne, err := f.HandOut(ctx, bot.Key, name, place, shape, report)
			if err != nil {
				return exported{made: made}, &exportError{bot, err}
			}
			if madeOne {
				made++
			}
			opened = append(opened, one)
		}
		out, err := fleet.Export(opened, shape)
		if err != nil {
			return exported{made: made}, err
		}
		done, err := deliver(ctx, native, way, path, out.Text)
		done.made = made
		return done, err
	})
	e.step = fleet.Step{Stage: fleet.OpeningKeyring}
	return e, cmd
}

// deliver lets a text leave.
func deliver(ctx context.Context, native nativeClipboard, way outlet, path string, text secret.Secret) (exported, error) {
	if way == toFile {
		written, err := writePrivate(path, text.Reveal())
		return exported{path: written}, err
	}
	// Its last line end would send it where it is pasted.
	text = secret.New(trimLineEnd(text.Reveal()))
	done := copied{what: "export", secret: true, sum: sha256.Sum256([]byte(text.Reveal())), text: text}
	if way == toClipboard {
		if err := native.write(ctx, text.Reveal()); err != nil {
			return exported{}, errors.Join(ErrNoClipboard, err)
		}
		done.via, done.text = native.name(), secret.Secret{}
	}
	return exported{copied: done}, nil
}

// ended goes back to the card when it is done, and otherwise says why it is not.
func (e exports) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	cancelled := e.cancelling
	e.task, e.cancelling = task{}, false
	var unsaved *fleet.UnsavedError
	if errors.As(msg.err, &unsaved) {
		a := attempt{aim: loggingIn, key: unsaved.Bot.Key, name: displayName(unsaved.Bot), back: e}
		if cancelled {
			e.sh.unsaved = unsaved
			next, cmd := newAbandoning(e.sh, a, "Cancelled. Nothing was saved.")
			return next, tea.Batch(cmd, e.sh.reload)
		}
		return a.ended(e.sh, nil, msg.err)
	}
	done, ok := msg.value.(exported)
	switch {
	case msg.err != nil || !ok:
		e.made = done.made
		e.says = e.why(msg.err, cancelled)
		return e, e.sh.reload
	case done.path != "":
		return e.leave("Written to " + fault.Clean(done.path) + ", which nobody else may read."), e.sh.reload
	}
	var cmd tea.Cmd
	e.sh.clipboard, cmd = e.sh.clipboard.took(done.copied, e.sh.now())
	return e.leave(""), tea.Batch(cmd, e.sh.reload)
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

// why says in a line what kept an export from leaving. Sessions that were made are kept: they go out the next time.
func (e exports) why(err error, cancelled bool) string {
	says := e.reason(err, cancelled)
	if e.made > 0 && e.toMake > 1 {
		says += fmt.Sprintf(" %d of %d sessions were made, and are kept.", e.made, e.toMake)
	}
	return says
}

func (e exports) reason(err error, cancelled bool) string {
	switch {
	case errors.Is(err, ErrNoClipboard):
		return "There is no clipboard here. Choose a file, or the terminal's."
	case cancelled:
		return "Cancelled. Nothing was exported."
	}
	if said := whyNotWritten(err); said != "" {
		return said
	}
	var of *exportError
	if errors.As(err, &of) && len(e.bots) > 1 {
		return displayName(of.bot) + ": " + lowered(e.sh.says(of.err))
	}
	return e.sh.says(err)
}
