package cli

import (
	"fmt"
	"io"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/radar"
)

// owner is what the one is called that a secret belongs to, and how commands name it; "" where nobody here is.
func (k ringKnown) owner(found radar.Finding) (called, ref string) {
	if found.Kind == radar.APIHash {
		if name, ok := k.apps[found.Owner.ID]; ok && found.Known {
			return "the app " + name, ""
		}
		return "", ""
	}
	bot, ok := k.ids[found.ID]
	if found.Known {
		bot, ok = k.bots[fleet.Key{Environment: found.Owner.Environment, ID: found.Owner.ID}]
	}
	if !ok {
		return "", ""
	}
	return describe(bot), bot.String()
}

// next is the command that makes a secret worthless, "" where there is none.
func (k ringKnown) next(found radar.Finding) string {
	_, ref := k.owner(found)
	switch {
	case ref == "" || found.Old():
		return ""
	case found.Kind == radar.Token && found.Known:
		return "botring rotate " + ref
	case found.Kind == radar.Session && found.Known:
		return "botring logout " + ref + " --session " + fault.Clean(found.Owner.Session)
	}
	return ""
}

// mend says what to do about a finding.
func (k ringKnown) mend(found radar.Finding) string {
	next := k.next(found)
	switch {
	case next != "" && found.Kind == radar.Token:
		return next + " replaces it, and says how where that has to be done in @BotFather."
	case next != "":
		return next + " ends it."
	case found.Old():
		return ""
	case found.Kind == radar.Token:
		return "If it is yours, revoke it in @BotFather (/mybots, API Token, Revoke)."
	}
	return ""
}

// writeScan writes the findings as text: a place and what is there, then what to do.
func (s *shell) writeScan(w io.Writer, report radar.Report, known ringKnown) {
	said := map[string]bool{} // what to do is said once
	for _, found := range report.Findings {
		called, _ := known.owner(found)
		what := fault.ScanSecret(found, called)
		if _, verdict := known.verdict(found); verdict != "" {
			what += ": " + verdict
		}
		fmt.Fprintf(w, "%s  %s\n", leakPlace(found), what)
		if mend := known.mend(found); mend != "" && !said[mend] {
			said[mend] = true
			fmt.Fprintf(w, "  %s\n", mend)
		}
	}
	if n := len(report.Findings); n > 0 {
		s.say("%s in %s.", plural(n, "finding"), searched(report))
		return
	}
	s.say("Nothing was found in %s.", searched(report))
}

// leakPlace is where a finding is: its path and line, and in the history what brought it there.
func leakPlace(found radar.Finding) string {
	place := fault.Clean(found.Path)
	if found.Message {
		place = "message"
	}
	if found.Line > 0 {
		place += fmt.Sprintf(":%d", found.Line)
	}
	if found.Commit == "" {
		return place
	}
	place += " in " + found.Commit[:min(len(found.Commit), 12)]
	if !found.Date.IsZero() {
		place += " of " + found.Date.Format(time.DateOnly)
	}
	if found.Versions > 1 {
		place += fmt.Sprintf(" and %s", plural(found.Versions-1, "later version"))
	}
	return place
}

// searched is what a scan has looked at.
func searched(report radar.Report) string {
	text := plural(int(report.Files), "file")
	if report.Blobs > 0 {
		text += " and " + plural(int(report.Blobs), "version") + " in the history"
	}
	return text
}

// noteScan says what was left out, and what a scan could not know.
func (s *shell) noteScan(report radar.Report, known ringKnown, how scanning) {
	switch {
	case known.Bots == 0 && known.Unmarked == 0:
		s.note("There are no bots here to know: only what has the shape of a secret was looked for.")
	case known.Unmarked > 0:
		s.note("%s of this ring would not be known again. botring keyring verify changes that.", plural(known.Unmarked, "bot"))
	}
	if how.hook && known.Bots == 0 && len(report.Findings) > 0 {
		s.note("The commit goes through.")
	}
	if report.Ignored > 0 {
		s.note("Left out: %s or folders that git ignores; --no-ignore searches them.", plural(report.Ignored, "file"))
	}
	if report.Links > 0 {
		s.note("Not followed: %s.", plural(report.Links, "link"))
	}
	if report.Repositories > 0 {
		s.note("The history of %s inside was not searched: name them to have that done.", repositories(report.Repositories))
	}
	if report.NoGit {
		s.note("There is no git here: no history was searched, and nothing was left out that git ignores.")
	}
	for _, u := range report.Unread {
		s.note("%s was not searched to its end: %s.", quote(u.Path), fault.ScanUnread(u.Err))
	}
	if report.UnreadMore > 0 {
		s.note("%d more were not.", report.UnreadMore)
	}
	if report.More {
		s.note("There is more of it: not all could be kept.")
	}
}

func repositories(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return fmt.Sprintf("%d repositories", n)
}
