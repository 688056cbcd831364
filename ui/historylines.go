package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"

	"botring/fleet/fault"
)

func (h history) Keys() []key.Binding {
	k := h.sh.keys
	moving := []key.Binding{k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp}
	switch {
	case h.cancelling:
		return nil
	case h.verifying.id != 0:
		return append([]key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}, moving...)
	case h.finding:
		return []key.Binding{as(k.open, "keep the filter"), as(k.nextField, "down"), as(k.prevField, "up"), as(k.back, "all entries")}
	}
	var keys []key.Binding
	if r, ok := h.current(); ok {
		open := as(k.open, "the whole entry")
		if _, known := h.sh.bot(r.entry.Key); known && h.from == nil {
			open = as(k.open, "open the bot")
		}
		keys = append(keys, open)
	}
	back := k.back
	if h.field.Value() != "" {
		back = as(k.back, "all entries")
	}
	keys = append(keys, k.filter, as(k.check, h.sh.words("look for changes", "verify")), back)
	if h.from == nil {
		keys = append(keys, k.bots, k.apps, k.keyring)
	}
	if len(h.rows) > 1 {
		keys = append(keys, moving...)
	}
	return append(keys, as(k.quit, "back"))
}

func (h history) View(size size) view {
	t := h.sh.theme
	v := view{tab: tabHistory, status: h.status()}
	if h.from != nil {
		v.trail = h.called() + " " + t.glyphs.trail + " History"
	}
	if h.finding || h.field.Value() != "" {
		var line string
		line, v.cursor = t.filterLine(h.field, "", h.finding, size.width)
		v.body = append(v.body, line)
	}
	c := historyColumnsFor(size.width, h.from == nil)
	v.body = append(v.body, t.dim.Render(c.header(t)))
	// The terminal may have become lower since the last key.
	top := clamp(h.top, max(0, h.selected-h.height()+1), max(0, h.selected))
	for i := top; i < min(top+h.height(), len(h.rows)); i++ {
		v.body = append(v.body, h.line(c, h.rows[i], i == h.selected))
	}
	if len(h.rows) == 0 {
		v.body = append(v.body, prose(h.nothing(), size.width)...)
	}
	return v
}

// called is what the bot is called whose history it is.
func (h history) called() string {
	if bot, known := h.sh.bot(h.of); known {
		return displayName(bot)
	}
	return h.of.String()
}

// nothing is why there is no row.
func (h history) nothing() string {
	switch {
	case h.err != nil:
		return fault.Of(h.err).What
	case h.asked != 0:
		return ""
	case h.field.Value() != "":
		return "No entry matches. esc shows all."
	}
	return "Nothing was done yet."
}

// historyColumns are the widths of the columns in cells; one of width 0 is not shown.
type historyColumns struct{ time, bot, action, result, detail int }

const (
	historyTime   = 12 // "Mar 14 12:00"
	historyAction = 20
	historyResult = 22
)

// historyColumnsFor chooses the columns for a terminal of width cells. Where it is narrow the mark tells the
// result, and the words stand in the status line.
func historyColumnsFor(width int, bots bool) historyColumns {
	room := width - markWidth - 1
	if width < narrow {
		c := historyColumns{time: len("12 min")}
		room -= c.time
		if bots {
			c.bot = max(8, (room-2*gapWidth)*4/9)
			room -= c.bot + gapWidth
		}
		c.action = max(1, room-gapWidth)
		return c
	}
	c := historyColumns{time: historyTime, action: historyAction, result: historyResult}
	room -= c.time + gapWidth + c.action + gapWidth + c.result
	if bots {
		c.bot = clamp(room-gapWidth, 10, 24)
		room -= c.bot + gapWidth
	}
	if room >= gapWidth+10 {
		c.detail = room - gapWidth
	}
	// At 60 cells the action gives way, whose first words say most of it.
	if room < 0 {
		c.action, c.result = max(8, c.action+room/2-1), max(8, c.result+room/2)
	}
	return c
}

func (c historyColumns) header(t theme) string {
	line := strings.Repeat(" ", markWidth)
	names := historyRow{bot: "Bot", action: "Action", result: "Result", detail: "Detail"}
	for i, col := range c.cells("When", names) {
		if i > 0 {
			line += strings.Repeat(" ", gapWidth)
		}
		line += t.pad(col.text, col.width)
	}
	return line
}

// A historyCell is one column of a row.
type historyCell struct {
	text  string
	width int
	at    []int
	dim   bool
}

// cells are the columns of a row that are shown.
func (c historyColumns) cells(at string, r historyRow) []historyCell {
	all := []historyCell{
		{text: at, width: c.time, dim: true}, {text: r.bot, width: c.bot, at: r.inBot},
		{text: r.action, width: c.action, at: r.inAction}, {text: r.result, width: c.result, at: r.inResult},
		{text: r.detail, width: c.detail, at: r.inDetail, dim: true},
	}
	shown := all[:0]
	for _, cell := range all {
		if cell.width > 0 {
			shown = append(shown, cell)
		}
	}
	return shown
}

// line draws one row.
func (h history) line(c historyColumns, r historyRow, selected bool) string {
	t, now := h.sh.theme, h.sh.now()
	bar, strong := " ", t.text
	if selected {
		bar, strong = t.focus.Render(t.glyphs.row), t.strong
	}
	at := entryTime(r.entry.At, now)
	if c.result == 0 {
		at = briefTime(r.entry.At, now)
	}
	var out strings.Builder
	out.WriteString(" " + bar + " " + t.mark(r.mark) + " ")
	for i, cell := range c.cells(at, r) {
		if i > 0 {
			out.WriteString(strings.Repeat(" ", gapWidth))
		}
		style := strong
		if cell.dim {
			style = t.dim
		}
		out.WriteString(t.matchedText(cell.text, cell.at, cell.width, style))
	}
	return out.String()
}

func (h history) status() string {
	t := h.sh.theme
	switch {
	case h.cancelling:
		return "Cancelling" + t.glyphs.ellipsis
	case h.verifying.id != 0:
		return "Following the seals" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case h.notice != "":
		return h.notice
	}
	r, ok := h.current()
	if !ok {
		return ""
	}
	// What the columns have no room for.
	var says []string
	switch c := historyColumnsFor(h.sh.body.width, h.from == nil); {
	case c.result == 0:
		says = []string{r.result, r.action}
	case c.result < historyResult:
		says = []string{r.action, r.result}
	default:
		says = []string{r.entry.At.In(h.sh.now().Location()).Format("Jan 2 15:04:05")}
	}
	if r.detail != "" {
		says = append(says, r.detail)
	}
	return t.dim.Render(strings.Join(says, " "+t.glyphs.dot+" "))
}
