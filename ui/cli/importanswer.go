package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
)

// answerImport tells what was found in a file and what became of each. Without outcomes nothing was done.
func (s *shell) answerImport(doc files.Document, candidates []fleet.Candidate, how fleet.Importing, outcomes map[int]fleet.Outcome, codes []int) error {
	object := importObject{Keyring: s.flags.kind(), Format: doc.Format.String(), Entries: []importedJSON{}}
	var failed []fleet.Outcome
	wanted := 0
	for n, c := range candidates {
		o, tried := outcomes[n]
		if how.Takes(c) {
			wanted++
		}
		entry := s.importedJSON(c, how, o, tried)
		switch entry.Result {
		case resultSaved:
			object.Summary.Done++
		case resultUnchanged:
			object.Summary.Unchanged++
		case resultFailed:
			object.Summary.Failed++
			failed = append(failed, o)
			codes = append(codes, codeOfOutcome(o))
		case resultRefused:
			object.Summary.Refused++
			codes = append(codes, exitNotOK)
		}
		object.Entries = append(object.Entries, entry)
	}
	err := s.answer(object, func(w io.Writer) {
		s.writeEntries(w, candidates, object.Entries)
		s.say("%s", summaryOfImport(object, wanted, outcomes == nil))
		s.tellFaults(failed)
	})
	if err != nil {
		return err
	}
	return endWith(codes)
}

// summaryOfImport counts what became of all, or how many are wanted where nothing was done yet.
func summaryOfImport(object importObject, wanted int, dry bool) string {
	sum := object.Summary
	found := object.found()
	line, end := fmt.Sprintf("%s: %d saved", found, sum.Done), "."
	if dry {
		line, end = fmt.Sprintf("%s: %d to import", found, wanted), ". Nothing was changed."
	}
	for _, each := range []struct {
		n    int
		says string
	}{{sum.Unchanged, "here already"}, {sum.Failed, "failed"}, {sum.Refused, "not taken"}} {
		if each.n > 0 {
			line += fmt.Sprintf(", %d %s", each.n, each.says)
		}
	}
	return line + end
}

// found counts the tokens and sessions.
func (o importObject) found() string {
	sessions := 0
	for _, e := range o.Entries {
		if e.Session != nil {
			sessions++
		}
	}
	switch tokens := len(o.Entries) - sessions; {
	case sessions == 0:
		return plural(tokens, "token")
	case tokens == 0:
		return plural(sessions, "session")
	default:
		return plural(tokens, "token") + ", " + plural(sessions, "session")
	}
}

// screenful is how many lines of a preview are worth reading before one answers.
const screenful = 40

// writeCandidates shows what was found, before anything is done: of many only those that are not simply new.
func (s *shell) writeCandidates(w io.Writer, candidates []fleet.Candidate, how fleet.Importing) {
	shown := candidates
	if len(candidates) > screenful {
		shown = slices.DeleteFunc(slices.Clone(candidates), func(c fleet.Candidate) bool {
			return c.Verdict == fleet.New && c.Problem == nil && !c.NoLabel && !c.IsSession()
		})
	}
	simply, more := len(candidates)-len(shown), max(0, len(shown)-screenful)
	shown = shown[:len(shown)-more]
	entries := make([]importedJSON, len(shown))
	for i, c := range shown {
		entries[i] = s.importedJSON(c, how, fleet.Outcome{}, false)
	}
	s.writeEntries(w, shown, entries)
	if more > 0 {
		fmt.Fprintf(w, "%d more like these; --dry-run shows them all.\n", more)
	}
	if simply > 0 {
		fmt.Fprintf(w, "%s new.\n", plural(simply, "bot"))
	}
}

func (s *shell) writeEntries(w io.Writer, candidates []fleet.Candidate, entries []importedJSON) {
	t := newTable("FILE", "LINE", "WHERE", "BOT", "LABEL", "RESULT")
	for i, e := range entries {
		if s.flags.quiet && (e.Result == resultSaved || e.Result == resultUnchanged || e.Result == "") {
			continue
		}
		bot := ""
		if e.ID != 0 {
			bot = candidates[i].Key.String()
		}
		line := ""
		if e.Line > 0 {
			line = fmt.Sprint(e.Line)
		}
		t.add(e.File, line, e.Name, bot, e.Label, e.says)
	}
	t.dropEmpty("FILE")
	t.dropEmpty("LINE")
	t.dropEmpty("WHERE")
	t.dropEmpty("LABEL")
	if len(t.rows) > 1 {
		t.write(w)
	}
}

