package cli

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The scripts that have a shell ask botring. Those of cobra evaluate the line that is being typed, and the one for bash
// takes @usernames apart.
var (
	//go:embed completions/botring.bash
	bashCompletion string
	//go:embed completions/botring.zsh
	zshCompletion string
	//go:embed completions/botring.fish
	fishCompletion string
)

// shells are those that there is a script for.
func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func newCompletion(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Write a script that has a shell complete commands and bots",
		Long: "Writes a script that has your shell complete commands, flags, bots, apps, tags, sessions and places with the tab key: " +
			strings.Join(shells(), ", ") + ". Names come from the list of bots; neither the keyring nor Telegram is asked.\n\n" +
			"The script goes where the shell looks for it, or is read when one starts: source <(botring completion bash).",
		Example: `  botring completion bash > ~/.local/share/bash-completion/completions/botring
  botring completion fish > ~/.config/fish/completions/botring.fish`,
		Args: args(1, 1, "SHELL"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.completion(cmd.Root(), args[0]) },
	}
}

func (s *shell) completion(root *cobra.Command, name string) error {
	if s.flags.json {
		return usage("A script has no JSON.", "Leave --json out.")
	}
	scripts := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	switch {
	case !slices.Contains(shells(), name):
		return usage("There is no script for "+quote(name)+".", "The shells are "+strings.Join(shells(), ", ")+".")
	case name == "powershell":
		return written(root.GenPowerShellCompletionWithDesc(s.Out))
	}
	return writeText(s.Out, scripts[name])
}

// completes reports whether a word is to be completed: cobra does, when its hidden command is called.
func (s *shell) completes() bool {
	return len(s.Args) > 1 && (s.Args[0] == cobra.ShellCompRequestCmd || s.Args[0] == cobra.ShellCompNoDescRequestCmd)
}
