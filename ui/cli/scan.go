package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/radar"
)

// A scanning is what the flags of scan say.
type scanning struct {
	noIgnore, noHistory, staged, hook, sarif, check bool
	install, uninstall                              bool
}

func newScan(s *shell) *cobra.Command {
	var how scanning
	cmd := &cobra.Command{
		Use:   "scan [PATH…] [flags]",
		Short: "Find tokens, api_hashes and session strings where they do not belong",
		Long: "Searches files, archives (zip, tar, tar.gz, two in each other) and the history of git, all branches and tags, for secrets of " +
			"the bots on the ring, and for others' tokens and session strings by their shape. Without a PATH it searches this folder. " +
			"What it finds is told by its place and owner and never shown.\n\n" +
			"The keyring is not opened: the list of bots has keyed hashes of what is saved. Bots that were saved by an older botring get " +
			"theirs from botring keyring verify.\n\n" +
			"What git ignores is left out and counted; --no-ignore searches it, and an ignored .env is where tokens are. Files that are not " +
			"text are searched too, and told without a line. Links are not followed, but where a PATH is one. An api_hash that is not on the ring is told only " +
			"where its name stands before it. Of other repositories inside a PATH the files are searched and not the history.\n\n" +
			"--check asks the Bot API whether what looks like a token works (getMe), which sends it there: to Telegram, unless --bot-api says " +
			"otherwise. What is not known is never called alive.\n\n" +
			"--install-hook has git run this before each commit, for what is staged alone. Where botring is missing, or has no bots, the hook " +
			"says so and lets the commit through.\n\n" +
			"The exit code is 3 where something was found.",
		Example: `  botring scan
  botring scan ~/src/shop --no-ignore --json`,
		RunE: func(cmd *cobra.Command, paths []string) error { return s.scan(cmd.Context(), paths, how) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&how.noIgnore, "no-ignore", false, "search what git ignores too")
	flags.BoolVar(&how.noHistory, "no-history", false, "leave the history of git out")
	flags.BoolVar(&how.check, "check", false, "ask the Bot API whether the tokens that are found work")
	flags.BoolVar(&how.staged, "staged", false, "search only what the next commit would have in it")
	flags.BoolVar(&how.sarif, "sarif", false, "answer in SARIF 2.1.0, for hosts of code")
	flags.BoolVar(&how.install, "install-hook", false, "have git search what is staged before each commit")
	flags.BoolVar(&how.uninstall, "uninstall-hook", false, "remove that hook")
	flags.BoolVar(&how.hook, "hook", false, "as the hook does: without bots to know, only warn")
	return cmd
}

// refuse refuses flags that contradict each other.
func (how scanning) refuse(s *shell, paths []string) error {
	hooks := how.install || how.uninstall
	switch {
	case how.install && how.uninstall, hooks && (how.staged || how.noIgnore || how.noHistory || how.sarif || how.hook || how.check):
		return usage("--install-hook and --uninstall-hook stand alone.", "The form is: botring scan --install-hook [PATH].")
	case (hooks || how.staged) && len(paths) > 1:
		return usage("There is an argument too many.", "It is one repository, or none for the one of this folder.")
	case how.staged && (how.noIgnore || how.noHistory):
		return usage("--staged searches what is staged and nothing else.", "Leave --no-ignore and --no-history out.")
	case how.hook && !how.staged:
		return usage("--hook is for --staged.", "The form is: "+radar.HookCommand+".")
	case how.sarif && s.flags.json:
		return usage("--json and --sarif are two answers.", "Give one of them.")
	}
	return nil
}

func (s *shell) scan(ctx context.Context, paths []string, how scanning) error {
	if err := how.refuse(s, paths); err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	switch {
	case how.install:
		return s.hook(ctx, paths[0], radar.InstallHook, "Git looks for bots' secrets before each commit now, by %s.")
	case how.uninstall:
		return s.hook(ctx, paths[0], radar.RemoveHook, "Removed %s.")
	}
	known, err := s.ringMarks(ctx)
	if err != nil {
		return err
	}
	opts := radar.Options{Paths: paths, Marks: known.Marks, NoIgnore: how.noIgnore, History: !how.noHistory, Hold: how.check}
	var report radar.Report
	opts.Progress = &radar.Progress{}
	ended := s.counter().scan(opts.Progress)
	if how.staged {
		report, err = fleet.ScanStaged(ctx, paths[0], opts)
	} else {
		report, err = fleet.Scan(ctx, opts)
	}
	ended()
	if err != nil {
		return tellScan(err)
	}
	if how.check {
		if known.verdicts, err = s.askFound(ctx, report); err != nil {
			return err
		}
	}
	if how.sarif {
		err = writeJSON(s.Out, s.sarifOf(report, known))
	} else {
		err = s.answer(s.scanObject(report, known), func(w io.Writer) { s.writeScan(w, report, known) })
	}
	if err != nil {
		return err
	}
	s.noteScan(report, known, how)
	if len(report.Findings) > 0 && (!how.hook || known.Bots > 0) {
		return verdict(exitNotOK)
	}
	return nil
}

// tellScan words what the file system says of a path that was given.
func tellScan(err error) error {
	if what, why, ok := fault.Unsearched(err); ok {
		return usage(what, why)
	}
	return err
}

func (s *shell) hook(ctx context.Context, folder string, do func(context.Context, string) (string, error), says string) error {
	path, err := do(ctx, folder)
	if err != nil {
		return err
	}
	return s.answer(hookObject{Hook: fault.Clean(path)}, func(io.Writer) { s.say(says, fault.Clean(path)) })
}

// A ringKnown is what a scan knows of the ring: marks, and whose they are.
type ringKnown struct {
	fleet.Marked
	fleet.Owners
	verdicts fleet.Verdicts
}

// askFound asks the Bot API about the tokens that were found.
func (s *shell) askFound(ctx context.Context, report radar.Report) (fleet.Verdicts, error) {
	f, err := s.open(ctx)
	if err != nil {
		return fleet.Verdicts{}, err
	}
	counter := s.counter()
	defer counter.end()
	return f.AskFound(ctx, f.Environment(), report.Findings, func(at fleet.Asking) {
		if at.Err != nil {
			counter.end()
			s.note("Whether the token of bot %d works is not known: %s", at.About.ID, lower(fault.Of(at.Err).What))
		}
		if at.Of > 0 {
			counter.show("asking about tokens", at.Done, at.Of)
		}
	})
}

// verdict is what is known of a token that was asked about, as JSON names it, and in words; "" where it was not.
func (k ringKnown) verdict(found radar.Finding) (name, words string) {
	v, asked := k.verdicts.Of(found)
	if !asked {
		return "", ""
	}
	_, words = fault.TokenVerdict(v)
	return v.String(), words
}

// unasked counts the tokens at places that were not asked about.
func (k ringKnown) unasked(report radar.Report) (n int) {
	for _, found := range report.Findings {
		if _, asked := k.verdicts.Of(found); !asked && found.Kind == radar.Token {
			n++
		}
	}
	return n
}

// ringMarks reads what a scan knows the ring by. The keyring is not opened, and where there is no catalogue none is made.
func (s *shell) ringMarks(ctx context.Context) (known ringKnown, err error) {
	from, done, err := s.catalogue(ctx)
	if err != nil || from == nil {
		return known, err
	}
	defer done()
	if known.Marked, err = from.Marks(ctx); err != nil {
		return known, err
	}
	bots, err := from.Bots(ctx)
	if err != nil {
		return known, err
	}
	apps, err := from.Apps(ctx)
	known.Owners = fleet.OwnersAmong(bots, apps)
	return known, err
}

// A markedDirectory is one that has marks too.
type markedDirectory interface {
	directory
	Marks(context.Context) (fleet.Marked, error)
}

// catalogue opens the catalogue only to look at it: nil where there is none. One that an older botring left is
// opened as other commands do.
func (s *shell) catalogue(ctx context.Context) (markedDirectory, func(), error) {
	if s.fleet == nil {
		if err := s.readConfig(); err != nil {
			return nil, nil, err
		}
		opts, err := s.options()
		if err != nil {
			return nil, nil, err
		}
		glance, err := fleet.Look(ctx, opts)
		switch {
		case err == nil:
			return glance, func() { _ = glance.Close() }, nil // it was only read
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil, nil
		}
	}
	f, err := s.open(ctx)
	return f, func() {}, err
}
