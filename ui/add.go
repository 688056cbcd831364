package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

// Fields of the Add screen that are no inputs of fleet's.
const (
	fieldSample fleet.Field = "sample"
	fieldMore   fleet.Field = "more"
)

// anotherApp is the choice after the saved apps: to type a new one.
const anotherApp = "another one"

// add is the form a bot is added with.
type add struct {
	sh   *shell
	form form
	// apps are those the form offers, in its order; the catalogue may change meanwhile.
	apps []fleet.App
	// found are the tokens of the last paste, when there were several.
	found []fleet.Found
	says  string
	// warned: it was said that the api_id is published.
	warned bool
}

// newAdd opens the form, going on with the draft.
func newAdd(sh *shell) screen {
	a := freshAdd(sh)
	if sh.draft.kept {
		a = a.adopt(sh.draft)
		a.says = "Going on with what was typed before."
	}
	return a
}

// newAddPasted opens the form filled in from a text that was pasted elsewhere.
func newAddPasted(sh *shell, text string) screen {
	a := freshAdd(sh)
	if sh.draft.kept {
		a = a.adopt(sh.draft)
	}
	return a.paste(text)
}

// newAddNext opens the form with the next of several tokens.
func newAddNext(sh *shell, rest []fleet.Found) screen {
	if len(rest) == 0 {
		return newAdd(sh)
	}
	return freshAdd(sh).offer(rest)
}

// freshAdd is the empty form. The first bot brings its app along; later ones choose from those saved.
func freshAdd(sh *shell) add {
	token := []field{newTokenField()}
	if len(sh.samples) > 0 {
		says := make([]string, len(sh.samples))
		for i, sample := range sh.samples {
			says[i] = sample.Says
		}
		try := newChoice(fieldSample, "Try", says)
		try.picks = true
		token = append(token, try)
	}
	app := []field{newAPIIDField(), newAPIHashField()}
	fields := slices.Concat(app, token)
	if len(sh.apps) > 0 {
		choice := newChoice(fleet.FieldAppName, "App", appChoices(sh))
		choice.chosen = usual(sh.apps)
		fields = slices.Concat(token, []field{choice}, app)
	}
	label := newLabelField()
	label.hint = "your own name for it"
	tags := newField(fleet.FieldTag, "Tags", maskNone, nil)
	tags.optional, tags.hint = true, "separated by blanks"
	environment := newChoice(fleet.FieldEnvironment, "Environment", sh.environments)
	environment.chosen = max(0, slices.Index(environment.choices, sh.environment))
	fields = append(fields, newFold(fieldMore, "More", "label, tags, environment, proxy"), label, tags, environment)
	fields = append(fields, proxyFields(sh)...)
	return add{sh: sh, apps: sh.apps, form: form{fields: fields}}.arranged()
}

// usual is the app that most bots log in with.
func usual(apps []fleet.App) int {
	most := 0
	for i, app := range apps {
		if app.Bots > apps[most].Bots {
			most = i
		}
	}
	return most
}

func appChoices(sh *shell) []string {
	var choices []string
	for _, app := range sh.apps {
		choices = append(choices, fmt.Sprintf("%s %s api_id %d", app.Name, sh.theme.glyphs.dot, app.APIID))
	}
	return append(choices, anotherApp)
}

// arranged hides what does not apply to what is chosen.
func (a add) arranged() add {
	_, saved := a.app()
	folded, through := !a.form.field(fieldMore).open, a.form.field(fieldThrough)
	for id, hidden := range map[fleet.Field]bool{
		fleet.FieldAPIID:       saved,
		fleet.FieldAPIHash:     saved,
		fleet.FieldLabel:       folded,
		fleet.FieldTag:         folded,
		fleet.FieldEnvironment: folded || len(a.sh.environments) < 2,
		fieldThrough:           folded,
		fleet.FieldProxy:       folded || through.choices[through.chosen] != anotherProxy,
	} {
		f := a.form.field(id)
		f.hidden = hidden
		a.form = a.form.with(f)
	}
	return a
}

