package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	dryRun, yes bool
}

func newImport(s *shell) *cobra.Command {
	var i importing
	cmd := &cobra.Command{
		Use:   "import FILE [flags]",
		Short: "Take over the bots of a file",
		Long: "Reads tokens from a file, shows what it found, asks, logs the bots in and saves them. The file is a list with a token a " +
			"line, a table (CSV, TSV), a .env, JSON or YAML, docker-compose files included; - is standard input. The columns of a table are named token, label, tags, api_id, " +
			"api_hash, app and environment; without such names they are told by what stands in them.\n\n" +
			"Run again, it does the rest: a bot whose token is saved and whose session works is left alone.",
		Example: `  botring import .env --dry-run
  botring import bots.csv --tag prod --yes`,
		Args: args(1, 1, "FILE"),
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
	return cmd
}

func (s *shell) importFile(ctx context.Context, name string, i importing) error {
	data, err := s.readFile(ctx, name)
	if err != nil {
		return err
	}
	doc, err := files.Read(name, data)
	if err != nil {
		return unreadable(name, err)
	}
	if len(doc.Entries) == 0 {
		return usage("There is no bot token in "+nameOfFile(name)+".", "It can be a list with a token a line, a table (CSV, TSV), a .env, JSON or YAML.")
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
	var keys []fleet.Key
	for _, c := range candidates {
		if i.how.Takes(c) {
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return s.answerImport(doc, candidates, i.how, nil, nil)
	}
	if err := s.chooseImportApp(ctx, f, candidates, &i); err != nil {
		return err
	}
	if !i.yes {
		if s.asks() {
			s.writeCandidates(s.Err, candidates, i.how)
		}
		question := "Log " + plural(len(keys), "bot") + " in and save what that yields?"
		if i.how.NoLogin {
			question = "Save " + plural(len(keys), "token") + " without logging in?"
		}
		if err := s.confirm(ctx, question); err != nil {
			return err
		}
	}
	t := s.tally("imported", keys)
	at := make(map[int]fleet.Outcome, len(keys))
	if err := f.Import(ctx, candidates, i.how, func(n int, o fleet.Outcome) { at[n] = o; t.done(o) }); err != nil {
		return err
	}
	if _, err := t.outcomes(ctx); err != nil {
		return err
	}
	s.noteMemory()
	return s.answerImport(doc, candidates, i.how, at, []int{t.stopped(ctx)})
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

// readFile reads a regular file, or standard input for -.
func (s *shell) readFile(ctx context.Context, name string) ([]byte, error) {
	in := s.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, unreadable(name, err)
		}
		defer func() { _ = file.Close() }()
		if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
			return nil, unreadable(name, errors.Join(errNotRegular, err))
		}
		in = file
	}
	text, err := wait(ctx, func() (string, error) {
		data, err := io.ReadAll(io.LimitReader(in, files.MaxSize+1))
		return string(data), err
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, unreadable(name, err)
	case len(text) > files.MaxSize:
		return nil, usage(nameOfFile(name)+" is too large.", fmt.Sprintf("At most %d MB are read.", files.MaxSize>>20))
	}
	return []byte(text), nil
}

var errNotRegular = errors.New("not a regular file")

// unreadable says of a file why it cannot be read. What stands in it is not repeated.
func unreadable(name string, err error) error {
	next := "A list with a token a line, a table (CSV, TSV), a .env, JSON and YAML are read."
	var wrong *files.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Line > 0:
		return usage(fmt.Sprintf("%s is not %s: line %d cannot be read.", nameOfFile(name), wrong.Form, wrong.Line), "")
	case errors.As(err, &wrong):
		return usage(fmt.Sprintf("%s is not %s.", nameOfFile(name), wrong.Form), "")
	case errors.Is(err, files.ErrNotText):
		return usage(nameOfFile(name)+" is not a text file.", next)
	case errors.Is(err, os.ErrNotExist):
		return usage("There is no file "+quote(name)+".", "")
	case errors.Is(err, errNotRegular):
		return usage(quote(name)+" is not a regular file.", next)
	case errors.Is(err, os.ErrPermission):
		return usage(nameOfFile(name)+" may not be read.", "")
	}
	return fmt.Errorf("read the file: %w", err)
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
	line, end := fmt.Sprintf("%s: %d saved", plural(len(object.Entries), "token"), sum.Done), "."
	if dry {
		line, end = fmt.Sprintf("%s: %d to import", plural(len(object.Entries), "token"), wanted), ". Nothing was changed."
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

// screenful is how many lines of a preview are worth reading before one answers.
const screenful = 40

// writeCandidates shows what was found, before anything is done: of many only those that are not simply new.
func (s *shell) writeCandidates(w io.Writer, candidates []fleet.Candidate, how fleet.Importing) {
	shown := candidates
	if len(candidates) > screenful {
		shown = slices.DeleteFunc(slices.Clone(candidates), func(c fleet.Candidate) bool {
			return c.Verdict == fleet.New && c.Problem == nil && !c.NoLabel
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
	t := newTable("LINE", "WHERE", "BOT", "LABEL", "RESULT")
	for i, e := range entries {
		if s.flags.quiet && (e.Result == resultSaved || e.Result == resultUnchanged || e.Result == "") {
			continue
		}
		bot := ""
		if e.ID != 0 {
			bot = candidates[i].Key.String()
		}
		t.add(fmt.Sprint(e.Line), e.Name, bot, e.Label, e.says)
	}
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
		Line: c.Line, Name: fault.Clean(c.Name), ID: c.Key.ID, Environment: fault.Clean(c.Key.Environment),
		Label: fault.Clean(c.Label), Verdict: c.Verdict.String(), says: saysOf(c, how),
	}
	switch {
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
	switch c.Verdict {
	case fleet.Invalid:
		return strings.TrimSuffix(fault.Of(c.Problem).What, ".")
	case fleet.New:
		if c.Problem != nil { // a warning
			return "new; " + lower(strings.TrimSuffix(fault.Of(c.Problem).What, "."))
		}
		if c.NoLabel {
			return "new; another bot has its label, which is left out"
		}
		return "new"
	case fleet.Same:
		return "its token is saved already"
	case fleet.Changed:
		if how.Replace {
			return "takes the place of another token"
		}
		return "another token is saved; --replace takes this one"
	case fleet.Repeated:
		return fmt.Sprintf("as in line %d", c.Before)
	case fleet.Contradicted:
		return fmt.Sprintf("another token of this bot is in line %d", c.Before)
	}
	return ""
}
