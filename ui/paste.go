package ui

import (
	"fmt"
	"slices"
	"strconv"

	"botring/fleet"
)

// paste takes a pasted text: what can be recognised goes where it belongs whatever has the focus, the rest
// goes into the field with the focus.
func (a add) paste(text string) add {
	if next, ok := a.takeProxy(text); ok {
		next.says = "A proxy was pasted. It is used until botring ends."
		return next
	}
	pasted := fleet.ReadPaste(text)
	a.says = ""
	a = a.takeApp(pasted)
	switch {
	case len(pasted.Tokens) > 0:
		return a.offer(pasted.Tokens)
	case pasted.APIID != 0 || !pasted.APIHash.Empty():
		return a.goOn()
	case pasted.Rest == "":
		a.says = "There was nothing to paste."
		return a
	}
	at := a.form.focused()
	if !at.typed() {
		at = a.form.field(fleet.FieldToken)
		a.form = a.form.focus(at.id)
	}
	if at.check != nil && at.check(pasted.Rest) == nil {
		at = at.set(pasted.Rest)
	} else {
		at = at.insert(pasted.Rest)
	}
	if at.id == fleet.FieldToken {
		a.found = nil
	}
	a.form = a.form.with(at)
	return a
}

// offer puts the first of the found tokens into its field and remembers the others.
func (a add) offer(found []fleet.Found) add {
	token := a.form.field(fleet.FieldToken).set(found[0].Token.Reveal())
	token.note = sourceWords(found[0].Source)
	a.form, a.found = a.form.with(token), nil
	if len(found) > 1 {
		token.note = fmt.Sprintf("the first of %d", len(found))
		a.form, a.found = a.form.with(token), found
	}
	return a.goOn()
}

// sourceWords says where a token was found, "" when there was nothing else.
func sourceWords(s fleet.Source) string {
	switch s {
	case fleet.SourcePlain:
		return ""
	case fleet.SourceBotFather:
		return "found in a message from @BotFather"
	case fleet.SourceEnv:
		return "found among settings"
	case fleet.SourceURL:
		return "found in a URL"
	case fleet.SourceText:
		return "found in the text"
	}
	return ""
}

// takeApp fills in an api_id and an api_hash, or chooses the saved app they are of.
func (a add) takeApp(pasted fleet.Pasted) add {
	choice := a.form.field(fleet.FieldAppName)
	if pasted.APIID != 0 && choice.choices != nil {
		i := slices.IndexFunc(a.apps, func(app fleet.App) bool { return app.APIID == pasted.APIID })
		if i < 0 {
			i = len(choice.choices) - 1
		}
		choice.chosen = i
		a.form = a.form.with(choice)
		a = a.arranged()
	}
	if pasted.APIID != 0 {
		a.form = a.form.with(a.form.field(fleet.FieldAPIID).set(strconv.Itoa(pasted.APIID)))
	}
	if !pasted.APIHash.Empty() {
		a.form = a.form.with(a.form.field(fleet.FieldAPIHash).set(pasted.APIHash.Reveal()))
	}
	return a
}

// goOn puts the focus where something is missing, or on the token when nothing is.
func (a add) goOn() add {
	for _, f := range a.form.fields {
		if f.empty() {
			a.form = a.form.focus(f.id)
			return a
		}
	}
	a.form = a.form.focus(fleet.FieldToken)
	return a
}

// extract finds the token in a text that was typed or came without brackets: a URL, say.
func (a add) extract() add {
	f := a.form.field(fleet.FieldToken)
	if a.form.focused().id == fleet.FieldToken && !f.asked || !f.blocks() {
		return a
	}
	found := fleet.ReadPaste(f.input.Value()).Tokens
	if len(found) != 1 || found[0].Token.Reveal() == f.value() {
		return a
	}
	next := f.set(found[0].Token.Reveal())
	next.note = sourceWords(found[0].Source)
	a.form = a.form.with(next)
	return a
}
