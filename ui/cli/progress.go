package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
)

// watched reports whether somebody looks on, to be told how a long call gets on.
func (s *shell) watched() bool {
	_, ok := terminal(s.Err)
	return ok && !s.flags.quiet && !s.flags.json
}

// reporter tells the steps of a long call to somebody who watches: one line each, on a terminal only.
func (s *shell) reporter() func(fleet.Step) {
	if !s.watched() {
		return nil
	}
	return func(step fleet.Step) {
		if step.Done {
			return
		}
		text := fault.Stage(step)
		if where := fault.Where(step); where != "" && step.Stage == fleet.Connecting {
			text += " to " + where
		}
		s.note("%s", text)
	}
}

// A counter tells how far a call over many items is: on one line, which each number takes anew.
type counter struct {
	w     io.Writer // nil where nobody watches
	what  string
	width int
}

func (s *shell) counter() *counter {
	if !s.watched() {
		return &counter{}
	}
	return &counter{w: s.Err}
}

// show says that done of total items are what was said. Another what begins a new line.
func (c *counter) show(what string, done, total int) {
	text := what
	if total > 0 {
		text += fmt.Sprintf(" %d of %d", done, total)
	}
	c.write(what, text)
}

// write puts a text that begins with what on the line.
func (c *counter) write(what, text string) {
	if c.w == nil {
		return
	}
	if what != c.what {
		c.end()
	}
	fmt.Fprint(c.w, "\r"+text+strings.Repeat(" ", max(c.width-len(text), 0)))
	c.what, c.width = what, len(text)
}

// end ends the line, so that the next words do not stand on it.
func (c *counter) end() {
	if c.w != nil && c.what != "" {
		fmt.Fprintln(c.w)
		c.what, c.width = "", 0
	}
}

func (s *shell) now() time.Time { return time.Now() }
