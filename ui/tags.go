package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// tagging gives tags to bots and takes tags away. They are typed on one line, as the history writes them down:
// "prod -eu". Which tags there are, and which the bots have, stands below and follows what is typed.
type tagging struct {
	sh     *shell
	bots   []fleet.Bot
	hidden int // how many of them the filter does not show
	// marked: they were marked, and are more than one sees; it is asked once more then.
	marked bool
	// from is the screen that asked, home when nil.
	from screen
	// give takes the tags where the bots are yet to be made, whom of them says how many. Nothing is saved then.
	give func(tags []string) screen
	whom string

	form  form
	known []knownTag
	// stem is what tab completes, turn how often it was pressed for it, completed the value that came of it.
	stem      string
	turn      int
	completed string

	asking     bool
	asked      guard
	saving     task
	cancelling bool
	notice     string
}

// newTags opens the tags of bots, hidden of which the filter does not show.
func newTags(sh *shell, bots []fleet.Bot, hidden int, marked bool, from screen) screen {
	f := newField(fleet.FieldTag, "Tags", maskNone, nil)
	f.optional, f.hint = true, "prod gives it, -prod takes it away"
	return tagging{
		sh: sh, bots: bots, hidden: hidden, marked: marked, from: from,
		form: form{fields: []field{f}}, known: knownTags(sh.bots, bots),
	}
}

// newTagsToGive asks for the tags of bots that are yet to be made; some may have been typed before.
func newTagsToGive(sh *shell, whom string, tags []string, from screen, give func([]string) screen) screen {
	f := newField(fleet.FieldTag, "Tags", maskNone, func(value string) *fleet.InputError {
		add, _ := typedTags(value)
		return fleet.CheckTags(add)
	})
	f.optional, f.hint = true, "words to find them all by: prod eu"
	f = f.own()
	f.input.SetValue(strings.Join(tags, " "))
	f.input.CursorEnd()
	return tagging{sh: sh, whom: whom, from: from, give: give, form: form{fields: []field{f}}, known: knownTags(sh.bots, nil)}
}

func (t tagging) Typing() bool { return !t.asking && t.saving.id == 0 }

func (t tagging) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if msg.task == t.saving.id && t.saving.id != 0 {
			return t.saved(msg)
		}
	case tea.PasteMsg:
		if t.Typing() {
			t.form = t.form.paste(msg.Content)
		}
	case burstMsg:
		if next, text, ok := t.form.pasted(msg); ok && t.Typing() {
			t.form = next.paste(text)
		}
	case tea.KeyPressMsg:
		return t.press(msg)
	}
	return t, nil
}

func (t tagging) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := t.sh.keys
	switch {
	case t.saving.id != 0:
		if key.Matches(msg, keys.back) {
			t.saving.cancel()
			t.cancelling = true
		}
		return t, nil
	case t.asking && key.Matches(msg, keys.open):
		if !t.asked.ready(t.sh.now()) {
			return t, nil
		}
		return t.save()
	case t.asking:
		t.asking = !key.Matches(msg, keys.back)
		return t, nil
	case key.Matches(msg, keys.back):
		return t.leave(""), nil
	}
	t.notice = ""
	var cmd tea.Cmd
	var event formEvent
	tab := key.Matches(msg, keys.complete)
	t.form, cmd, event = t.form.update(t.sh, msg)
	switch {
	case tab && cmd == nil:
		t = t.complete()
	case event == formSubmitted:
		return t.submit(cmd)
	}
	return t, cmd
}

// value is what was typed.
func (t tagging) value() string { return t.form.field(fleet.FieldTag).input.Value() }

// submit saves, or asks first.
func (t tagging) submit(cmd tea.Cmd) (screen, tea.Cmd) {
	add, remove := typedTags(t.value())
	switch {
	case t.give != nil && len(remove) > 0:
		t.notice = "They have no tags yet that could be taken away."
		return t, cmd
	case t.give != nil:
		return t.give(add), cmd
	case len(add)+len(remove) == 0:
		t.notice = "Type a tag to give, or -tag to take one away."
		return t, cmd
	case t.marked:
		t.asking, t.asked = true, guard{t.sh.now()}
		return t, cmd
	}
	return t.save()
}

func (t tagging) save() (screen, tea.Cmd) {
	sh, bots := t.sh, keysOf(t.bots)
	add, remove := typedTags(t.value())
	t.asking = false
	var cmd tea.Cmd
	t.saving, cmd = sh.start("tag", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return sh.fleet.Tag(ctx, bots, add, remove)
	})
	return t, cmd
}

// saved takes the end. The bots that come with an error have their tags all the same.
func (t tagging) saved(msg taskDoneMsg) (screen, tea.Cmd) {
	sh := t.sh
	t.saving = task{}
	bots, _ := msg.value.([]fleet.Bot)
	for _, b := range bots {
		sh.replace(b)
	}
	var input *fleet.InputError
	switch {
	case msg.err == nil && len(t.bots) == 1:
		return t.leave("The tags were saved."), sh.reload
	case msg.err == nil:
		return t.leave("The tags of " + count(len(bots), "bot") + " were saved."), sh.reload
	case t.cancelling:
		return t.leave(fmt.Sprintf("Stopped: the tags of %d of %s were saved.", len(bots), count(len(t.bots), "bot"))), sh.reload
	case errors.As(msg.err, &input):
		if refused, ok := t.form.refuse(input); ok {
			t.form = refused
			return t, nil
		}
	}
	t.notice = fault.Of(msg.err).What
	return t, sh.reload
}

// leave goes back to where the tags were asked for.
func (t tagging) leave(notice string) screen {
	if t.from == nil {
		t.sh.list.notice = notice
		return t.sh.home()
	}
	if notice == "" {
		return t.from
	}
	return newCardSaying(t.sh, t.bots[0].Key, notice)
}

// complete makes the word that is being typed a tag there is, and at each further press the next such tag.
func (t tagging) complete() tagging {
	value := t.value()
	if value != t.completed || value == "" {
		_, t.stem = lastWord(value)
		t.turn = 0
	}
	found := t.suggested(t.stem)
	if len(found) == 0 {
		return t
	}
	before, word := lastWord(value)
	sign := ""
	if strings.HasPrefix(word, "-") {
		sign = "-"
	}
	f := t.form.field(fleet.FieldTag).own()
	f.input.SetValue(before + sign + found[t.turn%len(found)].tag)
	f.input.CursorEnd()
	t.form = t.form.with(f.changed())
	t.completed = t.value()
	t.turn++
	return t
}

func (t tagging) Keys() []key.Binding {
	k := t.sh.keys
	switch {
	case t.saving.id != 0 && t.cancelling:
		return nil
	case t.saving.id != 0:
		return []key.Binding{as(k.back, "stop")}
	case t.asking:
		return []key.Binding{as(k.open, "save"), k.back}
	}
	keys := []key.Binding{as(k.open, "save")}
	if t.give != nil {
		keys = []key.Binding{as(k.open, "take these")}
	}
	if _, stem := lastWord(t.value()); len(t.suggested(stem)) > 0 {
		keys = append(keys, k.complete)
	}
	return append(keys, k.back)
}