// What became of an entry, as JSON has it. It is empty where nothing was done yet.
const (
	resultSaved     = "saved"
	resultUnchanged = "unchanged"
	resultFailed    = "failed"
	resultRefused   = "refused" // it is not one to be taken
)

// importedJSON tells of an entry what it is, and of one that was tried what became of it.
func (s *shell) importedJSON(c fleet.Candidate, how fleet.Importing, o fleet.Outcome, tried bool) importedJSON {
	e := importedJSON{
		File: fault.Clean(c.File), Line: c.Line, Name: fault.Clean(c.Name), ID: c.Key.ID, Environment: fault.Clean(c.Key.Environment),
		Label: fault.Clean(c.Label), Verdict: c.Verdict.String(), says: saysOf(c, how),
	}
	if c.Verdict == fleet.Repeated || c.Verdict == fleet.Contradicted {
		e.Before = &placeJSON{fault.Clean(c.BeforeFile), c.Before}
	}
	if c.IsSession() {
		e.Session = &importedSessionJSON{Format: c.Kind.String(), Name: c.SessionName}
	}
	switch {
	case tried && o.Err == nil && c.IsSession():
		e.Result, e.says = resultSaved, "session saved, runs elsewhere"
	case tried && o.Err == nil:
		e.Result, e.says = resultSaved, "saved"
		if o.Bot.Health.Status != "" {
			_, e.says = fault.State(o.Bot, s.now())
		}
	case tried && errors.Is(o.Err, fleet.ErrSessionWorks):
		e.Result, e.says = resultUnchanged, "here already, its session works"
	case tried:
		f := s.errorJSON(fault.Of(o.Err))
		e.Result, e.Error, e.says = resultFailed, &f, strings.TrimSuffix(fault.Of(o.Err).What, ".")
	case c.Verdict == fleet.Repeated:
	case c.Verdict == fleet.Same && c.IsSession():
		e.Result = resultUnchanged
	case !how.Takes(c):
		e.Result = resultRefused
	}
	if c.Problem != nil && e.Error == nil {
		f := s.errorJSON(fault.Of(c.Problem))
		e.Error = &f
	}
	return e
}

// saysOf is what an entry is, in words.
func saysOf(c fleet.Candidate, how fleet.Importing) string {
	says := fault.Candidate(c, how.Replace)
	switch here := placeOf(c.Entry); {
	case c.Verdict == fleet.Changed && !how.Replace:
		says += "; --replace takes this one"
	case c.Verdict != fleet.Contradicted:
	case here == placeOf(files.Entry{File: c.BeforeFile, Line: c.Before}):
		says += " too; on lines of their own --take chooses between them"
	default:
		says += ", which counts; --take " + typeable(here) + " takes this one"
	}
	return says
}

// placeOf is what --take calls a place: the line, and before it the file within a folder.
func placeOf(e files.Entry) string {
	line := strconv.Itoa(e.Line)
	if e.File == "" {
		return line
	}
	return fault.Clean(e.File) + ":" + line
}

// typeable is a place as it can be typed into any shell, or the form of one whose file has a stranger's letters in it.
func typeable(place string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:-"
	if strings.Trim(place, letters) != "" {
		return "FILE:LINE"
	}
	return place
}

// prefer marks the tokens that are to count instead of others of their bots.
func prefer(entries []files.Entry, places []string) error {
	for _, place := range places {
		at := -1
		for i, e := range entries {
			switch {
			case e.IsSession() || placeOf(e) != place:
			case at >= 0:
				return usage("There are several tokens at "+quote(place)+".", "Put the one that is to count on a line of its own.")
			default:
				at = i
			}
		}
		if at < 0 {
			return usage("There is no token at "+quote(place)+".", "--dry-run shows in which lines they are: --take LINE, or FILE:LINE within a folder.")
		}
		entries[at].Preferred = true
	}
	return nil
}
