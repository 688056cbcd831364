package ui

import (
	"fmt"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
)

// lines is what was found: what is whole first, then what is not, each with what to do about it.
func (v verified) lines(size size) []string {
	t, found, width := v.sh.theme, v.found, size.width
	blocks := [][]string{}
	if v.err != nil {
		blocks = append(blocks, faultLines(t, fault.OfAt(v.err, v.sh.now()).WithLog(v.sh.log()), width))
	}
	mark := fault.OK
	if v.items() == 0 {
		mark = fault.Unknown
	}
	blocks = append(blocks, v.finding(mark, v.whole(), "", nil, width))
	if len(found.Bad) > 0 {
		blocks = append(blocks, v.bad(width))
	}
	if n := len(found.WithoutItem); n > 0 {
		names := make([]string, n)
		for i, bot := range found.WithoutItem {
			names[i] = displayName(bot)
		}
		blocks = append(blocks, v.finding(fault.NeedsYou, have(n, "bot")+" no secret here.",
			"Paste the token (p) or remove (d).", names, width))
	}
	if n := len(found.AppsWithoutItem); n > 0 {
		names := make([]string, n)
		for i, app := range found.AppsWithoutItem {
			names[i] = fault.Clean(app.Name)
		}
		blocks = append(blocks, v.finding(fault.NeedsYou, have(n, "app")+" no api_hash here.",
			"Give it once more: 2 Apps, then "+v.sh.keys.edit.Help().Key+".", names, width))
	}
	if n := len(found.WithoutRow); n > 0 {
		todo := "Enter brings their bots into the list."
		if v.mended || found.Blind {
			todo = "They belong to no bot or app that could be listed, and are left alone."
		}
		names := make([]string, n)
		for i, name := range found.WithoutRow {
			names[i] = fault.Clean(name)
		}
		blocks = append(blocks, v.finding(fault.Waiting, are(n, "item")+" not in the list.", todo, names, width))
	}
	if n := len(found.Returned); n > 0 {
		names := make([]string, n)
		for i, bot := range found.Returned {
			names[i] = displayName(bot)
		}
		blocks = append(blocks, v.finding(fault.Waiting, have(n, "bot")+" a secret again.",
			"The list still says otherwise; enter mends that.", names, width))
	}
	if found.Blind {
		blocks = append(blocks, prose("This keyring cannot list its items: only those that the list names were looked for.", width))
	}
	return paragraphs(blocks, size.height)
}

// items is how many are whole.
func (v verified) items() int {
	return v.found.Bots + v.found.Apps + v.found.Sessions + v.found.Others
}

// whole counts what is whole.
func (v verified) whole() string {
	found, n := v.found, v.items()
	switch {
	case n == 0 && found.Sound():
		return "There is nothing of botring's in this keyring yet."
	case n == 0:
		return "No item here is whole."
	}
	var parts []string
	for _, each := range []struct {
		n    int
		what string
	}{{found.Bots, "bot"}, {found.Apps, "app"}, {found.Sessions, "further session"}} {
		if each.n > 0 {
			parts = append(parts, count(each.n, each.what))
		}
	}
	if found.Others > 0 {
		parts = append(parts, count(found.Others, "item")+" of another version")
	}
	text := are(n, "item") + " whole: " + strings.Join(parts, ", ") + "."
	if found.Sound() && !found.Blind {
		text += " Keyring and list agree."
	}
	return text
}

// failuresShown is how many are named with what is wrong; of the rest it is said how many they are.
const failuresShown = 6

// bad names the items that cannot be used, each with why.
func (v verified) bad(width int) []string {
	n := len(v.found.Bad)
	lines := v.finding(fault.NeedsYou, are(n, "item")+" there and cannot be used. Nothing was changed.", "", nil, width)
	for i, item := range v.found.Bad {
		if i == failuresShown && n > failuresShown+1 {
			lines = append(lines, indent(prose(fmt.Sprintf("and %d more", n-i), width-2), 2)...)
			break
		}
		said := fault.Of(item.Err)
		lines = append(lines, indent(prose(fault.Clean(item.Name)+": "+said.What+" "+said.Next, width-2), 2)...)
	}
	return lines
}

// finding is a sign and a sentence, whom it is about, and what to do.
func (v verified) finding(mark fault.Mark, text, todo string, names []string, width int) []string {
	t := v.sh.theme
	lines := prose(text, width-2)
	for i, line := range lines {
		lead := "  "
		if i == 0 {
			lead = t.mark(mark) + " "
		}
		lines[i] = indentBy(margin(width)) + lead + t.strong.Render(strings.TrimSpace(line))
	}
	if len(names) > failuresShown+1 {
		names = append(names[:failuresShown:failuresShown], fmt.Sprintf("and %d more", len(names)-failuresShown))
	}
	if len(names) > 0 {
		for _, line := range indent(prose(strings.Join(names, ", "), width-2), 2) {
			lines = append(lines, t.dim.Render(line))
		}
	}
	return append(lines, indent(prose(todo, width-2), 2)...)
}

// have and are put a count before its verb.
func have(n int, what string) string {
	if n == 1 {
		return count(n, what) + " has"
	}
	return count(n, what) + " have"
}

func are(n int, what string) string {
	if n == 1 {
		return count(n, what) + " is"
	}
	return count(n, what) + " are"
}

// mendedInWords says what became of the list.
func mendedInWords(did fleet.Mending) string {
	var parts []string
	if did.Added > 0 {
		parts = append(parts, count(did.Added, "bot")+" brought back")
	}
	if did.Marked > 0 {
		parts = append(parts, count(did.Marked, "bot")+" marked as without a secret")
	}
	if did.Returned > 0 {
		parts = append(parts, count(did.Returned, "bot")+" with a secret again")
	}
	if len(parts) == 0 {
		return "There was nothing to mend in the list."
	}
	return "The list was mended: " + strings.Join(parts, ", ") + "."
}
