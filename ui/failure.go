package ui

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet/fault"
)

// failure says what happened, why it may be, what to do, and what was not saved.
type failure struct {
	sh      *shell
	attempt attempt
	err     error
	since   guard
	pager   pager

	// asking: whether a login that is not saved is to be given up; asked is since when.
	asking bool
	asked  guard
}

func newFailure(sh *shell, a attempt, err error) screen {
	return failure{sh: sh, attempt: a, err: err, since: guard{sh.now()}}
}

func (f failure) Typing() bool { return false }

// fault words the error as of now.
func (f failure) fault() fault.Fault {
	said := fault.OfAt(f.err, f.sh.now()).WithLog(f.sh.log())
	if f.attempt.aim == loggingIn && said.NotSaved != "" {
		said.NotSaved = fault.Unchanged // nothing was typed, and the bot was saved before
	}
	return said
}

// pending reports whether a login waits to be saved.
func (f failure) pending() bool { return f.attempt.aim == savingAgain && f.sh.unsaved != nil }

func (f failure) Keys() []key.Binding {
	keys := f.sh.keys
	if f.asking {
		return []key.Binding{as(keys.open, "log out"), as(keys.back, "stay")}
	}
	var shown []key.Binding
	for _, o := range f.attempt.offers(f.sh, f.fault()) {
		shown = append(shown, o.key)
	}
	return append(shown, keys.back)
}

func (f failure) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return f.press(msg)
	case tea.PasteMsg:
		// A new token is what most failures ask for: it goes straight into the form.
		if form, ok := f.attempt.back.(paster); ok && !f.pending() {
			return form.pasted(msg.Content), nil
		}
	}
	return f, nil
}

func (f failure) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := f.sh, f.sh.keys
	enter := key.Matches(msg, keys.open)
	switch {
	case f.asking && enter && !f.asked.ready(sh.now()), enter && !f.since.ready(sh.now()):
		return f, nil
	case f.asking:
		f.asking = false
		if enter {
			return f.attempt.take(sh, fault.Abandon, f.err)
		}
		return f, nil
	}
	for _, o := range f.attempt.offers(sh, f.fault()) {
		if !key.Matches(msg, o.key) {
			continue
		}
		if o.action == fault.Abandon {
			break
		}
		return f.attempt.take(sh, o.action, f.err)
	}
	switch {
	case f.pending() && key.Matches(msg, keys.back, keys.quit, keys.logOut):
		// Going away loses the login, which counted towards Telegram's limit.
		f.asking, f.asked = true, guard{sh.now()}
		return f, nil
	case key.Matches(msg, keys.back, keys.quit):
		return f.attempt.returning(sh, ""), nil
	}
	f.pager, _ = f.pager.update(keys, msg, len(f.text(sh.body)), sh.body.height)
	return f, nil
}

func (f failure) View(size size) view {
	v := view{trail: f.attempt.trail()}
	var more bool
	v.body, more = f.pager.window(f.text(size), size.height)
	switch {
	case f.asking:
		v.status = f.sh.theme.waiting.Render("Log it out again and save nothing?")
	case more:
		v.status = f.sh.theme.dim.Render("j more below")
	}
	return v
}

// text is the whole fault; blank lines go first where there is little room.
func (f failure) text(size size) []string {
	said := f.fault()
	t := f.sh.theme
	return paragraphs([][]string{
		headline(t, t.bad.Render(t.glyphs.cross), said, size.width),
		append(prose(said.Why, size.width), prose(said.Next, size.width)...),
		prose(said.NotSaved, size.width),
	}, size.height)
}

// paragraphs joins blocks of lines, with blank lines between them where the height allows.
func paragraphs(blocks [][]string, height int) []string {
	lines := len(blocks) - 1
	for _, block := range blocks {
		lines += len(block)
	}
	var out []string
	for _, block := range blocks {
		if len(block) > 0 && len(out) > 0 && lines <= height {
			out = append(out, "")
		}
		out = append(out, block...)
	}
	return out
}

// headline is the sign, what happened, and at the right Telegram's own code and type.
func headline(t theme, sign string, said fault.Fault, width int) []string {
	m := margin(width)
	lines := wrap(said.What, width-m-3)
	for i, line := range lines {
		lead := sign + " "
		if i > 0 {
			lead = "  "
		}
		lines[i] = indentBy(m) + lead + t.strong.Render(line)
	}
	code := strings.TrimSpace(said.Type)
	if said.Code != 0 {
		code = strings.TrimSpace(fmt.Sprint(said.Code) + " " + code)
	}
	if code == "" || len(lines) == 0 {
		return lines
	}
	if ansi.StringWidth(lines[0])+ansi.StringWidth(code)+4 <= width {
		lines[0] = t.spread(lines[0], t.dim.Render(code)+" ", width)
		return lines
	}
	return append(lines, indentBy(m+2)+t.dim.Render(t.cut(code, width-m-3)))
}

// clockTime is a time of day as people where now is say it, with the date when it is not today.
func clockTime(at, now time.Time) string {
	at = at.In(now.Location())
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format("15:04")
	}
	return at.Format("15:04, Jan 2")
}
