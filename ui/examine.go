package ui

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"botring/fleet"
)

// The smallest terminal that the screens are made for, in cells.
const (
	leastWidth  = 40
	leastHeight = 10
)

// ExamineTerminal says what the screens would find on a terminal: its size, and by the environment its colours,
// characters and clipboard. It asks the terminal nothing.
func ExamineTerminal(in io.Reader, out io.Writer, environ []string) []fleet.Finding {
	width, height, ok := terminalSize(in, out)
	if !ok {
		return []fleet.Finding{{Topic: fleet.TopicTerminal, Grade: fleet.GradeSkipped, Found: fleet.FoundNoTerminal}}
	}
	return examineTerminal(width, height, environ, systemClipboard{}.name())
}

func examineTerminal(width, height int, environ []string, clipboard string) []fleet.Finding {
	dumb := slices.Contains(environ, "TERM=dumb")
	size := fleet.Finding{Topic: fleet.TopicTerminal, Found: fleet.FoundTerminal, Subject: fmt.Sprintf("%dx%d", width, height)}
	switch {
	case dumb:
		size.Grade, size.Found = fleet.GradeWarning, fleet.FoundDumbTerminal
	case width < leastWidth || height < leastHeight:
		size.Grade, size.Found = fleet.GradeWarning, fleet.FoundSmallTerminal
	}
	colours := fleet.Finding{Topic: fleet.TopicColours, Found: fleet.FoundColours}
	if dumb || noColor(environ) {
		colours.Found = fleet.FoundNoColours
	}
	characters := fleet.Finding{Topic: fleet.TopicCharacters, Found: fleet.FoundUnicode}
	if glyphsFor(environ).ok != unicodeGlyphs().ok {
		characters.Grade, characters.Found = fleet.GradeWarning, fleet.FoundASCII
	}
	copies := fleet.Finding{Topic: fleet.TopicClipboard, Found: fleet.FoundClipboard, Subject: clipboard}
	if clipboard == "" {
		copies.Grade, copies.Found = fleet.GradeWarning, fleet.FoundNoClipboard
	}
	return []fleet.Finding{size, colours, characters, copies}
}

// terminalSize is the size of the terminal on both sides, where there is one.
func terminalSize(in io.Reader, out io.Writer) (width, height int, ok bool) {
	from, isFile := in.(*os.File)
	to, isFileToo := out.(*os.File)
	if !isFile || !isFileToo || !term.IsTerminal(int(from.Fd())) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(to.Fd()))
	return width, height, err == nil
}
