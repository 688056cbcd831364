package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/internal/secret"
)

// A masking says how much of a field's value is drawn.
type masking int

const (
	maskNone  masking = iota
	maskToken         // the bot id before the colon is shown, as long as it is one
	maskAll           // nothing of it: an api_hash
)

const (
	// maskCells is how long every mask is: it tells nothing about what it hides.
	maskCells = 8
	// revealTime is how long ctrl+r shows a masked field.
	revealTime = 10 * time.Second
	// maxTyped bounds a field in characters: long enough to say what is wrong with a paste gone astray.
	maxTyped = 256
)

// A field is one line of a form: a label, a text to type or a choice to make, what is good to know beside
// it, and under it what is wrong with it. It is a value.
type field struct {
	id    fleet.Field
	label string
	// hint stands in the empty field.
	hint string
	mask masking
	// optional fields may stay empty.
	optional bool
	// quotes may belong to the value, as in a label.
	quotes bool
	// check judges the value while it is typed; nil when anything goes.
	check func(string) *fleet.InputError
	// choices make it a field that is chosen from with the arrow keys, chosen the index of the one that is.
	// picks says that enter takes the choice instead of going on.
	choices []string
	chosen  int
	picks   bool
	// fold makes it a line that folds the fields after it away; hidden is what is folded away or does not
	// apply.
	fold, open, hidden bool

	input textinput.Model
	// left and asked: the field was left, or enter was pressed with it, so it counts as finished.
	left, asked bool
	// note is good news about the value; it goes when the value changes.
	note string
	// refused is what fleet said of the value later on; it goes when the value changes.
	refused *fleet.InputError
	// shown is until when a masked value is shown.
	shown time.Time
}

// newField makes a field that is typed into.
func newField(id fleet.Field, label string, mask masking, check func(string) *fleet.InputError) field {
	input := textinput.New()
	input.Prompt = ""
	input.CharLimit = maxTyped
	input.SetVirtualCursor(false)
	if mask != maskNone {
		// Keys that delete or jump by words would tell where words end.
		input.EchoMode = textinput.EchoPassword
	}
	// The clipboard comes as a paste of the terminal's; these two are other keys of the form's.
	input.KeyMap.Paste.SetEnabled(false)
	input.KeyMap.LineStart.SetKeys("home")
	input.Focus()
	return field{id: id, label: label, mask: mask, check: check, input: input}
}

// newTokenField makes the field of a bot token.
func newTokenField() field {
	f := newField(fleet.FieldToken, "Bot token", maskToken, func(s string) *fleet.InputError {
		_, problem := fleet.CheckToken(s)
		return problem
	})
	f.hint = "from @BotFather"
	return f
}

// newAPIIDField makes the field of an api_id.
func newAPIIDField() field {
	f := newField(fleet.FieldAPIID, "api_id", maskNone, func(s string) *fleet.InputError {
		_, problem := fleet.CheckAPIID(s)
		return problem
	})
	f.hint = "my.telegram.org/apps, once, shared by all your bots"
	return f
}

// newAPIHashField makes the field of an api_hash.
func newAPIHashField() field {
	f := newField(fleet.FieldAPIHash, "api_hash", maskAll, fleet.CheckAPIHash)
	f.hint = "beside the api_id"
	return f
}

// newLabelField makes the field of a bot's label.
func newLabelField() field {
	f := newField(fleet.FieldLabel, "Label", maskNone, nil)
	f.optional, f.quotes = true, true
	return f
}

// newChoice makes a field that is chosen.
func newChoice(id fleet.Field, label string, choices []string) field {
	return field{id: id, label: label, choices: choices, optional: true}
}

// newFold makes the line that folds the fields after it away.
func newFold(id fleet.Field, label, hint string) field {
	return field{id: id, label: label, hint: hint, fold: true, optional: true}
}

// typed reports whether the field is typed into.
func (f field) typed() bool { return f.choices == nil && !f.fold }

// value is what was meant: without blanks and quotes that were copied along.
func (f field) value() string {
	if f.quotes {
		return strings.TrimSpace(f.input.Value())
	}
	return fleet.Trim(f.input.Value())
}

// secret is the value of a masked field.
func (f field) secret() secret.Secret { return secret.New(f.value()) }

// set puts a whole value into the field, which counts as finished.
func (f field) set(text string) field {
	f.input.SetValue(text)
	f.input.CursorEnd()
	return f.changed().leave()
}

// insert puts text in at the cursor, as a paste does.
func (f field) insert(text string) field {
	f = f.own()
	f.input, _ = f.input.Update(tea.PasteMsg{Content: typeable(text)})
	return f.changed()
}

