package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/ui"
)

func newDoctor(s *shell) *cobra.Command {
	var fix, network bool
	cmd := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Look for what is wrong, and mend it",
		Long: "Looks at everything botring stands on: configuration, keyring, catalogue, clock and terminal. Each line says ok, " +
			"warning or problem, and what to do about it. It asks for nothing and unlocks nothing, and sends nothing to Telegram " +
			"unless told to.\n\n" +
			"--fix brings the list of bots in line with the keyring, sets a damaged list aside and rebuilds it, and keeps others " +
			"out of botring's own files. It changes no secret in the keyring and deletes nothing.\n\n" +
			"The exit code is 3 where there is a problem, 0 otherwise, warnings included; with --fix it is 4 where the keyring has " +
			"to be unlocked first.",
		Example: `  botring doctor
  botring doctor --fix --network`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.doctor(cmd.Context(), fix, network) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&fix, "fix", false, "mend what can be mended")
	cmd.Flags().BoolVar(&network, "network", false, "see whether Telegram's servers are reached, and what their clocks say")
	return cmd
}

func (s *shell) doctor(ctx context.Context, fix, network bool) error {
	c := &consultation{shell: s, fix: fix, width: widthOf(s.Out), object: doctorObject{Findings: []findingJSON{}}}
	files := c.configuration()
	f, err := s.openToExamine(ctx)
	if err != nil {
		return err
	}
	opts := fleet.ExamineOptions{Fix: fix, Network: network, Files: append(files, s.logFiles()...), Built: builtAt()}
	if _, err := f.Examine(ctx, opts, c.report); err != nil {
		return err
	}
	for _, finding := range ui.ExamineTerminal(s.In, s.Out, s.terminalEnviron()) {
		c.report(finding)
	}
	return c.end()
}

// openToExamine is open for a fleet that may be in a bad state. Nobody is asked for anything.
func (s *shell) openToExamine(ctx context.Context) (*fleet.Fleet, error) {
	if s.fleet != nil {
		return s.fleet, nil
	}
	opts, err := s.options()
	if err != nil {
		return nil, err
	}
	opts.Passphrase.Ask = nil
	if !opts.Ephemeral {
		s.log = openLog(opts.Home, s.Version, s.verb)
		opts.Log = s.log.records
	}
	s.fleet, err = fleet.OpenToExamine(ctx, opts)
	return s.fleet, err
}

// logFiles are the log, and its directory where that is botring's alone.
func (s *shell) logFiles() []fleet.OwnFile {
	home, err := s.flags.homeDir()
	if err != nil || s.log == nil {
		return nil
	}
	path, err := logPath(home)
	if err != nil {
		return nil
	}
	files := []fleet.OwnFile{{Path: path}}
	if home == "" {
		files = append(files, fleet.OwnFile{Path: filepath.Dir(path)})
	}
	return files
}

// terminalEnviron is what the screens judge a terminal by.
func (s *shell) terminalEnviron() []string {
	var environ []string
	for _, name := range []string{"TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"} {
		if value, ok := s.Environ.Lookup(name); ok {
			environ = append(environ, name+"="+value)
		}
	}
	return environ
}

// builtAt is when the program's source was last changed, zero where its build does not know.
func builtAt() time.Time {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return time.Time{}
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.time" {
			at, _ := time.Parse(time.RFC3339, setting.Value)
			return at
		}
	}
	return time.Time{}
}

// A consultation tells findings as they come, and counts them.
type consultation struct {
	*shell
	fix bool
	// width is that of the terminal in cells, 0 where there is none: then a finding is one line.
	width  int
	object doctorObject
	// locked: something could not be looked at because the keyring is locked. fixable: something was found
	// that a run with --fix would mend.
	locked, fixable bool
}