// app is the saved app that is chosen; false where a new one is typed.
func (a add) app() (fleet.App, bool) {
	choice := a.form.field(fleet.FieldAppName)
	if choice.choices == nil || choice.chosen >= len(a.apps) {
		return fleet.App{}, false
	}
	return a.apps[choice.chosen], true
}

// in is the form with another environment chosen.
func (a add) in(environment string) add {
	f := a.form.field(fleet.FieldEnvironment)
	f.chosen = max(0, slices.Index(f.choices, environment))
	a.form = a.form.with(f)
	return a
}

// withoutToken is the form waiting for another token.
func (a add) withoutToken() add {
	f := a.form.field(fleet.FieldToken).set("")
	f.left = false
	a.form = a.form.with(f).focus(fleet.FieldToken)
	a.says = "Paste the new token."
	return a
}

func (a add) pasted(text string) screen { return a.paste(text) }

func (a add) notice(text string) screen { a.says = text; return a }

func (a add) Typing() bool { return a.form.typing() }

func (a add) Keys() []key.Binding {
	keys := a.sh.keys
	at := a.form.focused()
	var shown []key.Binding
	switch {
	case at.picks:
		shown = append(shown, as(keys.open, "take it"))
	case at.fold && at.open:
		shown = append(shown, as(keys.open, "fold"))
	case at.fold:
		shown = append(shown, as(keys.open, "unfold"))
	case len(a.found) > 1:
		shown = append(shown, as(keys.open, "add the first"), as(keys.addAll, fmt.Sprintf("add all %d", len(a.found))))
	case a.form.lacking():
		shown = append(shown, as(keys.open, "go on"))
	default:
		shown = append(shown, as(keys.open, "log in"))
	}
	if a.sh.body.height > 0 && a.sh.body.height < oneFieldBelow {
		// Where one field is seen at a time, the way to the others comes first.
		shown = append(shown, keys.nextField, keys.back, keys.saveOnly)
		return append(shown, slices.DeleteFunc(a.form.keys(a.sh), func(b key.Binding) bool { return b.Help() == keys.nextField.Help() })...)
	}
	shown = append(shown, keys.saveOnly)
	return append(append(shown, a.form.keys(a.sh)...), keys.back)
}

func (a add) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return a.paste(msg.Content), nil
	case burstMsg:
		if next, text, ok := a.form.pasted(msg); ok {
			a.form = next
			return a.paste(text), nil
		}
	case tea.KeyPressMsg:
		return a.press(msg)
	}
	return a, nil
}

func (a add) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := a.sh.keys
	a.says = ""
	switch {
	case key.Matches(msg, keys.back):
		return a.leave(), nil
	case key.Matches(msg, keys.saveOnly):
		return a.submit(true)
	case key.Matches(msg, keys.addAll) && len(a.found) > 1:
		return a.addAll()
	}
	before := a.form.field(fleet.FieldToken).value()
	next, cmd, event := a.form.update(a.sh, msg)
	a.form = next
	if a.form.field(fleet.FieldToken).value() != before {
		a.found = nil // the field holds something else than what was pasted
	}
	a = a.arranged()
	switch event {
	case formSubmitted:
		return a.submit(false)
	case formPicked:
		return a.pick(), nil
	case formNothing:
	}
	return a.extract(), cmd
}

// pick takes the sample that is chosen.
func (a add) pick() add {
	f := a.form.field(fieldSample)
	token := a.form.field(fleet.FieldToken).set(a.sh.samples[f.chosen].Token.Reveal())
	token.note = "one of the demo's"
	a.form, a.found = a.form.with(token).focus(fleet.FieldToken), nil
	return a.goOn()
}

