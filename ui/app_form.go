package ui

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// appForm is the form of an app: a new one, or one whose name or api_hash changes.
type appForm struct {
	sh *shell
	// app is the one being edited, zero for a new one. Its api_id is what bots know it by, and stays.
	app  fleet.App
	form form
	task task
	// cancelling: the saving was told to end.
	cancelling bool
	notice     string
	// from is the screen that asked for it, the list of apps when nil.
	from screen
}

// newAppForm asks for a new app.
func newAppForm(sh *shell) screen {
	name := newField(fleet.FieldAppName, "Name", maskNone, nil)
	name.optional = true
	name.hint = sh.freeAppName()
	return appForm{sh: sh, form: form{fields: []field{newAPIIDField(), newAPIHashField(), name}}}
}

// newAppEdit asks for another name or api_hash.
func newAppEdit(sh *shell, app fleet.App) screen {
	name := newField(fleet.FieldAppName, "Name", maskNone, notEmpty(fleet.FieldAppName)).set(app.Name)
	hash := newAPIHashField()
	hash.optional = true
	hash.hint = "stays as it is when empty"
	return appForm{sh: sh, app: app, form: form{fields: []field{name, hash}}}
}

// notEmpty is the check of a field that needs something in it.
func notEmpty(id fleet.Field) func(string) *fleet.InputError {
	return func(s string) *fleet.InputError {
		if s == "" {
			return &fleet.InputError{Field: id, Problem: fleet.ProblemEmpty}
		}
		return nil
	}
}

// freeAppName is what an app is called that nobody names: "main", then "app 2" …
func (sh *shell) freeAppName() string {
	taken := map[string]bool{}
	for _, a := range sh.apps {
		taken[strings.ToLower(a.Name)] = true
	}
	name := "main"
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("app %d", n)
	}
	return name
}

func (a appForm) Typing() bool { return a.form.typing() }

func (a appForm) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if a.task.id != 0 && msg.task == a.task.id {
			return a.saved(msg)
		}
	case tea.PasteMsg:
		a.form = a.paste(a.form, msg.Content)
	case burstMsg:
		if next, text, ok := a.form.pasted(msg); ok {
			a.form = a.paste(next, text)
		}
	case tea.KeyPressMsg:
		return a.press(msg)
	}
	return a, nil
}

// paste spreads an .env or the page of my.telegram.org over the fields; anything else goes where the
// cursor is.
func (a appForm) paste(f form, text string) form {
	found := fleet.ReadPaste(text)
	if found.APIID == 0 && found.APIHash.Empty() {
		return f.paste(text)
	}
	if id := f.field(fleet.FieldAPIID); found.APIID != 0 && !id.hidden {
		f = f.with(id.set(strconv.Itoa(found.APIID)))
	}
	if !found.APIHash.Empty() {
		f = f.with(f.field(fleet.FieldAPIHash).set(found.APIHash.Reveal()))
	}
	return f
}

func (a appForm) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	back := key.Matches(msg, a.sh.keys.back)
	switch {
	case back && a.task.id != 0:
		a.task.cancel()
		a.cancelling = true
		return a, nil
	case back:
		return a.leave(a.app.APIID, ""), nil
	case a.task.id != 0:
		return a, nil
	}
	a.notice = ""
	var cmd tea.Cmd
	var event formEvent
	a.form, cmd, event = a.form.update(a.sh, msg)
	if event != formSubmitted {
		return a, cmd
	}
	return a.save()
}

func (a appForm) save() (screen, tea.Cmd) {
	sh, app := a.sh, a.app
	name, hash := a.form.field(fleet.FieldAppName).value(), a.form.field(fleet.FieldAPIHash).secret()
	if app.APIID == 0 {
		if name == "" {
			name = sh.freeAppName()
		}
		// The field was checked, so it is a number.
		app.APIID, _ = fleet.CheckAPIID(a.form.field(fleet.FieldAPIID).value())
	}
	var cmd tea.Cmd
	a.task, cmd = sh.start("save", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		if a.app.APIID == 0 {
			return sh.fleet.AddApp(ctx, name, app.APIID, hash)
		}
		return sh.fleet.EditApp(ctx, app.APIID, name, hash)
	})
	return a, cmd
}

func (a appForm) saved(msg taskDoneMsg) (screen, tea.Cmd) {
	a.task, a.cancelling = task{}, false
	if app, ok := msg.value.(fleet.App); ok && msg.err == nil {
		return a.leave(app.APIID, fault.Clean(app.Name)+" was saved."), a.sh.reload
	}
	var input *fleet.InputError
	if errors.As(msg.err, &input) {
		if refused, ok := a.form.refuse(input); ok {
			a.form = refused
			return a, nil
		}
	}
	said := fault.Of(msg.err)
	a.notice = strings.TrimSpace(said.What + " " + said.NotSaved)
	return a, nil
}

// leave goes back to the screen that asked, or to the app among all.
func (a appForm) leave(apiID int, says string) screen {
	if a.from != nil {
		return told(a.from, says)
	}
	return newAppsAt(a.sh, apiID, says)
}

func (a appForm) Keys() []key.Binding {
	k := a.sh.keys
	switch {
	case a.cancelling:
		return nil
	case a.task.id != 0:
		return []key.Binding{as(k.back, "cancel")}
	}
	return append([]key.Binding{as(k.open, "save"), k.back}, a.form.keys(a.sh)...)
}

func (a appForm) View(size size) view {
	t := a.sh.theme
	v := view{trail: "Add an app", status: a.notice}
	if a.app.APIID != 0 {
		v.trail = fmt.Sprintf("%s %s api_id %d", fault.Clean(a.app.Name), t.glyphs.dot, a.app.APIID)
	}
	switch {
	case a.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case a.task.id != 0:
		v.status = "saving" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	}
	v.body, v.cursor = a.form.lines(a.sh, size.width)
	if len(v.body) > size.height {
		var where string
		v.body, v.cursor, where = a.form.one(a.sh, size.width)
		v.trail += " " + where
	}
	return v
}
