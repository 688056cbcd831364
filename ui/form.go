package ui

import (
	"slices"
	"strconv"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// A form is fields of which one has the focus. Screens that ask for something hold one, hand it their keys
// and pastes, and act on what it answers.
type form struct {
	fields []field
	at     int

	// lastKey is when the last key came, and burst what came since the last pause: a terminal without
	// bracketed paste types what is pasted, newlines as enter.
	lastKey time.Time
	burst   burst
}

// A formEvent is what a form wants its screen to do.
type formEvent int

const (
	formNothing   formEvent = iota
	formSubmitted           // enter, and everything is filled in and may be right
	formPicked              // enter on a field that picks
)

// pastedWithin is how soon after another key a pasted one comes. Nobody types that fast.
const pastedWithin = 10 * time.Millisecond

// burstPause ends a paste that came as keys.
const burstPause = 60 * time.Millisecond

// maxBurst bounds what is taken of a paste that comes as keys, in characters: more than any .env has.
const maxBurst = 1 << 14

// A burst is keys that came too fast to be typed.
type burst struct {
	text   []rune
	before field // the field as it was
	lines  bool  // a newline was among them, so it is surely a paste
	id     int
}

// burstMsg is the pause after a burst.
type burstMsg struct{ id int }

// field returns the field of that id.
func (f form) field(id fleet.Field) field {
	if i := f.index(id); i >= 0 {
		return f.fields[i]
	}
	return field{id: id, hidden: true, optional: true}
}

func (f form) index(id fleet.Field) int {
	return slices.IndexFunc(f.fields, func(each field) bool { return each.id == id })
}

// with returns the form with that field in place of the one of its id.
func (f form) with(changed field) form {
	if i := f.index(changed.id); i >= 0 {
		f.fields = slices.Clone(f.fields)
		f.fields[i] = changed
	}
	return f
}

// focused is the field with the focus.
func (f form) focused() field { return f.fields[f.at] }

// focus gives the focus to a field.
func (f form) focus(id fleet.Field) form {
	if i := f.index(id); i >= 0 && i != f.at {
		f = f.with(f.focused().leave())
		f.at = i
	}
	return f
}

// move takes the focus on to the next visible field, or back.
func (f form) move(step int) form {
	n := len(f.fields)
	for i := 1; i <= n; i++ {
		next := (f.at + step*i%n + n) % n
		if !f.fields[next].hidden {
			return f.focus(f.fields[next].id)
		}
	}
	return f
}

// update takes a key. Keys of the screen itself (esc, ctrl+s) do not come here.
func (f form) update(sh *shell, msg tea.KeyPressMsg) (form, tea.Cmd, formEvent) {
	now := sh.now()
	fast := now.Sub(f.lastKey) < pastedWithin
	f.lastKey = now
	var cmd tea.Cmd
	keys := sh.keys
	enter := key.Matches(msg, keys.open)
	f, cmd = f.collect(msg, fast, enter || key.Matches(msg, keys.lineFeed))
	switch {
	case enter && fast:
		return f, cmd, formNothing
	case enter:
		return f.enter()
	case fast && msg.Code == tea.KeyTab:
		return f, cmd, formNothing // a pasted tab
	case key.Matches(msg, keys.nextField):
		return f.move(1), nil, formNothing
	case key.Matches(msg, keys.prevField):
		return f.move(-1), nil, formNothing
	case key.Matches(msg, keys.reveal):
		shown, cmd := f.focused().reveal(now)
		return f.with(shown), cmd, formNothing
	}
	return f.with(f.focused().update(keys, msg)), cmd, formNothing
}

// collect keeps what comes too fast to be typed. It has to know from the first key on, so every key that
// follows a pause begins a burst, of which most end with their first.
func (f form) collect(msg tea.KeyPressMsg, fast, enter bool) (form, tea.Cmd) {
	if !fast {
		f.burst = burst{before: f.focused(), id: f.burst.id + 1}
	}
	switch {
	case len(f.burst.text) > maxBurst:
	case enter:
		f.burst.text = append(f.burst.text, '\n')
	case msg.Code == tea.KeyTab:
		f.burst.text = append(f.burst.text, '\t')
	default:
		f.burst.text = append(f.burst.text, []rune(msg.Text)...)
	}
	f.burst.lines = f.burst.lines || enter
	if !fast || !f.burst.lines {
		return f, nil
	}
	f.burst.id++
	id := f.burst.id
	return f, tea.Tick(burstPause, func(time.Time) tea.Msg { return burstMsg{id} })
}

// pasted is the text of a burst that ended and was a paste. The field is then as it was before.
func (f form) pasted(msg burstMsg) (form, string, bool) {
	if msg.id != f.burst.id || !f.burst.lines {
		return f, "", false
	}
	text := string(f.burst.text)
	f = f.with(f.burst.before)
	f.burst = burst{id: f.burst.id + 1}
	return f, text, true
}

// enter goes on: to the first field that is empty, else to the first that cannot be right, else it submits.
func (f form) enter() (form, tea.Cmd, formEvent) {
	at := f.focused()
	switch {
	case at.picks:
		return f, nil, formPicked
	case at.fold:
		at.open = !at.open
		return f.with(at), nil, formNothing
	}
	f, ok := f.complete()
	if !ok {
		return f, nil, formNothing
	}
	return f, nil, formSubmitted
}

// complete reports whether everything is filled in and may be right, and otherwise goes to what is not.
func (f form) complete() (form, bool) {
	for _, wrong := range []func(field) bool{field.empty, field.blocks} {
		for i, each := range f.fields {
			if each.hidden || !wrong(each) {
				continue
			}
			each.asked = f.at == i || each.value() != ""
			return f.with(each).focus(each.id), false
		}
	}
	return f, true
}

// paste puts a text that holds no token of its own into the field with the focus.
func (f form) paste(text string) form {
	at := f.focused()
	if !at.typed() {
		return f
	}
	return f.with(at.insert(fleet.ReadPaste(text).Rest))
}

// refuse puts what fleet said of a value under its field, and goes there.
func (f form) refuse(problem *fleet.InputError) (form, bool) {
	at := f.field(problem.Field)
	if at.hidden || !at.typed() {
		return f, false
	}
	at.refused = problem
	return f.with(at).focus(at.id), true
}

// typing reports whether the focus is in a field that is typed into.
func (f form) typing() bool { return f.focused().typed() }

// keys are the bindings of the focused field.
func (f form) keys(sh *shell) []key.Binding {
	at := f.focused()
	var keys []key.Binding
	if at.mask != maskNone && at.input.Value() != "" {
		does := "show"
		if sh.now().Before(at.shown) {
			does = "mask"
		}
		keys = append(keys, as(sh.keys.reveal, does))
	}
	if len(at.choices) > 1 {
		keys = append(keys, sh.keys.right)
	}
	if f.visible() > 1 {
		keys = append(keys, sh.keys.nextField)
	}
	return keys
}

// lacking reports whether a field other than the focused one still has to be filled in.
func (f form) lacking() bool {
	for i, each := range f.fields {
		if i != f.at && each.empty() {
			return true
		}
	}
	return false
}

// visible is how many fields there are to go through.
func (f form) visible() int {
	n := 0
	for _, each := range f.fields {
		if !each.hidden {
			n++
		}
	}
	return n
}

// lines draws all fields one under the other.
func (f form) lines(sh *shell, width int) (lines []string, cursor *tea.Cursor) {
	for i, each := range f.fields {
		if each.hidden {
			continue
		}
		drawn, at := each.lines(sh.theme, width, i == f.at, sh.now())
		if at != nil {
			at.Y += len(lines)
			cursor = at
		}
		lines = append(lines, drawn...)
	}
	return lines, cursor
}

// one draws the focused field alone, for screens that are too low for all. where says which of how many.
func (f form) one(sh *shell, width int) (lines []string, cursor *tea.Cursor, where string) {
	at := f.focused()
	lines, cursor = at.alone().lines(sh.theme, width, true, sh.now())
	n := 0
	for i := range f.at + 1 {
		if !f.fields[i].hidden {
			n++
		}
	}
	return lines, cursor, strconv.Itoa(n) + "/" + strconv.Itoa(f.visible()) + " " + sh.theme.glyphs.dot + " " + at.label
}
