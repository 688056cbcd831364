package ui

import (
	"fmt"
	"path"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// What a candidate's mark says: that it will be taken, that there is nothing to do, that somebody should look.
const (
	takesItself  = fault.OK
	nothingToDo  = fault.Unknown
	needsLooking = fault.NeedsYou
)

func candidateMark(c fleet.Candidate) fault.Mark {
	switch c.Verdict {
	case fleet.New:
		if c.Problem != nil || c.NoLabel {
			return fault.Waiting
		}
		return takesItself
	case fleet.Same, fleet.Repeated:
		return nothingToDo
	case fleet.Changed, fleet.Invalid, fleet.Contradicted, fleet.Ownerless:
	}
	return needsLooking
}

func candidateWords(c fleet.Candidate) string { return fault.Candidate(c, false) }

// candidateName is the label, else the bot's number; of a session with its name.
func candidateName(c fleet.Candidate) string {
	name := fault.Clean(c.Label)
	switch {
	case name != "":
	case c.Bot.ID != 0:
		name = displayName(c.Bot)
	case c.Key.ID != 0:
		name = c.Key.String()
	}
	if c.IsSession() && name != "" {
		return name + ", " + c.SessionName
	}
	return name
}

// candidateWhere is where it stands: the file and line, and what it is called there.
func candidateWhere(c fleet.Candidate) string {
	where := fault.Clean(c.File)
	switch {
	case c.Line > 0 && where != "":
		where += fmt.Sprint(":", c.Line)
	case c.Line > 0:
		where = fmt.Sprint("line ", c.Line)
	}
	if c.Line == 0 && path.Base(where) == fault.Clean(c.Name) {
		return where // the folder of a session has its name
	}
	return joined(" ", where, fault.Clean(c.Name))
}

// How wide the columns of names and places are at most.
const (
	importName  = 26
	importWhere = 34
)

func (l importList) View(size size) view {
	t := l.sh.theme
	v := view{trail: "Import", status: l.says}
	if l.asking {
		var more bool
		v.body, more = l.pager.window(l.question(size), size.height)
		if more && v.status == "" {
			v.status = t.dim.Render("more below, j and k scroll")
		}
		return v
	}
	head, foot := l.head(size), l.foot(size)
	height := max(1, size.height-len(head)-len(foot))
	all := l.found.candidates
	top := clamp(l.at-height/2, 0, max(0, len(all)-height))
	end := min(top+height, len(all))
	v.body = head
	names, places := l.columns(top, end, size.width)
	for i := top; i < end; i++ {
		v.body = append(v.body, l.line(i, names, places, size.width))
	}
	for len(v.body) < size.height-len(foot) {
		v.body = append(v.body, "")
	}
	v.body = append(v.body, foot...)
	switch {
	case l.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case l.looking.id != 0:
		v.status = "reading" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc stops"
	case v.status == "":
		v.status = t.dim.Render(joined(" "+t.glyphs.dot+" ", candidateWhere(all[l.at]), candidateWords(all[l.at])))
	}
	return v
}

// head says how much of what was found, as far as there is room.
func (l importList) head(size size) []string {
	t := l.sh.theme
	n := map[fleet.Verdict]int{}
	for _, c := range l.found.candidates {
		n[c.Verdict]++
	}
	dot := " " + t.glyphs.dot + " "
	parts := []string{fmt.Sprintf("%d of %d chosen", l.count(), len(l.found.candidates))}
	for _, each := range []struct {
		n    int
		says string
	}{
		{n[fleet.New], "new"}, {n[fleet.Changed], "another token"}, {n[fleet.Same], "here already"},
		{n[fleet.Invalid] + n[fleet.Ownerless], "not usable"}, {n[fleet.Repeated] + n[fleet.Contradicted], "twice"},
	} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", each.n, each.says))
		}
	}
	m := margin(size.width)
	lines := []string{indentBy(m) + t.strong.Render(t.cut(strings.Join(parts, dot), size.width-m))}
	if size.height < lowRows {
		return lines
	}
	place := fault.Clean(l.found.place)
	doc := l.found.doc
	for _, each := range []struct {
		n          int
		noun, says string
	}{{doc.Skipped, "file", "without any"}, {doc.Links, "link", "not followed"}} {
		if each.n > 0 {
			place += dot + count(each.n, each.noun) + " " + each.says
		}
	}
	if doc.Incomplete {
		place += dot + "not all of it was read"
	}
	return append(lines, indentBy(m)+t.dim.Render(t.cut(place, size.width-m)), "")
}

// count is how many are chosen.
func (l importList) count() int {
	n := 0
	for _, chosen := range l.chosen {
		if chosen {
			n++
		}
	}
	return n
}

