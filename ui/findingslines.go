package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/radar"
)

// Widths of the list's columns in cells; the place has the rest.
const (
	findingWhose   = 18
	findingKind    = 12 // "user session"
	findingVerdict = 9  // "not known"
	// findingAll is from what width on all of them have room.
	findingAll = 76
	// findingAbout is how many lines the selected one takes below the list.
	findingAbout = 6
)

func (l findings) View(size size) view {
	t := l.sh.theme
	v := view{trail: "Find leaked secrets", status: l.said}
	if size.width < narrow {
		v.trail = "Find leaks"
	}
	if l.aside {
		var more bool
		v.body, more = l.pager.window(l.remarks(size.width), size.height)
		if more && v.status == "" {
			v.status = t.dim.Render("more below, j and k scroll")
		}
		return v
	}
	v.body = l.head(size)
	about := l.about(size)
	from, to := window(l.at, len(l.found.secrets), max(1, size.height-len(v.body)-len(about)))
	for i := from; i < to; i++ {
		v.body = append(v.body, l.line(l.found.secrets[i], i == l.at, size.width))
	}
	v.body = append(v.body, about...)
	if v.status == "" && size.height < roomyRows {
		v.status = l.status(size.width, len(about) > 0)
	}
	return v
}

// status says what has no room above: of how many bots nothing could be found, and then what the selected one is, unless
// that is told.
func (l findings) status(width int, told bool) string {
	t := l.sh.theme
	if unknown := l.unknown(); l.fresh && unknown != "" {
		brief := "Only what has the shape of a secret."
		if n := l.found.known.Unmarked; n > 0 {
			brief = count(n, "bot") + " not known: 4, then r"
		}
		return t.waiting.Render(t.roomy(width-2, unknown, brief))
	}
	if told {
		return ""
	}
	return t.dim.Render(l.says(l.found.secrets[l.at]))
}

// head counts what was found, and says of how many bots nothing could be.
func (l findings) head(size size) []string {
	t, width := l.sh.theme, size.width
	if size.height < roomyRows {
		brief := l.found.report
		brief.Blobs = 0
		line := t.roomy(width-margin(width)-1, l.summary(l.found.report), l.summary(brief))
		return []string{indentBy(margin(width)) + t.strong.Render(t.cut(line, width-margin(width)-1))}
	}
	lines := prose(l.summary(l.found.report), width)
	for i := range lines {
		lines[i] = t.strong.Render(lines[i])
	}
	for _, line := range prose(l.unknown(), width) {
		lines = append(lines, t.waiting.Render(line))
	}
	return append(lines, "")
}

// summary counts what was found, in what was searched.
func (l findings) summary(of radar.Report) string {
	n := "Nothing was found"
	if all := len(l.found.secrets); all > 0 {
		n = count(all, "finding")
	}
	if l.found.stopped {
		n = "Stopped. Until then: " + lowered(n)
	}
	return n + " in " + fault.Searched(of) + "."
}

// unknown says what of the ring would not have been known again.
func (l findings) unknown() string { return fault.ScanKnows(l.found.known, "r on Keyring (4)") }

// remarks are what else there is to say about the scan.
func (l findings) remarks(width int) []string {
	var blocks [][]string
	add := func(text string) {
		if text != "" {
			blocks = append(blocks, prose(text, width))
		}
	}
	add(l.summary(l.found.report))
	add(l.unknown())
	if l.found.unasked != nil {
		add("Of some tokens it is not known whether they work. " + fault.OfAt(l.found.unasked, l.sh.now()).What)
	}
	left := fault.LeftOut(l.found.report, "the form has a choice for them", "scan them by themselves")
	for _, says := range left {
		add(says)
	}
	if len(left) == 0 && !l.found.stopped {
		add("Nothing was left out.")
	}
	var lines []string
	for i, block := range blocks {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, block...)
	}
	return lines
}

// about says all of the selected one below the list, always in as many lines. On a low screen it says what it is where the
// list leaves room for that, and else nothing.
func (l findings) about(size size) []string {
	at := l.found.secrets[l.at]
	if size.height < roomyRows {
		lines := append([]string{""}, prose(l.says(at), size.width)...)
		for _, line := range prose(l.mend(at), size.width) {
			lines = append(lines, l.sh.theme.dim.Render(line))
		}
		if len(lines) > size.height-1-len(l.found.secrets) {
			return nil
		}
		return lines
	}
	lines := append([]string{""}, prose(fault.ScanPlace(at.Finding), size.width)...)
	lines = append(lines, prose(l.says(at), size.width)...)
	for _, line := range prose(l.mend(at), size.width) {
		lines = append(lines, l.sh.theme.dim.Render(line))
	}
	return append(lines, make([]string, findingAbout)...)[:findingAbout]
}

