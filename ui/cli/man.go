package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan(s *shell) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [COMMAND…] [flags]",
		Short: "Write the manual pages",
		Long: "Writes the manual page of botring, or of one of its commands, to standard output. With --dir it writes all of them into " +
			"a directory, one a command: botring.1, botring-token-show.1.",
		Example: `  botring man token show | man -l -
  botring man --dir ~/.local/share/man/man1`,
		RunE: func(cmd *cobra.Command, words []string) error { return s.man(cmd.Root(), words, dir) },
		ValidArgsFunction: func(cmd *cobra.Command, words []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return commandNames(cmd.Root(), words, typed), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write all pages into this `directory`")
	return cmd
}

func (s *shell) man(root *cobra.Command, words []string, dir string) error {
	about, rest, err := root.Find(words)
	switch {
	case s.flags.json:
		return usage("A manual has no JSON.", "Leave --json out.")
	case err != nil || len(rest) > 0:
		return noCommand(about, words)
	case dir != "" && len(words) > 0:
		return usage("All pages go into a directory.", "Leave the command out, or --dir.")
	case dir == "":
		return writeText(s.Out, s.page(about))
	}
	pages := 0
	err = eachCommand(root, func(cmd *cobra.Command) error {
		pages++
		return writePage(filepath.Join(dir, pageName(cmd)+".1"), s.page(cmd))
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage("There is no directory "+quote(dir)+".", "Make it, or choose another.")
	case errors.Is(err, fs.ErrPermission):
		return usage("Nothing may be written to "+quote(dir)+".", "Choose another place.")
	case err != nil:
		return fmt.Errorf("write the manual: %w", err)
	}
	s.say("Wrote %s.", plural(pages, "page"))
	return nil
}

// commandNames are the commands that can follow others.
func commandNames(root *cobra.Command, before []string, typed string) []cobra.Completion {
	cmd, rest, err := root.Find(before)
	if err != nil || len(rest) > 0 {
		return nil
	}
	var names []cobra.Completion
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && begins(sub.Name(), typed) {
			names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return names
}

// eachCommand does something for a command and all below it that people are told of.
func eachCommand(cmd *cobra.Command, do func(*cobra.Command) error) error {
	if err := do(cmd); err != nil {
		return err
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			if err := eachCommand(sub, do); err != nil {
				return err
			}
		}
	}
	return nil
}

func writePage(path, page string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, page)
	return errors.Join(err, file.Close())
}

// pageName is what a command's page is called.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// page is a command's manual page, in the macros of man(7).
func (s *shell) page(cmd *cobra.Command) string {
	date := builtAt()
	if date.IsZero() {
		date = time.Now()
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`.TH %s 1 %s "botring %s" "botring"`, roff(strings.ToUpper(pageName(cmd))), date.UTC().Format(time.DateOnly), roff(s.Version))
	line(".SH NAME\n%s \\- %s", roff(pageName(cmd)), roff(lower(cmd.Short)))
	path, form, _ := strings.Cut(useLine(cmd), cmd.CommandPath())
	line(".SH SYNOPSIS\n.B %s\n%s", roff(path+cmd.CommandPath()), roff(strings.TrimSpace(form)))
	line(".SH DESCRIPTION")
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			line(".PP")
		}
		line("%s", roff(paragraph))
	}
	if cmd.HasAvailableSubCommands() {
		line(".SH COMMANDS")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				line(".TP\n.B %s\n%s. See", roff(sub.CommandPath()), roff(sub.Short))
				line(".BR %s (1).", roff(pageName(sub)))
			}
		}
	}
	if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
		line(".SH OPTIONS")
		manFlags(&b, flags)
	}
	if cmd.HasParent() {
		line(".PP\nThe options of all commands, and what exit codes mean, are in\n.BR botring (1).")
	} else {
		line(".SH OPTIONS OF ALL COMMANDS")
		manFlags(&b, cmd.PersistentFlags())
		line(".SH EXIT STATUS")
		for _, code := range exitCodes() {
			line(".TP\n.B %d\n%s.", code.code, roff(code.means))
		}
	}
	line(".SH EXAMPLES\n.EX")
	for example := range strings.SplitSeq(cmd.Example, "\n") {
		line("%s", roff(strings.TrimPrefix(example, "  ")))
	}
	line(".EE")
	if cmd.HasParent() {
		line(".SH SEE ALSO\n.BR %s (1)", roff(pageName(cmd.Parent())))
	}
	return b.String()
}

func manFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		value, text := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n.BR ")
		if f.Shorthand != "" {
			b.WriteString(roff("-"+f.Shorthand) + `\fR, \fB`)
		}
		b.WriteString(roff("--" + f.Name))
		if value != "" {
			b.WriteString(`\~\fI` + roff(strings.ToUpper(value)) + `\fR`)
		}
		b.WriteString("\n" + roff(upper(text)) + ".\n")
	})
}

// roff is a text as roff(7) reads it: what would be a command is not one, and hyphens can be copied.
func roff(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case i == 0 && (r == '.' || r == '\''):
			b.WriteString(`\&` + string(r))
		case r == '…':
			b.WriteString("...")
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
