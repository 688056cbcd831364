package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// examining bounds the look at what stands around a keyring. It takes milliseconds, and nobody waits for it.
const examining = 10 * time.Second

// foundMsg is what is wrong around the keyring that had this status.
type foundMsg struct {
	of    fleet.KeyringStatus
	found []fleet.Finding
}

// examineKeyring looks what is wrong around the keyring: another daemon on its files, files that others can
// read. It neither prompts nor reads an item; botring doctor looks at everything.
func (sh *shell) examineKeyring(of fleet.KeyringStatus) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(sh.ctx, examining)
		defer cancel()
		// What was found until an error counts.
		findings, _ := sh.fleet.Examine(ctx, fleet.ExamineOptions{Brief: true}, nil)
		var found []fleet.Finding
		for _, f := range findings {
			if tellsMore(f) {
				found = append(found, f)
			}
		}
		return foundMsg{of, found}
	}
}

// tellsMore reports whether a finding is bad, and not what the screen says in its own words already.
func tellsMore(f fleet.Finding) bool {
	said := f.Found == fleet.FoundLocked || f.Found == fleet.FoundMemory || f.Found == fleet.FoundUnfinished
	return !said && (f.Grade == fleet.GradeWarning || f.Grade == fleet.GradeProblem)
}

// findings say what is wrong, each with what to do about it.
func (k keyringScreen) findings(width int) []string {
	t := k.sh.theme
	var lines []string
	for _, f := range k.found {
		said := fault.Diagnose(f)
		sign := t.waiting.Render(t.glyphs.waiting)
		if f.Grade == fleet.GradeProblem {
			sign = t.bad.Render(t.glyphs.cross)
		}
		title := strings.ToUpper(said.Title[:1]) + said.Title[1:]
		if f.Topic == fleet.TopicPermissions {
			title = "Files" // whose they are; the longer word is wider than the column
		}
		paragraphs := []string{sign + " " + said.Says}
		for _, more := range []string{said.Mend, said.LogHint(k.sh.log())} {
			if more != "" {
				paragraphs = append(paragraphs, more)
			}
		}
		lines = append(lines, t.fact(title, width, paragraphs...)...)
	}
	return lines
}
