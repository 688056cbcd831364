package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// recipients lists who can open the encrypted files, and changes that: all files are encrypted anew then.
type recipients struct {
	sh  *shell
	all []string
	// looked: they were read.
	looked   bool
	selected string

	// asking: the selected one is to be removed.
	asking bool
	asked  guard
	run    counted
	doing  recipientWork
	// cancelling: the task was told to end.
	cancelling bool
	notice     string
	trouble    trouble
}

// A recipientWork is what a task does with recipients.
type recipientWork int

const (
	addingRecipient recipientWork = iota
	removingRecipient
	finishingRecipients
)

// newRecipients lists the recipients, with one selected if it is among them.
func newRecipients(sh *shell, selected string) (screen, tea.Cmd) {
	return recipients{sh: sh, selected: selected}, sh.readRecipients
}

func (r recipients) at() int { return max(0, slices.Index(r.all, r.selected)) }

// current is the selected recipient, "" where there is none.
func (r recipients) current() string {
	if len(r.all) == 0 {
		return ""
	}
	return r.all[r.at()]
}

// removable reports whether one could go: the last one is the files' own.
func (r recipients) removable() bool { return len(r.all) > 1 && !r.unfinished() }

// unfinished: a change was cut off, and can be ended.
func (r recipients) unfinished() bool { return r.sh.keyring.status.Unfinished }

func (r recipients) running() bool { return r.run.id != 0 }

func (r recipients) Typing() bool { return false }

func (r recipients) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case keyringMsg:
		if r.running() {
			return r, nil
		}
		if msg.err != nil || msg.status.Kind != kindAge || msg.status.Locked {
			return newKeyring(r.sh) // nothing can be read of it any more
		}
		return r, r.sh.readRecipients
	case recipientsMsg:
		r.looked = true
		if msg.err != nil {
			r.trouble = trouble{err: msg.err}
			return r, nil
		}
		r.all = msg.all
	case countedMsg:
		var cmd tea.Cmd
		r.run, cmd = r.run.update(msg)
		return r, cmd
	case taskDoneMsg:
		if r.running() && msg.task == r.run.id {
			return r.done(msg)
		}
	case tea.KeyPressMsg:
		switch keys := r.sh.keys; {
		case r.running():
			if key.Matches(msg, keys.back, keys.quit) {
				r.run.cancel()
				r.cancelling = true
			}
		case r.trouble.there():
			r.trouble = r.trouble.update(r.sh, msg)
		case r.asking:
			return r.answer(msg)
		default:
			r.notice = ""
			return r.press(msg)
		}
	}
	return r, nil
}

func (r recipients) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := r.sh.keys
	if by, moved := keys.steps(msg, r.sh.body.height/2, len(r.all)); moved {
		return r.move(by), nil
	}
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return newKeyring(r.sh)
	case key.Matches(msg, keys.open) && r.unfinished():
		return r.start(finishingRecipients, r.sh.fleet.FinishRecipients)
	case key.Matches(msg, keys.add) && r.looked && !r.unfinished():
		return newRecipientForm(r), nil
	case key.Matches(msg, keys.remove) && r.removable():
		r.selected, r.asking, r.asked = r.current(), true, guard{r.sh.now()}
	}
	return r, nil
}

func (r recipients) move(n int) recipients {
	if len(r.all) > 0 {
		r.selected = r.all[clamp(r.at()+n, 0, len(r.all)-1)]
	}
	return r
}

// answer is what is said to the question whether to remove one.
func (r recipients) answer(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	switch keys := r.sh.keys; {
	case key.Matches(msg, keys.back):
		r.asking = false
	case key.Matches(msg, keys.open) && r.asked.ready(r.sh.now()):
		r.asking = false
		f, gone := r.sh.fleet, r.selected
		return r.start(removingRecipient, func(ctx context.Context, report func(done, total int)) error {
			return f.RemoveRecipient(ctx, gone, report)
		})
	}
	return r, nil
}

// add lets one more recipient open the files.
func (r recipients) add(one string) (screen, tea.Cmd) {
	f := r.sh.fleet
	r.selected = one
	return r.start(addingRecipient, func(ctx context.Context, report func(done, total int)) error {
		return f.AddRecipient(ctx, one, report)
	})
}

