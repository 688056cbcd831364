package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
)

func newRemove(s *shell) *cobra.Command {
	var which choice
	var yes, logOut bool
	cmd := &cobra.Command{
		Use:   "remove [BOT…] [flags]",
		Short: "Remove bots from the keyring and the list",
		Long: "Removes tokens and sessions of bots from the keyring, and the bots from the list. Telegram keeps their sessions " +
			"unless --log-out ends them first; the tokens go on working wherever else they are.",
		Example: `  botring remove "Old support"
  botring remove 7123456789 --log-out --yes`,
		RunE: func(cmd *cobra.Command, refs []string) error {
			if which.single(refs) {
				return s.removeOne(cmd.Context(), refs[0], logOut, yes)
			}
			return s.removeSeveral(cmd.Context(), refs, which, logOut, yes)
		},
	}
	cmd.Flags().SortFlags = false
	which.register(cmd.Flags(), "remove")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&logOut, "log-out", false, "end their sessions at Telegram first")
	return cmd
}

// confirmRemoval asks before bots are removed. The bots are named, or how many they are.
func (s *shell) confirmRemoval(ctx context.Context, bots string, logOut, yes bool) error {
	switch {
	case yes:
		return nil
	case logOut:
		return s.confirm(ctx, "Log out and remove "+bots+"?")
	}
	return s.confirm(ctx, "Remove "+bots+" from this keyring?")
}

func (s *shell) removeOne(ctx context.Context, ref string, logOut, yes bool) error {
	f, bot, err := s.find(ctx, ref)
	if err != nil {
		return err
	}
	if err := s.confirmRemoval(ctx, describe(bot), logOut, yes); err != nil {
		return err
	}
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

func (s *shell) removeSeveral(ctx context.Context, refs []string, which choice, logOut, yes bool) error {
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		if err := s.confirmRemoval(ctx, plural(len(keys), "bot"), logOut, yes); err != nil {
			return err
		}
	}
	t := s.tally("removed", keys)
	// A keyring that is shut ends it, and is told of the bot that it was shut for.
	err = f.RemoveMany(ctx, keys, fleet.Removal{LogOut: logOut}, func(removed fleet.Removed, err error) {
		t.done(fleet.Outcome{Key: removed.Bot.Key, Bot: removed.Bot, Err: err})
	})
	if len(t.results) == 0 && err != nil {
		return err
	}
	did := "removed"
	if logOut {
		did = "logged out and removed"
	}
	return s.answerSeveral(ctx, t, action{did: did})
}
