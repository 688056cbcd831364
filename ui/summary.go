package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet/fault"
)

// summary is what came of an errand: counts, and the bots that need more, each with what happened.
type summary struct {
	sh   *shell
	done *finished
	rows []summaryRow
	at   int
	// shown is when it came: by itself it may come in the midst of typing.
	shown  guard
	notice string
}

// A summaryRow is one bot that a summary names.
type summaryRow struct {
	outcome
	ending ending
	name   string
	what   string
}

// newSummary shows what came of the last errand.
func newSummary(sh *shell) screen {
	s := summary{sh: sh, done: sh.finished, shown: guard{sh.now()}}
	sh.finished.unseen = false
	for _, r := range s.done.results {
		if v := r.ending(s.done.deed); v.listed() {
			s.rows = append(s.rows, summaryRow{r, v, r.name(), r.fault(sh, s.done.deed).What})
		}
	}
	// What has the same cause stands together.
	slices.SortStableFunc(s.rows, func(a, b summaryRow) int {
		return cmp.Or(cmp.Compare(a.ending, b.ending), cmp.Compare(a.what, b.what), cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)))
	})
	return s
}

func (s summary) Typing() bool { return false }

// told is the summary with a word on what was just done.
func (s summary) told(text string) summary { s.notice = text; return s }

func (s summary) Update(msg tea.Msg) (screen, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return s, nil
	}
	s.notice = ""
	keys := s.sh.keys
	if next, moved := s.move(press); moved {
		return next, nil
	}
	switch {
	case key.Matches(press, keys.open) && len(s.rows) > 0:
		return s.open(), nil
	case key.Matches(press, keys.check) && len(s.rows) > 0 && s.shown.ready(s.sh.now()):
		return s.again()
	case key.Matches(press, keys.export):
		return newSummaryFile(s), nil
	case key.Matches(press, keys.apps):
		return newApps(s.sh), nil
	case key.Matches(press, keys.keyring):
		return newKeyring(s.sh)
	case key.Matches(press, keys.back, keys.quit, keys.open, keys.bots):
		return s.sh.home(), nil
	}
	return s, nil
}

// open opens the selected bot, if it is still there, or what was done about it.
func (s summary) open() screen {
	bot := s.rows[s.at].key
	if _, known := s.sh.bot(bot); !known {
		if s.done.deed == importing {
			return s.told("That bot was not saved.")
		}
		return s.told("That bot is no longer in the catalogue.")
	}
	s.sh.list.find(bot)
	if done := s.rows[s.at].panicked; done != nil {
		return newLeakResult(s.sh, *done, s)
	}
	return card{sh: s.sh, key: bot, from: s}
}

// again does the same for those bots once more. What ends sessions or removes is asked for anew.
func (s summary) again() (screen, tea.Cmd) {
	next := s.done.again()
	next.bots = s.sh.current(next.bots)
	switch s.done.deed {
	case removing, loggingOutAway:
		return newRemove(s.sh, next.bots, s.sh.list.hides(next.bots)), nil
	case loggingOut:
		return newLogOut(s.sh, next.bots, nil), nil
	case rotatingMany:
		return newRotateMany(s.sh, next.bots, s.sh.list.hides(next.bots)), nil
	case makingSafe:
		return newLeak(s.sh, next.bots, s.sh.list.hides(next.bots), nil)
	case loggingInAnew:
		return newLoginAnew(s.sh, next.bots), nil
	case restoring:
		return s.sh.home(), s.sh.bringBack()
	case checking, loggingInMany, importing, askingTokens:
	}
	cmd, began := s.sh.run(next)
	if !began {
		return s.told(busyWords), nil
	}
	return s.sh.home(), cmd
}

func (s summary) move(msg tea.KeyPressMsg) (summary, bool) {
	by, moved := s.sh.keys.steps(msg, s.sh.body.height/2, len(s.rows))
	if moved {
		s.at = max(0, min(s.at+by, len(s.rows)-1))
	}
	return s, moved
}

func (s summary) Keys() []key.Binding {
	k := s.sh.keys
	keys := []key.Binding{as(k.export, s.sh.words("write all to a file", "to a file"))}
	if len(s.rows) > 0 {
		keys = append([]key.Binding{k.open, as(k.check, "try again")}, keys...)
	}
	keys = append(keys, as(k.back, "list"))
	if len(s.rows) > 1 {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.bots, "list"), k.apps, k.keyring, as(k.quit, "list"))
}

// From these heights of the body on, what happened to the selected bot is told below the rows: in full, or in
// one sentence. In less room that stands in the status line.
const (
	roomyRows = 14
	lowRows   = 9
)

// summaryName is the most cells a name takes.
const summaryName = 28

func (s summary) View(size size) view {
	t := s.sh.theme
	dot := " " + t.glyphs.dot + " "
	v := view{trail: s.title(), status: s.notice}
	m := margin(size.width)
	v.body = indent([]string{t.strong.Render(t.cut(s.done.counts(dot), size.width-m)), ""}, m)
	if len(s.rows) == 0 {
		v.body = append(v.body, prose("Nothing failed. It took "+fault.Duration(s.done.took)+".", size.width)...)
		return v
	}
	detail := s.detail(size)
	height := max(1, size.height-len(v.body)-len(detail))
	names := 0
	for _, r := range s.rows {
		names = max(names, ansi.StringWidth(r.name))
	}
	names = min(names, summaryName, size.width/3)
	top := clamp(s.at-height/2, 0, max(0, len(s.rows)-height))
	for i := top; i < min(top+height, len(s.rows)); i++ {
		v.body = append(v.body, s.line(s.rows[i], i == s.at, names, size.width))
	}
	if len(detail) == 0 && v.status == "" {
		v.status = s.rows[s.at].fault(s.sh, s.done.deed).What
	}
	v.body = append(v.body, detail...)
	return v
}

func (s summary) title() string {
	did, good := raised(s.done.deed.did()), s.done.ending[wentWell]
	if s.done.deed == checking || good == s.done.total {
		return did + " " + count(s.done.total, s.done.noun())
	}
	return fmt.Sprintf("%s %d of %s", did, good, count(s.done.total, s.done.noun()))
}

// line is one bot: mark, name, what happened.
func (s summary) line(r summaryRow, selected bool, names, width int) string {
	t := s.sh.theme
	bar, style := " ", t.text
	if selected {
		bar, style = t.focus.Render(t.glyphs.row), t.strong
	}
	line := " " + bar + " " + t.mark(r.ending.mark()) + " " + style.Render(t.pad(r.name, names)) + "  "
	what := r.what
	if r.ending == waits {
		what = r.fault(s.sh, s.done.deed).What // counts down
	}
	return t.cut(line+t.dim.Render(what), width)
}

// detail is all that is known of the selected bot's trouble, or what happened, or nothing, as there is room.
func (s summary) detail(size size) []string {
	said := s.rows[s.at].fault(s.sh, s.done.deed)
	text, height := said.What, 0
	switch {
	case size.height >= roomyRows:
		text, height = joined(" ", said.What, said.Why, said.Next, said.LogHint(s.sh.log())), 6
	case size.height >= lowRows:
		height = 3
	}
	if height == 0 {
		return nil
	}
	lines := append([]string{""}, prose(text, size.width)...)
	for len(lines) < height {
		lines = append(lines, "") // so that the rows stay where they are
	}
	return lines[:height]
}