// foot is what counts for all: the app that tokens log in with which name none, and tags.
func (l importList) foot(size size) []string {
	if size.height < lowRows {
		return nil
	}
	var lines []string
	if l.needsApp() {
		lines = l.appLines(size.width)
	}
	if len(l.tags) > 0 {
		lines = append(lines, l.sh.theme.fact("Tags", size.width, fault.Clean(strings.Join(l.tags, " ")))...)
	}
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	return lines
}

func (l importList) appLines(width int) []string {
	t, says := l.sh.theme, "none yet: a adds one"
	if n := len(l.sh.apps); n > 0 {
		app := l.sh.apps[min(l.app, n-1)]
		says = fmt.Sprintf("%s %s api_id %d", fault.Clean(app.Name), t.glyphs.dot, app.APIID)
		if n > 1 {
			says = t.focus.Render("< ") + says + t.focus.Render(" >") + t.dim.Render(fmt.Sprintf(" %d/%d", min(l.app, n-1)+1, n))
		}
	}
	return t.fact("App", width, says)
}

// columns are as wide as the rows on show need. In little room where a thing stands is told in the status line.
func (l importList) columns(top, end, width int) (names, places int) {
	for _, c := range l.found.candidates[top:end] {
		names, places = max(names, ansi.StringWidth(candidateName(c))), max(places, ansi.StringWidth(candidateWhere(c)))
	}
	names, places = min(names, importName, width/3), min(places, importWhere, width/3)
	if width < narrow {
		places = 0
	}
	return names, places
}

// line is one candidate: mark, who, where, what.
func (l importList) line(i, names, places, width int) string {
	t, c := l.sh.theme, l.found.candidates[i]
	bar, style, tick := " ", t.text, " "
	if i == l.at {
		bar, style = t.focus.Render(t.glyphs.row), t.strong
	}
	if l.chosen[i] {
		tick = t.key.Render(t.glyphs.marked)
	}
	line := " " + bar + tick + t.mark(candidateMark(c)) + " " + style.Render(t.pad(candidateName(c), names))
	if places > 0 {
		line += "  " + t.dim.Render(t.pad(candidateWhere(c), places))
	}
	return t.cut(line+"  "+t.dim.Render(candidateWords(c)), width)
}

// A plan is what importing those that are chosen would do.
type importPlan struct {
	logins, again, replaced, sessions int
	apps                              map[string]bool
}

func (l importList) plan() importPlan {
	p := importPlan{apps: map[string]bool{}}
	for i, c := range l.found.candidates {
		switch {
		case !l.chosen[i]:
			continue
		case c.IsSession():
			p.sessions++
			continue
		case c.Verdict == fleet.Same:
			p.again++
		case c.Verdict == fleet.Changed:
			p.replaced++
		}
		p.logins++
		if c.APIID != "" && !l.knowsApp(c.APIID) {
			p.apps[c.APIID] = true
		}
	}
	return p
}

func (l importList) knowsApp(apiID string) bool {
	id, _ := fleet.CheckAPIID(apiID)
	for _, app := range l.sh.apps {
		if app.APIID == id {
			return true
		}
	}
	return false
}

// question says what is about to be done, and what it costs.
func (l importList) question(size size) []string {
	p := l.plan()
	var says []string
	switch {
	case p.logins == 0:
	case l.noLogin:
		says = append(says, fmt.Sprintf("%s will be saved without logging in.", count(p.logins, "token")))
	default:
		says = append(says, fmt.Sprintf("%s will be logged in, and what that yields saved.", count(p.logins, "bot"))+
			" Each login counts towards Telegram's limit; they begin one after the other.")
	}
	if p.again > 0 && !l.noLogin {
		says = append(says, fmt.Sprintf("Of %d the token is here already: a session that works is kept.", p.again))
	}
	if p.replaced > 0 {
		what := fmt.Sprintf("%d will take the place of another token", p.replaced)
		if !l.noLogin {
			what += ", once it has logged in"
		}
		says = append(says, what+".")
	}
	if p.logins > 0 && len(l.tags) > 0 {
		says = append(says, "Tags they are given: "+fault.Clean(strings.Join(l.tags, " "))+".")
	}
	if len(p.apps) > 0 {
		says = append(says, count(len(p.apps), "app")+" that came along will be saved.")
	}
	if p.sessions > 0 {
		says = append(says, fmt.Sprintf("%s will be saved as running elsewhere, and not opened: a session that is used in two places at once is ended.", count(p.sessions, "session")))
	}
	says = append(says, "Nothing has been written yet.")
	var blocks [][]string
	for _, paragraph := range says {
		blocks = append(blocks, prose(paragraph, size.width))
	}
	return paragraphs(blocks, size.height)
}
