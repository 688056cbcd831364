package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
)

// An importing is what the flags of import say.
type importing struct {
	how         fleet.Importing
	app         string
	bot         int64
	dryRun, yes bool
}

func newImport(s *shell) *cobra.Command {
	var i importing
	cmd := &cobra.Command{
		Use:   "import FILE|DIR [flags]",
		Short: "Take over the bots of a file or folder",
		Long: "Reads tokens and sessions from a file, shows what it found, asks, logs the bots in and saves them. The file is a list with a " +
			"token or a session string a line, a table (CSV, TSV), a .env, JSON or YAML, docker-compose files included, or a .session file of " +
			"Telethon or Pyrogram; - is standard input. The columns of a table are named token, label, tags, api_id, " +
			"api_hash, app, environment and session; without such names they are told by what stands in them. Of a folder all " +
			"regular files are read, GramJS's session folders too, and no link is followed.\n\n" +
			"A session is saved with its bot, as one that runs elsewhere. It is not opened, nor is anything said to Telegram about it: " +
			"a session that is used in two places at once is ended. Whose it is, it says itself, or the token beside it, or --bot.\n\n" +
			"Run again, it does the rest: a bot whose token is saved and whose session works is left alone.",
		Example: `  botring import ~/bots --dry-run
  botring import bots.csv --tag prod --yes`,
		Args: args(1, 1, "FILE or DIR"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.importFile(cmd.Context(), args[0], i) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&i.dryRun, "dry-run", false, "show what was found and change nothing")
	flags.BoolVarP(&i.yes, "yes", "y", false, "do not ask")
	flags.StringVar(&i.app, "app", "", "the app of bots that name none: `name` or api_id")
	flags.StringArrayVar(&i.how.Tags, "tag", nil, "a `word` to find them all by; repeatable")
	flags.BoolVar(&i.how.NoLogin, "no-login", false, "save the tokens without logging in")
	flags.BoolVar(&i.how.Replace, "replace", false, "also where another token is saved")
	flags.Int64Var(&i.bot, "bot", 0, "whose sessions are that name no bot: its `id`, the number before the colon of its token")
	return cmd
}

func (s *shell) importFile(ctx context.Context, name string, i importing) error {
	doc, err := s.gather(ctx, name)
	if err != nil {
		return err
	}
	if len(doc.Entries) == 0 {
		said := fault.NothingInFile(nameOfFile(name))
		return usage(said.What, said.Next)
	}
	for n := range doc.Entries {
		if e := &doc.Entries[n]; e.IsSession() && e.Bot == 0 {
			e.Bot = i.bot
		}
	}
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	bots, err := f.Bots(ctx)
	if err != nil {
		return err
	}
	if len(bots) > 0 || !i.dryRun {
		if _, err := s.openSecrets(ctx); err != nil {
			return err
		}
	}
	candidates, err := f.Preview(ctx, doc.Entries)
	if err != nil {
		return err
	}
	if i.dryRun {
		return s.answerImport(doc, candidates, i.how, nil, nil)
	}
	return s.importCandidates(ctx, f, doc, candidates, i)
}

// importCandidates asks and imports.
func (s *shell) importCandidates(ctx context.Context, f *fleet.Fleet, doc files.Document, candidates []fleet.Candidate, i importing) error {
	wanted := 0
	for _, c := range candidates {
		if i.how.Takes(c) {
			wanted++
		}
	}
	if wanted == 0 {
		return s.answerImport(doc, candidates, i.how, nil, nil)
	}
	if err := s.chooseImportApp(ctx, f, candidates, &i); err != nil {
		return err
	}
	if !i.yes {
		if s.asks() {
			s.writeCandidates(s.Err, candidates, i.how)
		}
		if err := s.confirm(ctx, questionOfImport(candidates, i.how)); err != nil {
			return err
		}
	}
	counter := s.counter()
	at := make(map[int]fleet.Outcome, wanted)
	err := f.Import(ctx, candidates, i.how, func(n int, o fleet.Outcome) {
		at[n] = o
		counter.show("imported", len(at), wanted)
	})
	counter.end()
	code := exitOK
	switch {
	case err != nil:
		return err
	case len(at) < wanted && ctx.Err() != nil:
		code = exitCancelled
	}
	if len(at) == 0 && code != exitOK {
		return ctx.Err()
	}
	s.noteMemory()
	return s.answerImport(doc, candidates, i.how, at, []int{code})
}

// chooseImportApp decides which app those log in with that name none: the one that is named, the only one there
// is, or one that is asked for.
func (s *shell) chooseImportApp(ctx context.Context, f *fleet.Fleet, candidates []fleet.Candidate, i *importing) error {
	if !i.how.NeedsApp(candidates) || i.how.NoLogin && i.app == "" {
		return nil
	}
	var chosen fleet.NewBot
	if err := s.chooseApp(ctx, f, &chosen, i.app, fleet.Pasted{}); err != nil {
		return err
	}
	if i.how.APIID = chosen.APIID; chosen.APIHash.Empty() {
		return nil
	}
	apps, err := f.Apps(ctx)
	if err != nil {
		return err
	}
	if _, known := findApp(apps, fmt.Sprint(chosen.APIID)); known {
		return nil
	}
	_, err = f.AddApp(ctx, chosen.AppName, chosen.APIID, chosen.APIHash)
	return err
}

// questionOfImport asks for what is about to be done.
func questionOfImport(candidates []fleet.Candidate, how fleet.Importing) string {
	tokens, sessions := 0, 0
	for _, c := range candidates {
		switch {
		case !how.Takes(c):
		case c.IsSession():
			sessions++
		default:
			tokens++
		}
	}
	kept := plural(sessions, "session")
	switch {
	case tokens == 0:
		return "Save " + kept + ", which are not opened?"
	case how.NoLogin && sessions == 0:
		return "Save " + plural(tokens, "token") + " without logging in?"
	case how.NoLogin:
		return "Save " + plural(tokens, "token") + " without logging in, and " + kept + " without opening them?"
	case sessions == 0:
		return "Log " + plural(tokens, "bot") + " in and save what that yields?"
	}
	return "Log " + plural(tokens, "bot") + " in, save what that yields, and save " + kept + " without opening them?"
}

// gather reads a file, a folder, or standard input for -.
func (s *shell) gather(ctx context.Context, name string) (files.Document, error) {
	doc, err := wait(ctx, func() (files.Document, error) {
		if name != "-" {
			return files.Gather(ctx, name)
		}
		data, err := files.ReadAll(s.In)
		if err != nil {
			return files.Document{}, err
		}
		return files.Read("", data)
	})
	switch {
	case ctx.Err() != nil:
		return files.Document{}, ctx.Err()
	case err != nil:
		return files.Document{}, unreadable(name, err)
	}
	if doc.Links > 0 {
		s.note("%s not followed.", plural(doc.Links, "link"))
	}
	if doc.Incomplete {
		s.note("There is more in %s than is read at once: name folders in it.", nameOfFile(name))
	}
	return doc, nil
}

// unreadable says of a file why it cannot be read.
func unreadable(name string, err error) error {
	said := fault.UnreadFile(nameOfFile(name), err)
	if said.Kind == fault.KindUnexpected {
		return fmt.Errorf("read the file: %w", err)
	}
	return usage(said.What, said.Next)
}

func nameOfFile(name string) string {
	if name == "-" {
		return "Standard input"
	}
	return quote(name)
}

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
	if code := worst(codes...); code != exitOK {
		return verdict(code)
	}
	return nil
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
	if c.Verdict == fleet.Changed && !how.Replace {
		says += "; --replace takes this one"
	}
	return says
}
