package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writeHelp writes how a command is used, as plain text of at most 100 columns.
func writeHelp(w io.Writer, cmd *cobra.Command) {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		b.WriteString(wrap(paragraph, 0) + "\n\n")
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", useLine(cmd))
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		writeCommands(&b, cmd)
	}
	if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
		b.WriteString("\nFlags:\n")
		writeFlags(&b, flags)
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	b.WriteString("\nFlags of all commands:\n")
	writeFlags(&b, cmd.Root().PersistentFlags())
	_, _ = io.WriteString(w, b.String())
}

func useLine(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	if cmd.HasAvailableSubCommands() {
		if cmd.HasParent() {
			return line + " COMMAND"
		}
		return line + " [COMMAND]"
	}
	if _, form, ok := strings.Cut(cmd.Use, " "); ok {
		line += " " + form
	}
	return line
}

func writeCommands(b *strings.Builder, cmd *cobra.Command) {
	width := 0
	for _, sub := range cmd.Commands() {
		width = max(width, len(sub.Name()))
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(b, "  %-*s   %s\n", width, sub.Name(), sub.Short)
		}
	}
}

func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	type row struct{ name, text string }
	var rows []row
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		value, text := pflag.UnquoteUsage(f)
		if value != "" {
			name += " " + strings.ToUpper(value)
		}
		rows = append(rows, row{name, text})
		width = max(width, len(name))
	})
	for _, r := range rows {
		fmt.Fprintf(b, "  %-*s   %s\n", width, r.name, wrap(r.text, width+5))
	}
}

const helpWidth = 100

// wrap breaks text into lines, all but the first indented.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		if i > 0 && column+1+len(word) > helpWidth {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		} else if i > 0 {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