// configuration looks at the configuration, and returns the file.
func (c *consultation) configuration() []fleet.OwnFile {
	finding := fleet.Finding{Topic: fleet.TopicConfiguration, Found: fleet.FoundConfiguration}
	read, path, err := c.loadConfig()
	if path == "" {
		return nil
	}
	finding.Subject = fleet.Place(path)
	switch {
	case err != nil:
		finding.Grade = fleet.GradeProblem
		c.take(finding, fault.DiagnoseFault(finding.Topic, words(tellConfig(err))))
		return []fleet.OwnFile{{Path: path, Shown: true}}
	case len(read.unknown) > 0:
		finding.Grade, finding.Found, finding.Names = fleet.GradeWarning, fleet.FoundUnknownKeys, read.unknown
	case read.keyring == "" && !exists(path):
		finding.Found = fleet.FoundNoConfiguration
	}
	c.obey(read)
	c.report(finding)
	return []fleet.OwnFile{{Path: path, Shown: true}}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func (c *consultation) report(finding fleet.Finding) { c.take(finding, fault.Diagnose(finding)) }

// take takes a finding into account, and tells it at once unless it is to be one object.
func (c *consultation) take(finding fleet.Finding, d fault.Diagnosis) {
	summary := &c.object.Summary
	switch finding.Grade {
	case fleet.GradeOK:
		summary.OK++
	case fleet.GradeWarning:
		summary.Warnings++
	case fleet.GradeProblem:
		summary.Problems++
	case fleet.GradeSkipped:
		summary.Skipped++
	}
	if finding.Fixed {
		summary.Fixed++
	}
	c.locked = c.locked || fault.NeedsUnlocking(finding)
	c.fixable = c.fixable || finding.Fixable
	mend := c.mend(finding, d)
	if c.flags.json {
		c.object.Findings = append(c.object.Findings, findingJSON{
			Topic: string(finding.Topic), Grade: finding.Grade.String(), Says: d.Says, Mend: strings.Join(mend, " "),
			TookMS: finding.Took.Milliseconds(), Fixed: finding.Fixed,
		})
		return
	}
	quiet := finding.Grade == fleet.GradeOK && !finding.Fixed || finding.Grade == fleet.GradeSkipped
	if c.flags.quiet && quiet {
		return
	}
	grade := finding.Grade.String()
	if finding.Fixed {
		grade = "mended"
	}
	fmt.Fprint(c.Out, layOut(c.width, grade, d.Title, d.Says, mend))
}

// mend are the sentences that say what to do about a finding.
func (c *consultation) mend(finding fleet.Finding, d fault.Diagnosis) []string {
	var lines []string
	add := func(line string) {
		if line != "" {
			lines = append(lines, line)
		}
	}
	add(d.Mend)
	c.subject = d.Bot
	for _, action := range d.Actions {
		add(c.commandFor(action))
	}
	switch {
	case finding.Found == fleet.FoundUnfinished:
		add("botring keyring recipient finish does.")
	case !finding.Fixable || c.fix:
	case finding.Topic == fleet.TopicCatalogue:
		add("botring doctor --fix sets it aside and rebuilds it from the keyring.")
	case finding.Found == fleet.FoundWithoutItem:
		add("botring doctor --fix marks it in the list.")
	default:
		add("botring doctor --fix mends it.")
	}
	add(d.LogHint(c.log.path()))
	return lines
}

// end tells the sum of it all.
func (c *consultation) end() error {
	summary := c.object.Summary
	if c.flags.json {
		c.object.Keyring = c.flags.kind()
		if err := writeJSON(c.Out, c.object); err != nil {
			return err
		}
	} else {
		c.say("%s", c.sum())
	}
	var codes []int
	if summary.Problems > 0 {
		codes = append(codes, exitNotOK)
	}
	if c.fix && c.locked {
		codes = append(codes, exitSecret)
	}
	return endWith(codes)
}

// sum is the last line.
func (c *consultation) sum() string {
	summary := c.object.Summary
	var found []string
	if summary.Problems > 0 {
		found = append(found, plural(summary.Problems, "problem"))
	}
	if summary.Warnings > 0 {
		found = append(found, plural(summary.Warnings, "warning"))
	}
	text := "All is well."
	if len(found) > 0 {
		text = strings.Join(found, ", ") + "."
	}
	if summary.Fixed > 0 {
		text += fmt.Sprintf(" %d mended.", summary.Fixed)
	}
	if c.fixable && !c.fix {
		text += " botring doctor --fix mends what it can."
	}
	return text
}
