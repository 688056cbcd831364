package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newLogin(s *shell) *cobra.Command {
	var which choice
	var force, yes bool
	var n naming
	cmd := &cobra.Command{
		Use:   "login [BOT…] [flags]",
		Short: "Log saved bots in again",
		Long: "Logs saved bots in and replaces their sessions. A session that still works is kept: every login counts " +
			"towards Telegram's limit. Logins of several bots are staggered, and none begins before a wait that Telegram asked for is over.\n\n" +
			"With --session a bot is logged in once more, for a session beside its own, which each place it runs in needs: with --for " +
			"it runs there, and is never opened here. " + fault.SessionCost,
		Example: `  botring login @shop_orders_bot --session ci
  botring login --tag prod --json`,
		RunE: func(cmd *cobra.Command, refs []string) error {
			if n != (naming{}) {
				if err := oneBot(which, refs); err != nil {
					return err
				}
				return s.loginSession(cmd.Context(), refs[0], n, force)
			}
			if which.single(refs) {
				return s.login(cmd.Context(), refs[0], force)
			}
			return s.loginSeveral(cmd.Context(), refs, which, force, yes)
		},
	}
	cmd.Flags().SortFlags = false
	which.register(cmd.Flags(), "log in")
	cmd.Flags().StringVar(&n.session, "session", "", "the `name` of a further session to make")
	cmd.Flags().StringVar(&n.place, "for", "", "the `place` where it will run, such as vps-1")
	cmd.Flags().BoolVar(&force, "force", false, "log in even where the session still works")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before several are forced")
	return cmd
}

func (s *shell) login(ctx context.Context, ref string, force bool) error {
	f, bot, err := s.findSecrets(ctx, ref)
	if err != nil {
		return err
	}
	saved, err := f.Login(ctx, bot.Key, force, s.reporter())
	if err != nil {
		return s.notLoggedIn(ctx, f, bot.Key, err)
	}
	return s.answerSaved(saved, "Logged in")
}

// notLoggedIn answers for a known bot whose login ended with an error, be it that nothing had to be done.
func (s *shell) notLoggedIn(ctx context.Context, f *fleet.Fleet, key fleet.Key, err error) error {
	if !errors.Is(err, fleet.ErrSessionWorks) {
		return s.giveUp(ctx, f, err)
	}
	bot, err := f.Bot(ctx, key)
	if err != nil {
		return err
	}
	return s.answerUnchanged(bot)
}

func (s *shell) loginSeveral(ctx context.Context, refs []string, which choice, force, yes bool) error {
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if force && !yes && len(keys) > 1 {
		if err := s.confirm(ctx, "Log "+plural(len(keys), "bot")+" in again, also where the session works?"); err != nil {
			return err
		}
	}
	t := s.tally("logged in", keys)
	f.LoginMany(ctx, keys, force, t.done)
	return s.answerSeveral(ctx, t, action{
		did: "logged in", skipped: "left alone, the session works",
		spared: func(o fleet.Outcome) bool { return errors.Is(o.Err, fleet.ErrSessionWorks) },
	})
}

func newLogout(s *shell) *cobra.Command {
	var which choice
	var yes bool
	var session string
	cmd := &cobra.Command{
		Use:   "logout [BOT…] [flags]",
		Short: "End bots' sessions at Telegram",
		Long: "Ends the sessions of bots that run here and takes them out of the keyring. The tokens stay saved.\n\n" +
			"With --session it ends one session of a bot alone. Where that runs elsewhere it asks first: the bot ends there.",
		Example: `  botring logout @shop_orders_bot --session ci
  botring logout --tag old --yes`,
		RunE: func(cmd *cobra.Command, refs []string) error {
			if cmd.Flags().Changed("session") {
				if err := oneBot(which, refs); err != nil {
					return err
				}
				return s.logoutSession(cmd.Context(), refs[0], session, yes)
			}
			if which.single(refs) {
				return s.logout(cmd.Context(), refs[0])
			}
			return s.logoutSeveral(cmd.Context(), refs, which, yes)
		},
	}
	cmd.Flags().SortFlags = false
	which.register(cmd.Flags(), "log out")
	cmd.Flags().StringVar(&session, "session", "", "the `name` of one session")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before several are logged out, or one that runs elsewhere")
	return cmd
}

func (s *shell) logout(ctx context.Context, ref string) error {
	f, bot, err := s.findSecrets(ctx, ref)
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
}

func (s *shell) logoutSeveral(ctx context.Context, refs []string, which choice, yes bool) error {
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if !yes && len(keys) > 1 {
		if err := s.confirm(ctx, "Log "+plural(len(keys), "bot")+" out?"); err != nil {
			return err
		}
	}
	before, err := f.Bots(ctx)
	if err != nil {
		return err
	}
	idle := make(map[fleet.Key]bool, len(before)) // nothing of theirs runs here
	for _, bot := range before {
		idle[bot.Key] = len(runningElsewhere(bot)) == len(bot.Sessions)
	}
	t := s.tally("logged out", keys)
	f.LogOutMany(ctx, keys, t.done)
	return s.answerSeveral(ctx, t, action{
		did: "logged out", skipped: "without a session here to end",
		spared: func(o fleet.Outcome) bool { return o.Err == nil && idle[o.Key] },
	})
}
