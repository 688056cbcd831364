package ui

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

func (p proxies) View(size size) view {
	t := p.sh.theme
	v := view{trail: "Settings " + t.glyphs.trail + " Proxies", status: p.notice}
	if p.trouble.there() {
		v.body, v.status = p.trouble.draw(p.sh, size)
		return v
	}
	switch {
	case p.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case p.task.id != 0:
		v.status = p.doing.String() + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case p.asking:
		v.status = t.waiting.Render("Remove the proxy " + p.current().Name + p.secretToo() + "?")
	}
	// A result that is longer than the status line stands whole below the list.
	about := p.about(size.width)
	if ansi.StringWidth(v.status)+2 > size.width {
		about = append([]string{""}, prose(v.status, size.width)...)
		v.status = ""
	}
	rows, room := p.rows(), max(1, size.height-len(about))
	names := p.nameCells(size.width)
	from, to := window(p.at(), len(rows), room)
	for i := from; i < to; i++ {
		v.body = append(v.body, p.line(rows[i], i == p.at(), names, size.width))
	}
	v.body = append(v.body, about...)
	return v
}

// secretToo says that something goes out of the keyring as well.
func (p proxies) secretToo() string {
	if fleet.NeedsProxySecret(p.current()) {
		return " and its " + secretOf(p.current())
	}
	return ""
}

// secretOf is what a proxy is opened with: a user has a password, and an MTProxy has no users.
func secretOf(p fleet.Proxy) string {
	if p.User != "" {
		return "password"
	}
	return "secret"
}

// nameCells is the width of the column of names.
func (p proxies) nameCells(width int) int {
	cells := len(fleet.NoProxy)
	for _, each := range p.state.Named {
		cells = max(cells, len(each.Name))
	}
	return min(cells, width/3)
}

// line draws one row. The one in use has a sign, which stands for words that are below.
func (p proxies) line(row fleet.Proxy, selected bool, names, width int) string {
	t := p.sh.theme
	bar, name, sign := " ", t.text, " "
	if selected {
		bar, name = t.focus.Render(t.glyphs.row), t.strong
	}
	if row.Title() == inUse(p.sh) {
		sign = t.ok.Render(t.glyphs.done)
	}
	line := " " + bar + " " + sign + " "
	switch row.Name {
	case fleet.NoProxy:
		line += name.Render(t.pad(row.Name, names)) + "  " + t.dim.Render("Telegram is reached directly")
	case "":
		line += name.Render(fault.Clean(row.String()))
	default:
		line += name.Render(t.pad(fault.Clean(row.Name), names)) + "  " + t.text.Render(fault.Clean(row.String()))
	}
	if row.User != "" {
		line += t.dim.Render(" as " + fault.Clean(row.User))
	}
	return t.cut(line, width)
}

// about says more of the selected proxy, and which one is in use.
func (p proxies) about(width int) []string {
	lines := []string{""}
	if row := p.current(); row.Name != fleet.NoProxy {
		says := fault.Clean(row.String())
		if row.User != "" {
			says += " as " + fault.Clean(row.User)
		}
		if p.named(row.Name) && fleet.NeedsProxySecret(row) {
			says += ", its " + secretOf(row) + " in the keyring"
		}
		lines = append(lines, prose(says+".", width)...)
	}
	return append(lines, prose(p.sh.theme.dim.Render(p.way()), width)...)
}

// way says what Telegram is reached through, and why.
func (p proxies) way() string {
	now, by := inUse(p.sh), p.state.By
	chosen := p.state.InUse.Title()
	if chosen == "" {
		chosen = fleet.NoProxy
	}
	switch {
	case chosen != now:
		by = "for this run"
	case p.state.Unusable:
		return "The proxy of " + by + " cannot be used, and nothing is sent past it."
	case by != "":
		by = "by " + by
	}
	says := "In use: " + fault.Clean(now)
	if now == fleet.NoProxy {
		says = "No proxy is in use"
	}
	if by != "" {
		says = fmt.Sprintf("%s, %s", says, by)
	}
	return says + "."
}
