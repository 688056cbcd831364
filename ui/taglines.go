package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"botring/fleet"
	"botring/fleet/fault"
)

// A knownTag is a tag that some bot has.
type knownTag struct {
	tag string
	on  int // how many of the bots in question have it
}

// knownTags are the tags of all bots, those that bots have before the others, and otherwise by letters.
func knownTags(all, bots []fleet.Bot) []knownTag {
	on := map[string]int{}
	for i := range all {
		for _, tag := range all[i].Tags {
			on[tag] += 0
		}
	}
	for i := range bots {
		for _, tag := range bots[i].Tags {
			on[tag]++
		}
	}
	known := make([]knownTag, 0, len(on))
	for tag, n := range on {
		known = append(known, knownTag{tag, n})
	}
	slices.SortFunc(known, func(a, b knownTag) int {
		return cmp.Or(cmp.Compare(min(b.on, 1), min(a.on, 1)), strings.Compare(strings.ToLower(a.tag), strings.ToLower(b.tag)), strings.Compare(a.tag, b.tag))
	})
	return known
}

// separates reports whether a letter stands between tags.
func separates(r rune) bool { return unicode.IsSpace(r) || r == ',' }

// typedTags are the tags to give and those to take away. A + before a tag is as good as none.
func typedTags(value string) (add, remove []string) {
	for _, word := range strings.FieldsFunc(value, separates) {
		switch tag, taken := strings.CutPrefix(word, "-"); {
		case taken && tag != "":
			remove = append(remove, tag)
		case !taken && word != "+":
			add = append(add, strings.TrimPrefix(word, "+"))
		}
	}
	return add, remove
}

// lastWord parts the word that is being typed from what stands before it.
func lastWord(value string) (before, word string) {
	at := strings.LastIndexFunc(value, separates) + 1
	return value[:at], value[at:]
}

// suggested are the tags that a word can become: of those to take away the ones that some bot has, of those to
// give the ones that some bot lacks. Tags that begin with it come before those that have it inside.
func (t tagging) suggested(word string) []knownTag {
	stem, taken := strings.CutPrefix(strings.ToLower(word), "-")
	stem = strings.TrimPrefix(stem, "+")
	var begin, have []knownTag
	for _, k := range t.known {
		folded := strings.ToLower(k.tag)
		switch {
		case taken && k.on == 0, !taken && t.haveAll(k.on), folded == stem:
		case strings.HasPrefix(folded, stem):
			begin = append(begin, k)
		case strings.Contains(folded, stem):
			have = append(have, k)
		}
	}
	return append(begin, have...)
}

// haveAll reports whether all of the bots have a tag that so many have.
func (t tagging) haveAll(on int) bool { return on == len(t.bots) && t.give == nil }

func (t tagging) View(size size) view {
	sh := t.sh
	v := view{trail: t.title(), status: t.status()}
	v.body, v.cursor = t.form.lines(sh, size.width)
	if !t.Typing() {
		v.cursor = nil
	}
	if t.asking {
		v.body = append(v.body[:1], prose(t.question(), size.width)...)
		return v
	}
	if t.hidden > 0 && size.height > 6 {
		v.body = append(v.body, prose(sh.theme.waiting.Render(fmt.Sprintf("The filter hides %d of them.", t.hidden)), size.width)...)
	}
	v.body = append(v.body, t.lines(size.width, size.height-len(v.body))...)
	return v
}

// title names the bot, or says how many there are.
func (t tagging) title() string {
	switch {
	case t.give != nil:
		return "Tags of " + t.whom
	case len(t.bots) == 1:
		return displayName(t.bots[0]) + " " + t.sh.theme.glyphs.trail + " Tags"
	}
	return "Tags of " + count(len(t.bots), "bot")
}

func (t tagging) status() string {
	switch {
	case t.cancelling:
		return "Cancelling" + t.sh.theme.glyphs.ellipsis
	case t.saving.id != 0:
		return "Saving" + t.sh.theme.glyphs.ellipsis
	}
	return t.notice
}

// question says once more what enter will do, and to how many.
func (t tagging) question() string {
	add, remove := typedTags(t.value())
	to := count(len(t.bots), "bot")
	if t.hidden > 0 {
		to += fmt.Sprintf(", %d hidden by the filter", t.hidden)
	}
	var does []string
	if len(add) > 0 {
		does = append(does, "gives "+fault.Clean(strings.Join(add, " ")))
	}
	if len(remove) > 0 {
		does = append(does, "takes away "+fault.Clean(strings.Join(remove, " ")))
	}
	return "This " + strings.Join(does, " and ") + ": " + to + "."
}

// lines are the tags in at most height lines: first what will change, then those the word being typed can
// become, or all of them before anything is typed.
func (t tagging) lines(width, height int) []string {
	add, remove := typedTags(t.value())
	_, word := lastWord(t.value())
	var lines []string
	shown := map[string]bool{}
	cell := t.tagCells(width)
	put := func(tag, sign, says string) {
		if shown[tag] {
			return
		}
		shown[tag] = true
		theme := t.sh.theme
		style := theme.text
		if sign == " " {
			style = theme.dim
		}
		lines = append(lines, indentBy(margin(width))+theme.key.Render(sign)+" "+style.Render(theme.pad(fault.Clean(tag), cell))+"  "+theme.dim.Render(says))
	}
	for _, tag := range add {
		if on := t.on(tag); !t.haveAll(on) && (tag != word || !t.begun(word)) {
			put(tag, "+", t.has(on))
		}
	}
	for _, tag := range remove {
		if on := t.on(tag); on > 0 {
			put(tag, "-", t.has(on))
		}
	}
	rest := t.known
	if word != "" && len(t.suggested(word)) > 0 {
		rest = t.suggested(word)
	}
	for _, k := range rest {
		put(k.tag, " ", t.has(k.on))
	}
	if len(lines) > height && height > 1 {
		more := len(lines) - height + 1
		lines = append(lines[:height-1], indentBy(margin(width)+2)+t.sh.theme.dim.Render(fmt.Sprintf("and %d more", more)))
	}
	return lines
}

// tagCells is the width of the column of tags.
func (t tagging) tagCells(width int) int {
	widest := 8
	for _, k := range t.known {
		widest = max(widest, cells(fault.Clean(k.tag)))
	}
	return clamp(widest, 8, max(8, width-margin(width)-20))
}

// begun reports whether a word is no tag yet but may become one: it is then not shown as a new one.
func (t tagging) begun(word string) bool {
	known := slices.ContainsFunc(t.known, func(k knownTag) bool { return k.tag == word })
	return !known && len(t.suggested(word)) > 0
}

// on is how many of the bots have a tag.
func (t tagging) on(tag string) int {
	for _, k := range t.known {
		if k.tag == tag {
			return k.on
		}
	}
	return 0
}

// has says how many of the bots have a tag.
func (t tagging) has(on int) string {
	switch {
	case len(t.bots) == 1 && on == 1:
		return "has it"
	case len(t.bots) == 1, t.give != nil:
		return ""
	case on == 0:
		return "none has it"
	case on == len(t.bots):
		return fmt.Sprintf("all %d have it", on)
	}
	return fmt.Sprintf("%d of %d have it", on, len(t.bots))
}
