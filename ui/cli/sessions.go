package cli

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// sessionsObject is a bot's sessions.
type sessionsObject struct {
	header
	Keyring     string        `json:"keyring"`
	ID          int64         `json:"id"`
	Environment string        `json:"environment"`
	Sessions    []sessionJSON `json:"sessions"`
}

func newSessionList(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "list BOT",
		Short: "List a bot's sessions and where they run",
		Long: "Lists the sessions of a bot, where each runs and since when. It asks neither Telegram nor the keyring.\n\n" +
			fault.SessionCost + " botring logout BOT --session NAME ends one alone.",
		Example: `  botring session list @shop_orders_bot
  botring session list 7123456789 --json`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, refs []string) error {
			_, bot, err := s.find(cmd.Context(), refs[0])
			if err != nil {
				return err
			}
			object := sessionsObject{Keyring: s.flags.kind(), ID: bot.ID, Environment: bot.Environment, Sessions: newBotJSON(bot).Sessions}
			return s.answer(object, func(w io.Writer) { s.writeSessions(w, bot) })
		},
	}
}

func (s *shell) writeSessions(w io.Writer, bot fleet.Bot) {
	if len(bot.Sessions) == 0 {
		s.note("%s is not logged in.", describe(bot))
		return
	}
	t := newTable("SESSION", "DC", "RUNS", "SINCE")
	for _, session := range bot.Sessions {
		t.add(fault.Clean(session.Name), strconv.Itoa(session.DC), fault.Runs(session), fault.Since(session, s.now()))
	}
	t.write(w)
	if len(bot.Sessions) > 1 {
		s.note("%s", fault.SessionCost)
	}
}

// A naming is the session that a command is about, where it is not the bot's own, and the place it is for.
type naming struct{ session, place string }

// check says what is wrong with what was given.
func (n naming) check() error {
	if n.session != "" && n.session != store.DefaultSession {
		if problem := fleet.CheckSessionName(n.session); problem != nil {
			return problem
		}
	}
	if n.place != "" {
		if problem := fleet.CheckPlace(n.place); problem != nil {
			return problem
		}
	}
	return nil
}

// oneBot refuses several bots where a session of one is meant.
func oneBot(which choice, refs []string) error {
	if which.single(refs) {
		return nil
	}
	return usage("A session by name is one bot's.", "Name one bot, and no tag.")
}

// loginSession logs a bot in once more, for a session of that name.
func (s *shell) loginSession(ctx context.Context, ref string, n naming, force bool) error {
	if n.session == "" {
		return usage("A place is given, and no session.", "Name the session that is to run there: --session NAME.")
	}
	if err := n.check(); err != nil {
		return err
	}
	f, bot, err := s.findSecrets(ctx, ref)
	if err != nil {
		return err
	}
	s.session = n.session
	order := fleet.NewSession{Name: n.session, Elsewhere: n.place != "", At: n.place, Force: force}
	saved, err := f.LoginSession(ctx, bot.Key, order, s.reporter())
	if err != nil {
		return s.notLoggedIn(ctx, f, bot.Key, err)
	}
	if len(saved.Bot.Sessions) > 1 {
		s.note("%s", fault.SessionCost)
	}
	return s.answerSaved(saved, "Made session "+n.session+" of")
}

// logoutSession ends one session of a bot. One that runs elsewhere takes a yes.
func (s *shell) logoutSession(ctx context.Context, ref, name string, yes bool) error {
	if err := (naming{session: name}).check(); err != nil {
		return err
	}
	f, bot, err := s.findSecrets(ctx, ref)
	if err != nil {
		return err
	}
	s.session = name
	for _, session := range bot.Sessions {
		if session.Name == name && session.Runs != store.Here && !yes {
			question := "Session " + name + " of " + describe(bot) + " runs " + fault.Runs(session) + ". End it there?"
			if err := s.confirm(ctx, question); err != nil {
				return err
			}
			yes = true
		}
	}
	if bot, err = f.LogOutSession(ctx, bot.Key, name, yes, s.reporter()); err != nil {
		return err
	}
	return s.answer(botObject{Keyring: s.flags.kind(), Bot: newBotJSON(bot)}, func(io.Writer) {
		s.say("Logged out session %s of %s. Its token is still saved.", name, describe(bot))
	})
}
