package cli

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// Columns of a finding: its grade, what it is about, and what is said of it. On a terminal that is narrower
// than wide there are none. What to do stands mendIndent further in.
const (
	gradeColumn = 9
	titleColumn = 17
	wide        = 60
	mendIndent  = 2
)

// layOut puts a finding into lines: what is said of it, and below that, further in, what to do. They are folded
// where a terminal is too narrow for them.
func layOut(width int, grade, title, says string, mend []string) string {
	head, indent := pad(grade, gradeColumn)+pad(title, titleColumn), gradeColumn+titleColumn
	if width > 0 && width < wide {
		head, indent, says = "", mendIndent, pad(grade, gradeColumn)+title+": "+says
	}
	var b strings.Builder
	for i, line := range fold(says, width-indent) {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		b.WriteString(head + line + "\n")
	}
	indent += mendIndent
	for _, sentence := range mend {
		for _, line := range fold(sentence, width-indent) {
			b.WriteString(strings.Repeat(" ", indent) + line + "\n")
		}
	}
	return b.String()
}

// fold breaks a text into lines of at most so many cells; it stays whole where there is no such number.
func fold(text string, width int) []string {
	if width <= 0 {
		return []string{text}
	}
	lines := strings.Split(ansi.Wrap(text, width, ""), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return lines
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// widthOf is how wide a terminal is, 0 for what is none.
func widthOf(stream any) int {
	fd, ok := terminal(stream)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return width
}