// start begins a change, which encrypts all files anew.
func (r recipients) start(doing recipientWork, call func(context.Context, func(done, total int)) error) (screen, tea.Cmd) {
	r.doing = doing
	var cmd tea.Cmd
	r.run, cmd = r.sh.startCounted("change of recipients", func(ctx context.Context, report func(fleet.MoveStep)) (any, error) {
		return nil, call(ctx, func(done, total int) { report(fleet.MoveStep{Done: done, Total: total}) })
	})
	return r, cmd
}

// done takes the end of a change, and looks at the keyring again whatever came of it: it may have been cut off.
func (r recipients) done(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := r.cancelling || errors.Is(msg.err, context.Canceled)
	r.run, r.cancelling = counted{}, false
	switch {
	case msg.err != nil && stopped:
		r.notice = "Cancelled."
	case r.doing == removingRecipient && fleet.IsOfRecipients(msg.err):
		// The others could be read, so this is what is wrong without it.
		r.notice = "This one is your own, which the passphrase opens. It stays."
	case msg.err != nil:
		r.trouble = trouble{err: msg.err}
	case r.doing == addingRecipient:
		r.notice = "Added: its key opens the files too."
	case r.doing == removingRecipient:
		r.notice = "Removed: its key opens the files no more."
	default:
		r.notice = "Every file is encrypted to its recipients again."
	}
	return r, r.sh.lookAtKeyring
}

func (r recipients) Keys() []key.Binding {
	k := r.sh.keys
	switch {
	case r.cancelling:
		return nil
	case r.running():
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}
	case r.trouble.there():
		return r.trouble.keys(r.sh, "the recipients")
	case r.asking:
		return []key.Binding{as(k.open, "remove"), as(k.back, "keep it")}
	}
	var shown []key.Binding
	if r.unfinished() {
		shown = append(shown, as(k.open, "finish it"))
	} else if r.looked {
		shown = append(shown, as(k.add, r.sh.words("add a recipient", "add")))
	}
	if r.removable() {
		shown = append(shown, k.remove)
	}
	shown = append(shown, k.back, as(k.quit, "back"))
	if len(r.all) > 1 {
		shown = append(shown, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return shown
}

func (r recipients) View(size size) view {
	t := r.sh.theme
	v := view{trail: "Keyring " + t.glyphs.trail + " Recipients", status: r.notice}
	if r.trouble.there() {
		v.body, v.status = r.trouble.draw(r.sh, size)
		return v
	}
	switch {
	case r.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case r.running() && r.run.at.Total > 0:
		v.status = fmt.Sprintf("%s %s %d of %d", finishing, t.bar(r.run.at.Done, r.run.at.Total, 8), r.run.at.Done, r.run.at.Total)
	case r.running():
		v.status = finishing.String() + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case r.asking:
		v.status = t.waiting.Render(t.roomy(size.width-2, "Remove it, and encrypt every file anew?", "Remove it?"))
	case !r.looked:
		v.status = "Reading them" + t.glyphs.ellipsis
	}
	about := r.about(size)
	room := max(1, size.height-len(about))
	from, to := window(r.at(), len(r.all), room)
	for i := from; i < to; i++ {
		bar, style := " ", t.text
		if i == r.at() {
			bar, style = t.focus.Render(t.glyphs.row), t.strong
		}
		v.body = append(v.body, t.cut(" "+bar+" "+style.Render(fault.Clean(r.all[i])), size.width))
	}
	v.body = append(v.body, about...)
	return v
}

// about says what stands below the list: what a removal does not take back, what is unfinished, or who they are, and the
// selected one whole where its row is cut.
func (r recipients) about(size size) []string {
	if !r.looked {
		return nil
	}
	var says []string
	if one := fault.Clean(r.current()); ansi.StringWidth(one)+4 > size.width {
		whole := wrap(one, size.width-margin(size.width)-1)
		if len(whole) <= 3 { // those of some kinds are pages long
			says = append(says, indent(whole, margin(size.width))...)
		}
	}
	words := "Each of these keys opens every file. Your own is among them: the passphrase opens it."
	switch {
	case r.asking:
		words = fault.KeptByRecipient
	case r.unfinished():
		words = "A change was cut off: some files are still encrypted to those before. enter finishes it."
	case len(r.all) == 1:
		words = "It is your own, which the passphrase opens. Another may be a key in a safe."
	}
	if size.width < narrow && size.height < 8 && !r.asking && !r.unfinished() {
		words = "" // the list needs the room more
	}
	return slices.Concat([]string{""}, says, prose(words, size.width))
}
