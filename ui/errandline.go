package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// status is the progress as a line: "checking 112 of 248 ▕████    ▏ 310/s · 1 s left · esc stops". Where there
// is little room the bar goes first, then the pace; how far it is and how to stop it stay. stops: esc does that on the
// screen it is shown on.
func (e errand) status(sh *shell, stops bool) string {
	t := sh.theme
	dot := " " + t.glyphs.dot + " "
	if e.stopping {
		return "Cancelling" + t.glyphs.ellipsis
	}
	done := len(e.results)
	head := fmt.Sprintf("%s %d of %d", e.deed, done, e.total)
	if e.total == 1 {
		head = e.deed.String() + t.glyphs.ellipsis
	}
	stop := ""
	if stops {
		stop = dot + "esc stops"
	}
	if left := e.held.Sub(sh.now()); left > 0 {
		wait := fault.AddressWait(left)
		return t.waiting.Render(t.roomy(sh.body.width-2, head+dot+wait+stop, wait+stop, wait))
	}
	bar := ""
	if e.total > 1 {
		bar = " " + t.bar(done, e.total, 16)
	}
	rate, left := e.pace.words(done, e.total)
	if wait := e.queue(sh.now()); wait > 0 {
		next := "next login in "
		if e.deed == askingTokens {
			next = "goes on in "
		}
		rate, left = "", joined(dot, next+fault.Duration(wait), left)
	}
	tail := ""
	if left != "" {
		tail = dot + left
	}
	short := head + stop
	whole := head
	if e.hidden > 0 {
		whole += fmt.Sprintf(", %d hidden", e.hidden)
	}
	return t.roomy(sh.body.width-2, whole+bar+rate+tail+stop, whole+tail+stop, head+bar+rate+tail+stop, head+bar+tail+stop, head+tail+stop, short, head)
}

// queue is how long until the next login of an app that goes slowly, where nothing else is under way.
func (e errand) queue(now time.Time) (wait time.Duration) {
	for _, step := range e.steps {
		left := step.Until.Sub(now)
		if step.Stage != fleet.Queueing || left <= 0 {
			return 0
		}
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return wait
}

// joined puts a sign between those that say something.
func joined(between string, parts ...string) string {
	out := ""
	for _, part := range parts {
		if out != "" && part != "" {
			out += between
		}
		out += part
	}
	return out
}

// roomy is the first of these that fits into width cells, the last where none does. Without a width it is the
// first.
func (t theme) roomy(width int, lines ...string) string {
	for _, line := range lines {
		if width <= 0 || ansi.StringWidth(line) <= width {
			return line
		}
	}
	return lines[len(lines)-1]
}

// bar is a part of a whole in so many cells.
func (t theme) bar(done, total, cells int) string {
	full := min(cells, cells*done/max(1, total))
	return t.glyphs.barL + strings.Repeat(t.glyphs.barFull, full) + strings.Repeat(t.glyphs.barEmpty, cells-full) + t.glyphs.barR
}

// lowered is a sentence's beginning in the middle of one. "DC 4" stays as it is.
func lowered(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// raised is words as the beginning of a sentence.
func raised(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// paceOver is how long back a pace looks: a wait that is over does not spoil it for long.
const paceOver = 10 * time.Second

// A pace is how fast an errand goes, from what was done at each second.
type pace struct {
	seen []sighting
}

// A sighting is how many were done at a time.
type sighting struct {
	at   time.Time
	done int
}

func newPace(now time.Time, done int) pace { return pace{seen: []sighting{{now, done}}} }

// at notes how many are done now.
func (p pace) at(now time.Time, done int) pace {
	seen := slices.Concat(p.seen, []sighting{{now, done}})
	for len(seen) > 2 && now.Sub(seen[0].at) > paceOver {
		seen = seen[1:]
	}
	return pace{seen}
}

// rate is bots a second, 0 where that is not known yet.
func (p pace) rate() float64 {
	if len(p.seen) < 2 {
		return 0
	}
	first, last := p.seen[0], p.seen[len(p.seen)-1]
	took := last.at.Sub(first.at).Seconds()
	if took < 1 || last.done <= first.done {
		return 0
	}
	return float64(last.done-first.done) / took
}

// words are the pace, " 310/s" or " 12/min", and what is left, "1 s left".
func (p pace) words(done, total int) (rate, left string) {
	r := p.rate()
	switch {
	case r == 0 || total <= 1:
		return "", ""
	case r >= 10:
		rate = fmt.Sprintf(" %.0f/s", r)
	case r >= 1:
		rate = fmt.Sprintf(" %.1f/s", r)
	default:
		rate = fmt.Sprintf(" %.0f/min", r*60)
	}
	rest := time.Duration(float64(total-done) / r * float64(time.Second))
	return rate, fault.Duration(rest) + " left"
}
