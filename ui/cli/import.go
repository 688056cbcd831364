package cli

import (
	"context"
	"fmt"

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
	take        []string
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
			"Where a bot has several tokens in it, the first counts; --take chooses another.\n\n" +
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
	flags.StringArrayVar(&i.take, "take", nil, "of several tokens of a bot the one at this `place`, a line or FILE:LINE, not the first; repeatable")
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
	if err := prefer(doc.Entries, i.take); err != nil {
		return err
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
	newApp, err := s.chooseImportApp(ctx, f, candidates, &i)
	if err != nil {
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
	if !newApp.hash.Empty() {
		if _, err := f.AddApp(ctx, i.app, newApp.id, newApp.hash); err != nil {
			return err
		}
	}
	counter := s.counter()
	at := make(map[int]fleet.Outcome, wanted)
	err = f.Import(ctx, candidates, i.how, func(n int, o fleet.Outcome) {
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
// is, or one that is asked for. One that is to be saved before them is returned, empty for none.
func (s *shell) chooseImportApp(ctx context.Context, f *fleet.Fleet, candidates []fleet.Candidate, i *importing) (appInput, error) {
	if !i.how.NeedsApp(candidates) || i.how.NoLogin && i.app == "" {
		return appInput{}, nil
	}
	var chosen fleet.NewBot
	if err := s.chooseApp(ctx, f, &chosen, i.app, fleet.Pasted{}); err != nil {
		return appInput{}, err
	}
	if i.how.APIID = chosen.APIID; chosen.APIHash.Empty() {
		return appInput{}, nil
	}
	apps, err := f.Apps(ctx)
	if err != nil {
		return appInput{}, err
	}
	if _, known := findApp(apps, fmt.Sprint(chosen.APIID)); known {
		return appInput{}, nil
	}
	return appInput{id: chosen.APIID, hash: chosen.APIHash}, nil
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
