package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/radar"
)

// A scanning is what the flags of scan say.
type scanning struct {
	noIgnore, noHistory, staged, hook, sarif bool
	install, uninstall                       bool
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
			"text are searched too, and told without a line. Links are not followed. An api_hash that is not on the ring is told only " +
			"where its name stands before it. Of other repositories inside a PATH the files are searched and not the history.\n\n" +
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
	flags.BoolVar(&how.staged, "staged", false, "search only what the next commit would have in it")
	flags.BoolVar(&how.sarif, "sarif", false, "answer in SARIF 2.1.0, for hosts of code")
	flags.BoolVar(&how.install, "install-hook", false, "have git search what is staged before each commit")
	flags.BoolVar(&how.uninstall, "uninstall-hook", false, "remove that hook")
	flags.BoolVar(&how.hook, "hook", false, "as the hook does: without bots to know, only warn")
	return cmd
}

// check refuses flags that contradict each other.
func (how scanning) check(s *shell, paths []string) error {
	hooks := how.install || how.uninstall
	switch {
	case how.install && how.uninstall, hooks && (how.staged || how.noIgnore || how.noHistory || how.sarif || how.hook):
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
	if err := how.check(s, paths); err != nil {
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
	var report radar.Report
	if how.staged {
		report, err = radar.ScanStaged(ctx, paths[0], radar.Options{Marks: known.Marks})
	} else {
		report, err = radar.Scan(ctx, radar.Options{Paths: paths, Marks: known.Marks, NoIgnore: how.noIgnore, History: !how.noHistory})
	}
	if err != nil {
		return tellScan(err)
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
	var e *fs.PathError
	if !errors.As(err, &e) {
		return err
	}
	return usage(quote(e.Path)+" cannot be searched.", upper(fault.ScanUnread(e.Err))+".")
}

func (s *shell) hook(ctx context.Context, folder string, do func(context.Context, string) (string, error), says string) error {
	path, err := do(ctx, folder)
	if err != nil {
		return err
	}
	return s.answer(hookObject{Hook: fault.Clean(path)}, func(io.Writer) { s.say(says, fault.Clean(path)) })
}

// A ringKnown is what a scan knows of the ring: marks, and what bots and apps are called.
type ringKnown struct {
	fleet.Marked
	bots map[fleet.Key]fleet.Bot
	ids  map[int64]fleet.Bot
	apps map[int64]string
}

// ringMarks reads what a scan knows the ring by. The keyring is not opened, and where there is no catalogue none is made.
func (s *shell) ringMarks(ctx context.Context) (ringKnown, error) {
	known := ringKnown{bots: map[fleet.Key]fleet.Bot{}, ids: map[int64]fleet.Bot{}, apps: map[int64]string{}}
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
	for _, bot := range bots {
		known.bots[bot.Key], known.ids[bot.ID] = bot, bot
	}
	apps, err := from.Apps(ctx)
	for _, app := range apps {
		known.apps[int64(app.APIID)] = app.Name
	}
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
		return "botring replace-token " + ref
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
		return "Revoke it in @BotFather (/mybots, API Token, Revoke); " + next + " takes the new one."
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
		fmt.Fprintf(w, "%s  %s\n", leakPlace(found), fault.ScanSecret(found, called))
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

type (
	scanObject struct {
		header
		Keyring  string          `json:"keyring"`
		Findings []leakJSON      `json:"findings"`
		Unread   []unreadJSON    `json:"unread"`
		Summary  scanSummaryJSON `json:"summary"`
	}
	// A leakJSON is a secret at a place, and nothing of what it is.
	leakJSON struct {
		// Kind is "token", "api_hash" or "session".
		Kind string `json:"kind"`
		// Owner is "ring", "ring_before" for what was replaced there since, or "unknown".
		Owner       string `json:"owner"`
		ID          int64  `json:"id"`          // the bot's, 0 where nothing tells it
		Environment string `json:"environment"` // of a bot on the ring
		Name        string `json:"name"`        // what the bot or app is called
		APIID       int64  `json:"api_id"`      // the app's, of an api_hash on the ring
		Session     string `json:"session"`     // its name on the ring
		Format      string `json:"format"`      // of a session string
		Status      string `json:"status"`      // the bot's, as of its last check
		Path        string `json:"path"`
		Line        int    `json:"line"` // 0 in what is no text
		Encoding    string `json:"encoding"`
		// Of the history: what brought it there, whether it is in the message itself, and in how many versions it is.
		Commit   string  `json:"commit"`
		Date     *string `json:"date"`
		Message  bool    `json:"message"`
		Versions int     `json:"versions"`
		Next     string  `json:"next"`
	}
	unreadJSON struct {
		Path string `json:"path"`
		Says string `json:"says"`
	}
	scanSummaryJSON struct {
		Findings     int   `json:"findings"`
		Ring         int   `json:"ring"`
		More         bool  `json:"more"`
		Files        int64 `json:"files"`
		Versions     int64 `json:"versions"`
		Bytes        int64 `json:"bytes"`
		Ignored      int   `json:"ignored"`
		Links        int   `json:"links"`
		Repositories int   `json:"repositories"`
		Unread       int   `json:"unread"`
		Git          bool  `json:"git"`
		Bots         int   `json:"bots"`
		Unmarked     int   `json:"unmarked"`
	}
	hookObject struct {
		header
		Hook string `json:"hook"`
	}
)

func (s *shell) scanObject(report radar.Report, known ringKnown) scanObject {
	object := scanObject{Keyring: s.flags.kind(), Findings: []leakJSON{}, Unread: []unreadJSON{}, Summary: scanSummaryJSON{
		Findings: len(report.Findings), More: report.More, Files: report.Files, Versions: report.Blobs, Bytes: report.Bytes,
		Ignored: report.Ignored, Links: report.Links, Repositories: report.Repositories, Git: !report.NoGit,
		Unread: len(report.Unread) + report.UnreadMore, Bots: known.Bots, Unmarked: known.Unmarked,
	}}
	for _, found := range report.Findings {
		leak := known.leak(found)
		if found.Known {
			object.Summary.Ring++
		}
		object.Findings = append(object.Findings, leak)
	}
	for _, u := range report.Unread {
		object.Unread = append(object.Unread, unreadJSON{fault.Clean(u.Path), fault.ScanUnread(u.Err)})
	}
	return object
}

func (k ringKnown) leak(found radar.Finding) leakJSON {
	called, _ := k.owner(found)
	leak := leakJSON{
		Kind: string(found.Kind), Owner: "unknown", ID: found.ID, Name: fault.Clean(called), Session: fault.Clean(found.Owner.Session),
		Format: found.Format, Path: fault.Clean(found.Path), Line: found.Line, Encoding: found.Encoding, Commit: found.Commit,
		Date: timestamp(found.Date), Message: found.Message, Versions: found.Versions, Next: k.next(found),
	}
	if !found.Known {
		return leak
	}
	leak.Owner = "ring"
	if found.Old() {
		leak.Owner = "ring_before"
	}
	if found.Kind == radar.APIHash {
		leak.APIID = found.Owner.ID
		return leak
	}
	leak.ID, leak.Environment = found.Owner.ID, found.Owner.Environment
	if bot, ok := k.bots[fleet.Key{Environment: leak.Environment, ID: leak.ID}]; ok {
		leak.Status = string(bot.Health.Status)
	}
	return leak
}

// ruleOf is the sort of a finding, as SARIF names it, and how grave it is there.
func ruleOf(found radar.Finding) (rule, level string) {
	rule = strings.ReplaceAll(string(found.Kind), "_", "-")
	switch {
	case found.Old():
		return "old-" + rule, "note"
	case found.Known:
		return rule, "error"
	}
	return "unknown-" + rule, "warning"
}

// ruleNames are all that ruleOf returns.
func ruleNames() []string {
	var names []string
	for _, before := range []string{"", "old-", "unknown-"} {
		for _, kind := range []radar.Kind{radar.Token, radar.APIHash, radar.Session} {
			names = append(names, before+strings.ReplaceAll(string(kind), "_", "-"))
		}
	}
	slices.Sort(names)
	return names
}