// submit logs in and saves, or only saves.
func (a add) submit(noLogin bool) (screen, tea.Cmd) {
	a = a.extract()
	var ok bool
	if a.form, ok = a.form.complete(); !ok {
		return a.extract(), nil
	}
	// What was shown for a while is masked when one comes back.
	a.form = a.form.with(a.form.focused().leave())
	if _, saved := a.app(); !saved && !a.warned && !noLogin {
		id := a.form.field(fleet.FieldAPIID)
		if problem := id.problem(); problem != nil && problem.Problem == fleet.ProblemPublished {
			a.warned, a.form = true, a.form.focus(fleet.FieldAPIID)
			a.says = "enter tries anyway"
			return a, nil
		}
	}
	a.useProxy()
	return a.attempt(a.form.field(fleet.FieldToken).secret(), noLogin).start(a.sh)
}

// attempt is the adding of one token with what the form says otherwise.
func (a add) attempt(token secret.Secret, noLogin bool) attempt {
	id, _ := fleet.CheckToken(token.Reveal())
	bot := fleet.NewBot{
		Token:       token,
		Environment: a.environment(),
		Label:       a.form.field(fleet.FieldLabel).value(),
		Tags:        strings.FieldsFunc(a.form.field(fleet.FieldTag).value(), func(r rune) bool { return r == ' ' || r == ',' }),
		NoLogin:     noLogin,
	}
	if app, saved := a.app(); saved {
		bot.APIID = app.APIID
	} else {
		bot.APIID, _ = fleet.CheckAPIID(a.form.field(fleet.FieldAPIID).value())
		bot.APIHash = a.form.field(fleet.FieldAPIHash).secret()
	}
	out := attempt{aim: adding, bot: bot, key: fleet.Key{Environment: bot.Environment, ID: id}, name: strconv.FormatInt(id, 10), back: a}
	if len(a.found) > 1 {
		out.rest = a.found[1:]
	}
	return out
}

// environment is the one that is chosen.
func (a add) environment() string {
	f := a.form.field(fleet.FieldEnvironment)
	if f.chosen < len(f.choices) {
		return f.choices[f.chosen]
	}
	return a.sh.environment
}

// refuse shows what fleet found wrong, under the field.
func (a add) refuse(problem *fleet.InputError) (screen, bool) {
	if problem.Field == fleet.FieldLabel || problem.Field == fleet.FieldTag || problem.Field == fleet.FieldProxy {
		more := a.form.field(fieldMore)
		more.open = true
		a.form = a.form.with(more)
		a = a.arranged()
	}
	next, shown := a.form.refuse(problem)
	a.form = next
	return a, shown
}

func (a add) View(size size) view {
	t := a.sh.theme
	v := view{trail: "Add a bot", status: t.waiting.Render(a.says)}
	hint := prose("Paste a token, a whole message from @BotFather, or a .env.", size.width)
	for i := range hint {
		hint[i] = t.dim.Render(hint[i])
	}
	v.body, v.cursor = a.form.lines(a.sh, size.width)
	if size.height < oneFieldBelow || len(v.body) > size.height {
		var where string
		v.body, v.cursor, where = a.form.one(a.sh, size.width)
		v.trail = "Add " + where
	}
	if len(v.body)+len(hint) < size.height {
		v.body = paragraphs([][]string{v.body, hint}, size.height)
	}
	if len(a.found) > 1 && a.says == "" {
		v.status = t.ok.Render(fmt.Sprintf("%d tokens found.", len(a.found)))
		if size.width >= 75 { // the keys say the rest
			v.status += " enter add the first " + t.glyphs.dot + " ctrl+a add all, one after another"
		}
	}
	if app, saved := a.app(); saved && v.status == "" {
		if _, problem := fleet.CheckAPIID(strconv.Itoa(app.APIID)); problem != nil {
			v.status = t.waiting.Render(fault.Of(problem).What)
		}
	}
	return v
}

// oneFieldBelow is the height of the body under which a form shows one field at a time.
const oneFieldBelow = 10
