package ui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"

	"botring/fleet"
	"botring/fleet/fault"
)

// A filter is what was typed after "/": words that all apply. A word is looked for in the texts of a bot,
// #word among its tags, and :word in its state.
type filter []word

// A word of a filter.
type word struct {
	kind    wordKind
	folded  string // without its sign
	runes   []rune
	letters uint64
}

// A wordKind is what a word is compared with.
type wordKind int

const (
	wordText wordKind = iota
	wordTag
	wordState
)

// The signs that tags and states begin with.
const (
	tagSign   = "#"
	stateSign = ":"
)

func parseFilter(typed string) filter {
	var f filter
	for _, each := range strings.Fields(typed) {
		kind := wordText
		if rest, ok := strings.CutPrefix(each, tagSign); ok {
			kind, each = wordTag, rest
		} else if rest, ok := strings.CutPrefix(each, stateSign); ok {
			kind, each = wordState, rest
		}
		w := newWord(each)
		w.kind = kind
		f = append(f, w)
	}
	return f
}

func newWord(typed string) word {
	w := word{folded: strings.ToLower(typed)}
	w.runes, w.letters = []rune(w.folded), lettersOf(w.folded)
	return w
}

// match reports whether all words apply to a row, and how well those do that are compared with its texts.
func (f filter) match(r *row, now time.Time) (score int, ok bool) {
	for i := range f {
		fits := true
		switch w := &f[i]; w.kind {
		case wordText:
			var best int
			best, fits = r.score(w)
			score += best
		case wordTag:
			fits = w.folded == "" && len(r.bot.Tags) > 0 || w.folded != "" && r.tagAt(w.folded) >= 0
		case wordState:
			fits = hasState(&r.bot, w.folded, now)
		}
		if !fits {
			return 0, false
		}
	}
	return score, true
}

// score is that of the text that a word fits best.
func (r *row) score(w *word) (best int, ok bool) {
	for in := range textKinds {
		if score, fits := r.scoreIn(in, w); fits && (!ok || score > best) {
			best, ok = score, true
		}
	}
	return best, ok
}

// scoreOther is what a text counts less that is not a name: hundreds of bots share a tag or an app.
const scoreOther = 150

func (r *row) scoreIn(in textKind, w *word) (score int, ok bool) {
	score, ok = r.texts[in].score(w)
	switch in {
	case inTags, inID, inApp:
		score -= scoreOther
	case inName, inUsername, inOtherName, textKinds:
	}
	return score, ok
}

// tagAt is where in the folded tags one begins with what was typed, -1 for nowhere.
func (r *row) tagAt(typed string) int {
	tags := r.texts[inTags].folded
	if strings.HasPrefix(tags, typed) {
		return 0
	}
	for from := 0; ; {
		blank := strings.IndexByte(tags[from:], ' ')
		if blank < 0 {
			return -1
		}
		if from += blank + 1; strings.HasPrefix(tags[from:], typed) {
			return from
		}
	}
}

// stateWord is what a state is called in a filter.
func stateWord(m fault.Mark) string {
	switch m {
	case fault.OK:
		return "ok"
	case fault.Waiting:
		return "waiting"
	case fault.NeedsYou:
		return "problem"
	case fault.Unknown:
	}
	return "unknown"
}

// hasState reports whether a bot is in the state that was typed, or begun to be: one of the four that have a
// mark, or a word of its status as commands call it, such as "revoked" of "token_revoked".
func hasState(bot *fleet.Bot, typed string, now time.Time) bool {
	if strings.HasPrefix(stateWord(fault.MarkAt(bot, now)), typed) {
		return true
	}
	for rest := string(bot.Health.Status); rest != ""; {
		if strings.HasPrefix(rest, typed) {
			return true
		}
		_, rest, _ = strings.Cut(rest, "_")
	}
	return false
}

// marked are the letters of each text that the filter has found: where a word stands as it is, all of these
// places; where only its letters come in this order, the place where they do so best.
func (f filter) marked(r *row) (in [textKinds][]int) {
	for i := range f {
		w := &f[i]
		switch w.kind {
		case wordTag:
			if at := r.tagAt(w.folded); at >= 0 {
				from := len([]rune(r.texts[inTags].folded[:at]))
				for j := range w.runes {
					in[inTags] = append(in[inTags], from+j)
				}
			}
		case wordText:
			best, _ := r.score(w)
			for j := range textKinds {
				score, ok := r.scoreIn(j, w)
				if ok && (score == best || strings.Contains(r.texts[j].folded, w.folded)) {
					in[j] = r.texts[j].mark(w, in[j])
				}
			}
		case wordState:
		}
	}
	return in
}

// filterHint says in the empty field what can be typed.
const filterHint = "name, @username, id, #tag, :problem"

// filterKeys are the ways to write a filter, for the help.
func filterKeys() []key.Binding {
	way := func(typed, finds string) key.Binding {
		return key.NewBinding(key.WithKeys(typed), key.WithHelp(typed, finds))
	}
	return []key.Binding{
		way("shop", "in any text"),
		way("#prod", "a tag"),
		way(":problem", "or :ok :waiting :unknown"),
		way(":revoked", "a status, as in --json"),
		way("shop #eu", "both"),
	}
}
