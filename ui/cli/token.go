package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/store"
	"botring/internal/secret"
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
			err = s.answerSaved(saved, "Replaced the token of")
			s.noteStale(ctx, f, bot)
			return err
		},
	}
	cmd.Flags().BoolVar(&noLogin, "no-login", false, "save the token without logging in")
	return cmd
}

func newToken(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Read a bot's token from the keyring, or ask whether it works",
		Example: `  BOT_TOKEN=$(botring token show 7123456789) ./bot
  botring token check @shop_orders_bot`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("What about the token?", "The forms are: botring token show BOT, botring token check BOT.")
		},
	}
	cmd.AddCommand(newTokenShow(s), newTokenCheck(s))
	return cmd
}

func newTokenShow(s *shell) *cobra.Command {
	out := outlet{what: "token"}
	cmd := &cobra.Command{
		Use:   "show BOT [flags]",
		Short: "Write a bot's token to a pipe or a private file",
		Long: "Writes a bot's token to standard output: a pipe, or a file that only you can read. On a terminal, or into a " +
			"file that others can read, only with --reveal.",
		Example: `  botring token show @shop_orders_bot | docker secret create shop -
  botring token show 7123456789 --copy`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.showToken(cmd.Context(), args[0], out) },
	}
	cmd.Flags().SortFlags = false
	out.register(cmd.Flags())
	return cmd
}

func (s *shell) showToken(ctx context.Context, ref string, out outlet) error {
	// The keyring is not asked for what could go nowhere.
	if err := out.check(s); err != nil {
		return err
	}
	f, bot, err := s.findSecrets(ctx, ref)
	if err != nil {
		return err
	}
	token, err := f.Token(ctx, bot.Key)
	if err != nil {
		return err
	}
	return out.deliver(ctx, s, secret.New(token.Reveal()+"\n"), func(text, file string) any {
		return tokenObject{
			Keyring: s.flags.kind(), ID: bot.ID, Environment: bot.Environment, Token: strings.TrimSuffix(text, "\n"), File: file,
		}
	}, func(way store.Way, place string) {
		f.TokenWentOut(ctx, bot.Key, token, fleet.Outlet{Way: way, Place: place, How: "token show"})
	})
}
