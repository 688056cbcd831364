package cli

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

func newRemove(s *shell) *cobra.Command {
	var which choice
	var yes, logOut bool
	cmd := &cobra.Command{
		Use:   "remove [BOT…] [flags]",
		Short: "Remove bots from the keyring and the list",
		Long: "Removes tokens and sessions of bots from the keyring, and the bots from the list. Telegram keeps their sessions " +
			"unless --log-out ends those that run here first. One that runs elsewhere goes on there, and botring can end it no more: " +
			"botring logout BOT --session NAME does, before. The tokens go on working wherever else they are.",
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
	cmd.Flags().BoolVar(&logOut, "log-out", false, "end their sessions that run here at Telegram first")
	return cmd
}

// confirmRemoval asks before bots are removed. The bots are named, or how many they are.
func (s *shell) confirmRemoval(ctx context.Context, bots []fleet.Bot, logOut bool) error {
	named := plural(len(bots), "bot")
	if len(bots) == 1 {
		named = describe(bots[0])
	}
	if !logOut {
		return s.confirm(ctx, "Remove "+named+" from this keyring?")
	}
	if left := wordsOfLeft(bots); left != "" && s.asks() {
		s.note("%s and is not ended by this; botring logout BOT --session NAME ends one.", left)
	}
	return s.confirm(ctx, "Log out and remove "+named+"?")
}

// runningElsewhere are the sessions of bots that no logout of the bots ends.
func runningElsewhere(bots ...fleet.Bot) (sessions []fleet.Session) {
	for _, bot := range bots {
		sessions = append(sessions, slices.DeleteFunc(slices.Clone(bot.Sessions), func(x fleet.Session) bool { return x.Runs == store.Here })...)
	}
	return sessions
}

// wordsOfLeft begins a sentence about the sessions that run elsewhere, "" where there are none.
func wordsOfLeft(bots []fleet.Bot) string {
	switch left := runningElsewhere(bots...); len(left) {
	case 0:
		return ""
	case 1:
		return "Session " + left[0].Name + " runs " + fault.Runs(left[0])
	default:
		return "Each of " + plural(len(left), "session") + " runs elsewhere"
	}
}

func (s *shell) sayLeft(bots []fleet.Bot) {
	if left := wordsOfLeft(bots); left != "" {
		s.say("%s and was not ended: it goes on there.", left)
	}
}

func (s *shell) removeOne(ctx context.Context, ref string, logOut, yes bool) error {
	f, bot, err := s.find(ctx, ref)
	if err != nil {
		return err
	}
	if !yes {
		if err := s.confirmRemoval(ctx, []fleet.Bot{bot}, logOut); err != nil {
			return err
		}
	}
	if _, err := s.openSecrets(ctx); err != nil {
		return err
	}
	removed, err := f.RemoveOne(ctx, bot.Key, fleet.Removal{LogOut: logOut}, s.reporter())
	if err != nil {
		return err
	}
	object := removedObject{Keyring: s.flags.kind(), Removed: newBotJSON(removed.Bot), LoggedOut: removed.LoggedOut}
	return s.answer(object, func(io.Writer) {
		switch {
		case !logOut:
			s.say("Removed %s. Its token still works; /revoke in @BotFather ends it.", describe(removed.Bot))
			return
		case removed.LoggedOut:
			s.say("Logged out and removed %s.", describe(removed.Bot))
		default:
			s.say("Removed %s, which had no session here to end.", describe(removed.Bot))
		}
		s.sayLeft([]fleet.Bot{removed.Bot})
	})
}

func (s *shell) removeSeveral(ctx context.Context, refs []string, which choice, logOut, yes bool) error {
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if len(keys) > 0 && !yes {
		bots, err := f.Bots(ctx)
		if err != nil {
			return err
		}
		bots = slices.DeleteFunc(bots, func(b fleet.Bot) bool { return !slices.Contains(keys, b.Key) })
		if err := s.confirmRemoval(ctx, bots, logOut); err != nil {
			return err
		}
	}
	t := s.tally("removed", keys)
	loggedOut := make(map[fleet.Key]bool)
	var gone []fleet.Bot
	// A keyring that is shut ends it, and is told of the bot that it was shut for.
	err = f.RemoveMany(ctx, keys, fleet.Removal{LogOut: logOut}, func(removed fleet.Removed, err error) {
		if loggedOut[removed.Bot.Key] = removed.LoggedOut; err == nil {
			gone = append(gone, removed.Bot)
		}
		t.done(fleet.Outcome{Key: removed.Bot.Key, Bot: removed.Bot, Err: err})
	})
	if len(t.results) == 0 && err != nil {
		return err
	}
	did := action{did: "removed"}
	if logOut {
		did.more = func(o fleet.Outcome) string {
			if loggedOut[o.Key] {
				return ", logged out before"
			}
			return ", without a session here to end"
		}
	}
	err = s.answerSeveral(ctx, t, did)
	if logOut && !s.flags.json {
		s.sayLeft(gone)
	}
	return err
}
