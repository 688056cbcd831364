package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"
)

func newReplaceToken(s *shell) *cobra.Command {
	var noLogin bool
	cmd := &cobra.Command{
		Use:   "replace-token BOT [-] [flags]",
		Short: "Give a bot its new token",
		Long: "Replaces a bot's token, after it was revoked, with the new one of the same bot, and logs it in.\n\n" +
			"The token comes from $BOT_TOKEN, from standard input, or from a prompt.",
		Example: `  botring replace-token @shop_orders_bot
  pass show telegram/shop | botring replace-token @shop_orders_bot --no-login`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("No bot is named.", "The form is: botring replace-token BOT.")
			}
			return onlyDash(cmd, args[1:])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			f, bot, err := s.findSecrets(ctx, args[0])
			if err != nil {
				return err
			}
			_, token, err := s.readToken(ctx, len(args) == 2)
			if err != nil {
				return err
			}
			saved, err := f.ReplaceToken(ctx, bot.Key, token, noLogin, s.reporter())
			if err != nil {
				return s.giveUp(ctx, f, err)
			}
			return s.answerSaved(saved, "Replaced the token of")
		},
	}
	cmd.Flags().BoolVar(&noLogin, "no-login", false, "save the token without logging in")
	return cmd
}

func newToken(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Read a bot's token from the keyring",
		Example: `  botring token show @shop_orders_bot | wl-copy
  BOT_TOKEN=$(botring token show 7123456789) ./bot`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("What about the token?", "The form is: botring token show BOT.")
		},
	}
	cmd.AddCommand(newTokenShow(s))
	return cmd
}

func newTokenShow(s *shell) *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "show BOT [flags]",
		Short: "Write a bot's token to a pipe or a private file",
		Long: "Writes a bot's token to standard output: a pipe, or a file that only you can read. On a terminal, or into a " +
			"file that others can read, only with --reveal.",
		Example: `  botring token show @shop_orders_bot | wl-copy
  botring token show 7123456789 --reveal`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.showToken(cmd.Context(), args[0], reveal) },
	}
	cmd.Flags().BoolVar(&reveal, "reveal", false, "wherever it goes to")
	return cmd
}

func (s *shell) showToken(ctx context.Context, ref string, reveal bool) error {
	if !reveal {
		if err := mayReceive(s.Out, "token"); err != nil {
			return err
		}
	}
	f, bot, err := s.findSecrets(ctx, ref)
	if err != nil {
		return err
	}
	token, err := f.Token(ctx, bot.Key)
	if err != nil {
		return err
	}
	object := tokenObject{Keyring: s.flags.kind(), ID: bot.ID, Environment: bot.Environment}
	if s.flags.json {
		object.Token = token.Reveal()
	}
	return s.answer(object, func(w io.Writer) { fmt.Fprintln(w, token.Reveal()) })
}

// mayReceive says where a secret must not be written without a word.
func mayReceive(out io.Writer, secret string) error {
	if _, ok := terminal(out); ok {
		return usage("The "+secret+" would stand on the screen.", "Send it to a pipe or a private file, or show it with --reveal.")
	}
	file, ok := out.(*os.File)
	if !ok || runtime.GOOS == "windows" {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at standard output: %w", err)
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return usage("The file the "+secret+" would go to can be read by others.", "Make it private first: umask 077, or chmod 600. Or use --reveal.")
	}
	return nil
}
