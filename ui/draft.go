package ui

import (
	"slices"

	"botring/fleet"
)

// draft is what was typed into the Add screen; esc keeps it until the program ends.
type draft struct {
	kept  bool
	form  form
	found []fleet.Found
}

// adopt takes what was typed before into fresh fields: apps and environments may be others by now.
func (a add) adopt(d draft) add {
	for _, fresh := range a.form.fields {
		old := d.form.field(fresh.id)
		fresh.input, fresh.left, fresh.note, fresh.open = old.input, old.left, old.note, old.open
		if at := old.chosen; at < len(old.choices) {
			if i := slices.Index(fresh.choices, old.choices[at]); i >= 0 {
				fresh.chosen = i
			}
		}
		if d.form.index(fresh.id) >= 0 {
			a.form = a.form.with(fresh)
		}
	}
	a.found = d.found
	return a.arranged().goOn()
}

// leave goes back and keeps what was typed.
func (a add) leave() screen {
	a.sh.draft = draft{kept: a.touched(), form: a.form, found: a.found}
	if a.sh.draft.kept {
		a.sh.list.notice = "What you typed is kept: a goes on with it."
	}
	return a.sh.home()
}

// touched reports whether anything was typed.
func (a add) touched() bool {
	return slices.ContainsFunc(a.form.fields, func(f field) bool { return f.typed() && f.input.Value() != "" })
}