// own gives the field its text alone. The input edits it in place, and earlier values of the field, kept as
// a draft or behind a running attempt, must not change with it.
func (f field) own() field {
	f.input.SetValue(f.input.Value())
	return f
}

// changed forgets what was said about the value before.
func (f field) changed() field {
	f.note, f.refused, f.asked = "", nil, false
	return f
}

// leave marks the field as finished: what is wrong with it may be said now.
func (f field) leave() field {
	f.left = true
	f.shown = time.Time{}
	return f
}

// update takes a key that is the field's own.
func (f field) update(keys keymap, msg tea.KeyPressMsg) field {
	switch {
	case f.fold:
		if key.Matches(msg, keys.left) {
			f.open = false
		} else if key.Matches(msg, keys.right) {
			f.open = true
		}
		return f
	case f.choices != nil:
		if key.Matches(msg, keys.left) {
			f.chosen = (f.chosen + len(f.choices) - 1) % len(f.choices)
		} else if key.Matches(msg, keys.right) {
			f.chosen = (f.chosen + 1) % len(f.choices)
		}
		return f
	}
	f = f.own()
	before := f.input.Value()
	msg.Text = typeable(msg.Text)
	f.input, _ = f.input.Update(msg)
	if f.input.Value() != before {
		f = f.changed()
		if f.input.Value() == "" {
			f.left = false // starting over
		}
	}
	return f
}

// reveal shows a masked value for a while, or masks it again.
func (f field) reveal(now time.Time) (field, tea.Cmd) {
	if f.mask == maskNone || f.input.Value() == "" {
		return f, nil
	}
	if now.Before(f.shown) {
		f.shown = time.Time{}
		return f, nil
	}
	f.shown = now.Add(revealTime)
	return f, tea.Tick(revealTime, func(time.Time) tea.Msg { return maskedMsg{} })
}

// maskedMsg: the time a value was shown for is over. It has nothing to do but to have the screen redrawn.
type maskedMsg struct{}

// problem is what is wrong with the value, said or not.
func (f field) problem() *fleet.InputError {
	switch {
	case f.refused != nil:
		return f.refused
	case f.check == nil || f.hidden:
		return nil
	}
	problem := f.check(f.value())
	if problem != nil && problem.Problem == fleet.ProblemEmpty && f.optional {
		return nil
	}
	return problem
}

// said is the problem that is worth saying now. Nobody is scolded for what is merely not finished yet.
func (f field) said() *fleet.InputError {
	problem := f.problem()
	switch {
	case problem == nil || problem == f.refused || f.asked:
		return problem
	case problem.Problem == fleet.ProblemEmpty:
		return nil
	case !f.left && unfinished(problem, f.value()):
		return nil
	}
	return problem
}

// blocks reports whether the value cannot be right.
func (f field) blocks() bool {
	problem := f.problem()
	return problem != nil && !problem.Warning()
}

// empty reports whether the field still has to be filled in.
func (f field) empty() bool { return f.typed() && !f.optional && !f.hidden && f.value() == "" }

// unfinished reports whether typing on can make a problem go away.
func unfinished(problem *fleet.InputError, value string) bool {
	switch problem.Problem { //nolint:exhaustive // all others stay wrong however one goes on
	case fleet.ProblemProxy, fleet.ProblemChecksum:
		return true
	case fleet.ProblemSyntax:
		return problem.Field == fleet.FieldRecipient && strings.HasPrefix(recipientBegins, value)
	case fleet.ProblemNoColon, fleet.ProblemPhone:
		return digitsOnly(value)
	case fleet.ProblemSecretLength:
		got, _ := strconv.Atoi(problem.Got)
		want, _ := strconv.Atoi(problem.Want)
		return got < want
	case fleet.ProblemNotHex:
		got, _ := strconv.Atoi(problem.Got)
		want, _ := strconv.Atoi(problem.Want)
		return got < want && strings.Trim(value, "0123456789abcdefABCDEF") == ""
	}
	return false
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

// drawable is a value with a sign in the place of what typeable leaves out: a file's name may have any of it, and is kept
// as it is.
func drawable(value string) string {
	return strings.Map(func(r rune) rune {
		if unhinges(r) {
			return unicode.ReplacementChar
		}
		return r
	}, value)
}

// unhinges reports whether a character controls a terminal, or turns the direction of what is drawn after it.
func unhinges(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// typeable is text without what a field must not hold: control characters, and those that turn the
// direction of what is drawn after them.
func typeable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		if unhinges(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}
