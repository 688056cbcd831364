package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
)

func newRemove(s *shell) *cobra.Command {
	var yes, logOut bool
	cmd := &cobra.Command{
		Use:   "remove BOT [flags]",
		Short: "Remove a bot from the keyring and the list",
		Long: "Removes a bot's token and sessions from the keyring, and the bot from the list. Telegram keeps its sessions " +
			"unless --log-out ends them first; the token goes on working wherever else it is.",
		Example: `  botring remove "Old support"
  botring remove 7123456789 --log-out --yes`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, bot, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			question := "Remove " + describe(bot) + " from this keyring?"
			if logOut {
				question = "Log out and remove " + describe(bot) + "?"
			}
			if !yes {
				if err := s.confirm(cmd.Context(), question); err != nil {
					return err
				}
			}
			return s.remove(cmd.Context(), f, bot, logOut)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&logOut, "log-out", false, "end its sessions at Telegram first")
	return cmd
}

func (s *shell) remove(ctx context.Context, f *fleet.Fleet, bot fleet.Bot, logOut bool) error {
	if _, err := s.openSecrets(ctx); err != nil {
		return err
	}
	if logOut {
		if _, err := f.LogOut(ctx, bot.Key, s.reporter()); err != nil {
			return err
		}
	}
	if err := f.Remove(ctx, bot.Key); err != nil {
		return err
	}
	object := removedObject{Keyring: s.flags.kind(), Removed: newBotJSON(bot), LoggedOut: logOut}
	return s.answer(object, func(io.Writer) {
		if logOut {
			s.say("Logged out and removed %s.", describe(bot))
			return
		}
		s.say("Removed %s. Its token still works; /revoke in @BotFather ends it.", describe(bot))
	})
}
