package ui

import (
	"context"
	"crypto/sha256"
	"errors"
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

// exports asks in what form a bot leaves the keyring, for which place and which way, and has it leave. What runs
// here is given away only after another enter.
type exports struct {
	sh   *shell
	bot  fleet.Bot
	from screen
	form form

	// asking: a session is to be taken away from where it runs.
	asking bool
	asked  guard
	task   task
	step   fleet.Step
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

func newExport(sh *shell, bot fleet.Bot, from screen) screen {
	var formats []string
	kinds := []string{"no session"}
	for _, f := range fleet.ExportForms() {
		formats = append(formats, f.String())
		if f.HasSession() {
			kinds = append(kinds, f.String())
		}
	}
	sessions := []string{newSession}
	for _, s := range bot.Sessions {
		sessions = append(sessions, s.Name)
	}
	place := newField(fleet.FieldPlace, "Runs at", maskNone, fleet.CheckPlace)
	place.hint = "vps-1, or ci"
	file := newField(fieldPath, "File", maskNone, notEmpty(fieldPath))
	file.quotes = true
	file = file.set("~" + string(filepath.Separator) + "botring-" + strconv.FormatInt(bot.ID, 10) + ".txt")
	e := exports{sh: sh, bot: bot, from: from, form: form{fields: []field{
		newChoice(fieldFormat, "Format", formats), newChoice(fieldWith, "With", kinds), newChoice(fieldGoes, "Session", sessions),
		place, newChoice(fieldTo, "To", outlets(sh.clipboard.stays())), file,
	}}}
	return e.settled()
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

// leaving is the session that goes, which for a new one is named for its place; ok tells that it is there already.
func (e exports) leaving() (name string, session fleet.Session, ok bool) {
	if !e.shape().HasSession() {
		return "", fleet.Session{}, false
	}
	if name = e.chosen(); name == "" {
		name = e.form.field(fleet.FieldPlace).value()
	}
	i := slices.IndexFunc(e.bot.Sessions, func(s fleet.Session) bool { return s.Name == name })
	if i < 0 {
		return name, fleet.Session{}, false
	}
	return name, e.bot.Sessions[i], true
}

// takesAway reports whether the session that goes would run in two places.
func (e exports) takesAway() bool {
	_, session, ok := e.leaving()
	return ok && fleet.TakesAway(session, e.form.field(fleet.FieldPlace).value())
}

func (e exports) Typing() bool { return !e.asking && e.task.id == 0 && e.form.typing() }

func (e exports) notice(text string) screen { e.says = text; return e }

func (e exports) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case stepMsg:
		if e.task.id != 0 && msg.task == e.task.id {
			e.step = msg.step
			return e, e.task.watch()
		}
	case taskDoneMsg:
		if e.task.id != 0 && msg.task == e.task.id {
			return e.ended(msg)
		}
	case catalogueMsg:
		if bot, known := e.sh.bot(e.bot.Key); known {
			e.bot = bot
		}
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
		return e.from, nil
	}
	var cmd tea.Cmd
	var event formEvent
	e.form, cmd, event = e.form.update(e.sh, msg)
	e = e.settled()
	if event != formSubmitted {
		return e, cmd
	}
	if e.takesAway() {
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
}

// start has the session made or marked, and what was asked for written. What the task needs is taken now.
func (e exports) start() (screen, tea.Cmd) {
	f, bot, shape, way := e.sh.fleet, e.bot.Key, e.shape(), e.way()
	name, session, there := e.leaving()
	place, path := e.form.field(fleet.FieldPlace).value(), e.form.field(fieldPath).value()
	native := e.sh.clipboard.system()
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
		if err := ready(ctx, f, bot, name, place, session, there, report); err != nil {
			return nil, err
		}
		detail := shape.String()
		if name != "" {
			detail = "session " + name + ", " + detail
		}
		opened, err := f.OpenSession(ctx, bot, name, fleet.Use{Action: "export", Detail: detail})
		if err != nil {
			return nil, err
		}
		made, err := fleet.Export([]fleet.OpenedSession{opened}, shape)
		if err != nil {
			return nil, err
		}
		return deliver(ctx, native, way, path, made.Text)
	})
	e.step = fleet.Step{Stage: fleet.OpeningKeyring}
	return e, cmd
}

// ready makes the session where there is none, and marks one that is taken away from where it runs.
func ready(ctx context.Context, f *fleet.Fleet, bot fleet.Key, name, place string, session fleet.Session, there bool, report func(fleet.Step)) error {
	switch {
	case name == "", there && !fleet.TakesAway(session, place):
		return nil
	case there:
		_, err := f.MarkElsewhere(ctx, bot, name, place)
		return err
	}
	_, err := f.LoginSession(ctx, bot, fleet.NewSession{Name: name, Elsewhere: true, At: place}, report)
	return err
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
		a := attempt{aim: loggingIn, key: e.bot.Key, name: displayName(e.bot), back: e}
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
		e.says = e.why(msg.err, cancelled)
		return e, e.sh.reload
	case done.path != "":
		return told(e.from, "Written to "+fault.Clean(done.path)+", which nobody else may read."), e.sh.reload
	}
	var cmd tea.Cmd
	e.sh.clipboard, cmd = e.sh.clipboard.took(done.copied, e.sh.now())
	return e.from, tea.Batch(cmd, e.sh.reload)
}

// why says in a line what kept an export from leaving.
func (e exports) why(err error, cancelled bool) string {
	switch {
	case errors.Is(err, ErrNoClipboard):
		return "There is no clipboard here. Choose a file, or the terminal's."
	case cancelled:
		return "Cancelled. Nothing was exported."
	}
	if said := whyNotWritten(err); said != "" {
		return said
	}
	return e.sh.says(err)
}
