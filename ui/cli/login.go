package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
)

func newLogin(s *shell) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "login BOT [flags]",
		Short: "Log a saved bot in again",
		Long: "Logs a saved bot in and replaces its session. A session that still works is kept: every login counts " +
			"towards Telegram's limit.",
		Example: `  botring login @shop_orders_bot
  botring login 7123456789 --force`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			f, bot, err := s.findSecrets(ctx, args[0])
			if err != nil {
				return err
			}
			saved, err := f.Login(ctx, bot.Key, force, s.reporter())
			switch {
			case errors.Is(err, fleet.ErrSessionWorks):
				if bot, err = f.Bot(ctx, bot.Key); err != nil {
					return err
				}
				return s.answerUnchanged(bot)
			case err != nil:
				return s.giveUp(ctx, f, err)
			}
			return s.answerSaved(saved, "Logged in")
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "log in even where the session still works")
	return cmd
}

func newLogout(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "logout BOT",
		Short: "End a bot's sessions at Telegram",
		Long:  "Ends the sessions of a bot that run here and takes them out of the keyring. The token stays saved.",
		Example: `  botring logout @shop_orders_bot
  botring logout 7123456789 --json`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			f, bot, err := s.findSecrets(ctx, args[0])
			if err != nil {
				return err
			}
			before := len(bot.Sessions)
			if bot, err = f.LogOut(ctx, bot.Key, s.reporter()); err != nil {
				return err
			}
			return s.answer(botObject{Keyring: s.flags.kind(), Bot: newBotJSON(bot)}, func(io.Writer) {
				if len(bot.Sessions) == before {
					s.say("%s has no session here to end. Its token is still saved.", describe(bot))
					return
				}
				s.say("Logged out %s. Its token is still saved.", describe(bot))
			})
		},
	}
}
