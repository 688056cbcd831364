package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// history shows what was done, the last first. It holds a part of it: what comes before and after is read when
// one gets near it.
type history struct {
	sh *shell
	// of is the bot whose history it is, from the card that it was opened on; the zero Key and nil for all.
	of   fleet.Key
	from screen

	// rows are those of the entries with the numbers from low to high that match the filter. newest and oldest:
	// there were none beyond.
	rows           []historyRow
	low, high      int64
	newest, oldest bool
	selected, top  int

	// asked is the read that is under way, nobody's where it is 0; giveUp ends it.
	asked  int
	giveUp context.CancelFunc
	// owed is the part that is to take the place of all rows, which are those of another filter until it has come;
	// nil where they are as asked for.
	owed *fleet.Stretch
	err  error

	field   textinput.Model
	finding bool

	verifying  task
	cancelling bool
	notice     string
}

// newHistory shows the whole history.
func newHistory(sh *shell) (screen, tea.Cmd) { return openHistory(sh, fleet.Key{}, nil) }

// openHistory shows the history of a bot, and goes back to where it was opened.
func openHistory(sh *shell, of fleet.Key, from screen) (screen, tea.Cmd) {
	return history{sh: sh, of: of, from: from, field: newFilterInput()}.latest()
}

func (h history) Typing() bool { return h.finding }

// resume goes on where another screen was shown meanwhile, which took the answer to what was asked.
func (h history) resume() (screen, tea.Cmd) { return h.newer() }

func (h history) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case historyMsg:
		return h.took(msg)
	case tickMsg:
		if h.asked == 0 && (h.newest || h.err != nil) {
			return h.newer()
		}
	case taskDoneMsg:
		if h.verifying.id != 0 && msg.task == h.verifying.id {
			return h.verified(msg)
		}
	case tea.PasteMsg:
		if h.finding {
			return h.typed(msg)
		}
		return newAddPasted(h.sh, msg.Content), nil
	case tea.KeyPressMsg:
		if h.finding {
			return h.find(msg)
		}
		return h.press(msg)
	}
	return h, nil
}

// height is how many rows fit.
func (h history) height() int {
	lines := 1 // the names of the columns
	if h.finding || h.field.Value() != "" {
		lines++
	}
	return max(1, h.sh.body.height-lines)
}

// move moves the selection and keeps it on the screen, and reads on where it comes near an end of what is held.
func (h history) move(n int) (screen, tea.Cmd) {
	h.selected = max(0, min(h.selected+n, len(h.rows)-1))
	height := h.height()
	h.top = clamp(h.top, h.selected-height+1, h.selected)
	h.top = max(0, min(h.top, len(h.rows)-height))
	switch ahead := 2 * height; {
	case h.asked != 0 || h.err != nil:
	case !h.oldest && h.selected+ahead >= len(h.rows):
		return h.ask(fleet.Stretch{Before: h.low}, false)
	case !h.newest && h.selected < ahead:
		return h.newer()
	}
	return h, nil
}

// current is the selected row, if there is one.
func (h history) current() (historyRow, bool) {
	if h.selected < 0 || h.selected >= len(h.rows) {
		return historyRow{}, false
	}
	return h.rows[h.selected], true
}

func (h history) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := h.sh, h.sh.keys
	if h.verifying.id != 0 && key.Matches(msg, keys.back, keys.quit) {
		h.verifying.cancel()
		h.cancelling = true
		return h, nil
	}
	h.notice = ""
	if next, cmd, moved := h.moves(msg); moved {
		return next, cmd
	}
	if h.verifying.id != 0 {
		return h, nil
	}
	switch {
	case key.Matches(msg, keys.open):
		return h.open()
	case key.Matches(msg, keys.filter):
		h.finding = true
		return h, h.field.Focus()
	case key.Matches(msg, keys.check):
		return h.verify()
	case key.Matches(msg, keys.bots):
		return sh.home(), nil
	case key.Matches(msg, keys.apps):
		return newApps(sh), nil
	case key.Matches(msg, keys.keyring):
		return newKeyring(sh)
	case key.Matches(msg, keys.back) && h.field.Value() != "":
		h.field.SetValue("")
		return h.latest()
	case key.Matches(msg, keys.back, keys.quit):
		return h.back(), nil
	}
	return h, nil
}

// back goes to where the history was opened.
func (h history) back() screen {
	if h.from != nil {
		return h.from
	}
	return h.sh.home()
}

// moves takes the keys that move the selection.
func (h history) moves(msg tea.KeyPressMsg) (next screen, cmd tea.Cmd, moved bool) {
	keys, page := h.sh.keys, max(1, h.height()/2)
	switch {
	case key.Matches(msg, keys.down):
		next, cmd = h.move(1)
	case key.Matches(msg, keys.up):
		next, cmd = h.move(-1)
	case key.Matches(msg, keys.pageDown):
		next, cmd = h.move(page)
	case key.Matches(msg, keys.pageUp):
		next, cmd = h.move(-page)
	case key.Matches(msg, keys.top) && !h.newest:
		next, cmd = h.latest()
	case key.Matches(msg, keys.top):
		next, cmd = h.move(-len(h.rows))
	case key.Matches(msg, keys.bottom) && !h.oldest:
		next, cmd = h.oldestPart()
	case key.Matches(msg, keys.bottom):
		next, cmd = h.move(len(h.rows))
	default:
		return h, nil, false
	}
	return next, cmd, true
}

// open opens the bot that an entry is about, or shows the entry where there is no other place to go.
func (h history) open() (screen, tea.Cmd) {
	r, ok := h.current()
	if !ok {
		return h, nil
	}
	if _, known := h.sh.bot(r.entry.Key); known && h.from == nil {
		return card{sh: h.sh, key: r.entry.Key, from: h}, nil
	}
	return historyEntry{sh: h.sh, row: r, from: h}, nil
}

// find takes a key while the filter is being typed.
func (h history) find(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := h.sh.keys
	switch {
	case key.Matches(msg, keys.back):
		h.finding = false
		h.field.Blur()
		h.field.SetValue("")
		return h.latest()
	case key.Matches(msg, keys.open):
		h.finding = false
		h.field.Blur()
		return h.move(0)
	case key.Matches(msg, keys.nextField):
		return h.move(1)
	case key.Matches(msg, keys.prevField):
		return h.move(-1)
	}
	return h.typed(msg)
}

// typed hands the filter's field what is typed or pasted, and looks for what stands in it then.
func (h history) typed(msg tea.Msg) (screen, tea.Cmd) {
	was := h.field.Value()
	var cmd, read tea.Cmd
	h.field, cmd = typeInto(h.field, msg)
	if h.field.Value() != was {
		h, read = h.latest()
	}
	return h, tea.Batch(cmd, read)
}

// verify follows the seals.
func (h history) verify() (screen, tea.Cmd) {
	f := h.sh.fleet
	var cmd tea.Cmd
	h.verifying, cmd = h.sh.start("call", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return f.VerifyHistory(ctx)
	})
	return h, cmd
}

func (h history) verified(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := h.cancelling || errors.Is(msg.err, context.Canceled)
	h.verifying, h.cancelling = task{}, false
	if msg.err != nil && stopped {
		h.notice = "Cancelled."
		return h, nil
	}
	found, _ := msg.value.(fleet.HistoryCheck)
	return verdict{sh: h.sh, from: h, found: found, err: msg.err}, nil
}