// says is what one is, as a sentence.
func (l findings) says(at foundSecret) string {
	called := ""
	if bot, ok := l.owners.Bot(at.Finding); ok {
		called = displayName(bot)
	} else if app, ok := l.owners.App(at.Finding); ok {
		called = "the app " + app.Name
	}
	text := raised(fault.ScanSecret(at.Finding, called))
	if verdict := l.verdict(at); verdict != "" {
		text += ": " + verdict
	}
	return text + "."
}

// mend is what to do about one.
func (l findings) mend(at foundSecret) string {
	_, has := l.owners.Bot(at.Finding)
	switch {
	case at.Old():
		return "It was replaced since."
	case at.Known && has && at.Kind == radar.Token:
		return "N replaces it, and says how where that has to be done in @BotFather."
	case at.Known && has:
		return "enter opens the bot, and o there ends the session."
	case at.Kind == radar.Token:
		return fault.RevokeYours
	}
	return ""
}

// verdict is whether a token works, "" where that was not to be asked.
func (l findings) verdict(at foundSecret) string {
	switch {
	case !l.found.asked || at.Kind != radar.Token:
		return ""
	case !at.asked:
		return "not asked"
	}
	_, words := fault.TokenVerdict(at.verdict)
	return words
}

// mark says how bad it is.
func (at foundSecret) mark() fault.Mark {
	switch {
	case at.asked && at.verdict == fleet.TokenAlive:
		return fault.NeedsYou
	case at.asked && at.verdict == fleet.TokenRevoked:
		return fault.OK
	case at.Old():
		return fault.Unknown
	case at.Known:
		return fault.NeedsYou
	}
	return fault.Waiting
}

// whose is what the one is called that a secret belongs to.
func (l findings) whose(at foundSecret) string {
	if bot, ok := l.owners.Bot(at.Finding); ok {
		return displayName(bot)
	}
	if app, ok := l.owners.App(at.Finding); ok {
		return "app " + fault.Clean(app.Name)
	}
	return "not on this ring"
}

// kind is what sort of secret it is, in a word or two.
func (l findings) kind(at foundSecret) string {
	kind := string(at.Kind)
	_, has := l.owners.Bot(at.Finding)
	switch {
	case at.Old():
		return "old " + kind
	case at.User:
		return "user " + kind
	case !at.Known && has:
		return "other " + kind
	}
	return kind
}

// line draws one row. What of a path matters most is its end.
func (l findings) line(at foundSecret, selected bool, width int) string {
	t := l.sh.theme
	bar, strong := " ", t.text
	if selected {
		bar, strong = t.focus.Render(t.glyphs.row), t.strong
	}
	gap := indentBy(gapWidth)
	// In little room the place matters more: the mark tells most of the verdict, and the rest stands below or in the status line.
	left := strong.Render(t.pad(l.whose(at), findingWhose))
	if width >= narrow && !l.found.asked || width >= findingAll {
		left += gap + t.text.Render(t.pad(l.kind(at), findingKind))
	} else if width < narrow {
		left = strong.Render(t.pad(l.whose(at), min(findingWhose, (width-markWidth)*2/5)))
	}
	right := ""
	if verdict := l.verdict(at); l.found.asked && width >= narrow {
		right = gap + t.text.Render(t.pad(verdict, findingVerdict))
	}
	room := max(1, width-markWidth-1-ansi.StringWidth(left)-gapWidth-ansi.StringWidth(right))
	return t.cut(" "+bar+" "+t.mark(at.mark())+" "+left+gap+t.dim.Render(l.where(at, room))+right, width)
}

// where is the place in room cells: of the path its end, and of the history what brought it there as far as that fits.
func (l findings) where(at foundSecret, room int) string {
	t := l.sh.theme
	path, tail := fault.Clean(at.Path), ""
	if at.Message {
		path = "message"
	}
	if at.Line > 0 {
		path += ":" + strconv.Itoa(at.Line)
	}
	if at.Commit != "" {
		commit := " in " + fault.Clean(at.Commit[:min(len(at.Commit), 7)])
		whole := commit
		if !at.Date.IsZero() {
			whole = fmt.Sprintf("%s of %s", commit, at.Date.Format("2006-01-02"))
		}
		tail = t.roomy(max(1, room-ansi.StringWidth(path)), whole, commit, " in git")
	}
	if over := ansi.StringWidth(path) + ansi.StringWidth(tail) - room; over > 0 {
		path = ansi.TruncateLeft(path, over+1, t.glyphs.ellipsis)
	}
	text := path + tail
	return text + strings.Repeat(" ", max(0, room-ansi.StringWidth(text)))
}
