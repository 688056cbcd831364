package ui

import (
	"bytes"
	"testing"

	"botring/fleet"
)

func TestExamineTerminal(t *testing.T) {
	for name, c := range map[string]struct {
		width, height int
		environ       []string
		clipboard     string
		want          [4]fleet.Sign
		warnings      int
	}{
		"all well": {
			80, 24, []string{"TERM=xterm-256color", "LANG=C.UTF-8", "NO_COLOR="}, "wl-copy",
			[4]fleet.Sign{fleet.FoundTerminal, fleet.FoundColours, fleet.FoundUnicode, fleet.FoundClipboard}, 0,
		},
		"the smallest": {
			40, 10, []string{"TERM=xterm", "LC_ALL=de_DE.utf8", "NO_COLOR=1"}, "xclip",
			[4]fleet.Sign{fleet.FoundTerminal, fleet.FoundNoColours, fleet.FoundUnicode, fleet.FoundClipboard}, 0,
		},
		"too narrow": {
			39, 24, []string{"TERM=xterm", "LC_ALL=C", "LANG=C.UTF-8"}, "",
			[4]fleet.Sign{fleet.FoundSmallTerminal, fleet.FoundColours, fleet.FoundASCII, fleet.FoundNoClipboard}, 3,
		},
		"too low": {
			80, 9, []string{"TERM=linux", "LANG=C.UTF-8"}, "xsel",
			[4]fleet.Sign{fleet.FoundSmallTerminal, fleet.FoundColours, fleet.FoundASCII, fleet.FoundClipboard}, 2,
		},
		"dumb": {
			80, 24, []string{"TERM=dumb"}, "xsel",
			[4]fleet.Sign{fleet.FoundDumbTerminal, fleet.FoundNoColours, fleet.FoundASCII, fleet.FoundClipboard}, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			warnings := 0
			for i, f := range examineTerminal(c.width, c.height, c.environ, c.clipboard) {
				if f.Found != c.want[i] {
					t.Errorf("%s: found %d, want %d", f.Topic, f.Found, c.want[i])
				}
				if f.Grade == fleet.GradeWarning {
					warnings++
				}
			}
			if warnings != c.warnings {
				t.Errorf("%d warnings, want %d", warnings, c.warnings)
			}
		})
	}
	if got := ExamineTerminal(&bytes.Buffer{}, &bytes.Buffer{}, nil); len(got) != 1 || got[0].Grade != fleet.GradeSkipped {
		t.Errorf("no terminal: %+v", got)
	}
}
