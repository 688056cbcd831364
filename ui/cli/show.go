package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

func newShow(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "show BOT",
		Short: "Show what is known of a bot",
		Long:  "Shows what is known of a bot as of its last check. It asks neither Telegram nor the keyring.",
		Example: `  botring show @shop_orders_bot
  botring show test/7123456789 --json`,
		Args: args(1, 1, "BOT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, bot, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			apps, err := f.Apps(cmd.Context())
			if err != nil {
				return err
			}
			cutOff, err := f.CutOffRotations(cmd.Context())
			if err != nil {
				return err
			}
			return s.answer(botObject{Keyring: s.flags.kind(), Bot: newBotJSON(bot)}, func(w io.Writer) {
				s.writeBot(w, bot, apps)
				for _, r := range cutOff {
					if r.Bot.Key == bot.Key {
						fmt.Fprintf(w, "\n%s\n  botring rotate %s goes on with it.\n", fault.RotationCutOff(r), s.subject)
					}
				}
			})
		},
	}
}

// writeBot writes a bot as lines of a name and a value.
func (s *shell) writeBot(w io.Writer, bot fleet.Bot, apps []fleet.App) {
	_, state := fault.State(bot, s.now())
	fmt.Fprintln(w, strings.TrimSpace(nameOf(bot)+"  "+username(bot)))
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-12s %s\n", name, value)
		}
	}
	line("id", fmt.Sprint(bot.ID))
	line("environment", fault.Clean(bot.Environment))
	line("state", state)
	if wait := bot.FloodUntil.Sub(s.now()); wait > 0 {
		line("login", "not before "+fault.Duration(wait)+" from now")
	}
	line("label", fault.Clean(bot.Label))
	line("tags", tags(bot))
	app, _ := findApp(apps, fmt.Sprint(bot.APIID))
	line("app", strings.TrimSpace(fault.Clean(app.Name)+fmt.Sprintf(" api_id %d", bot.APIID)))
	if bot.Profile.DC != 0 {
		line("DC", fmt.Sprint(bot.Profile.DC))
	}
	if bot.Profile.Username != "" {
		line("abilities", abilities(bot.Profile))
	}
	for _, session := range bot.Sessions {
		line("session", describeSession(session))
	}
	if f := fault.OfHealth(bot.Health); f.What != "" {
		fmt.Fprintln(w)
		s.subject = bot.String()
		fmt.Fprintln(w, strings.TrimSpace(f.What+" "+answerOf(f)))
		for _, hint := range s.hints(f) {
			fmt.Fprintf(w, "  %s\n", hint)
		}
	}
}

func abilities(p fleet.Profile) string {
	var b strings.Builder
	for i, ability := range []struct {
		name string
		has  bool
	}{{"inline", p.Inline}, {"groups", p.Groups}, {"reads all messages", p.ReadsAll}, {"manages bots", p.ManagesBots}} {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(ability.name)
		if ability.has {
			b.WriteString(" yes")
		} else {
			b.WriteString(" no")
		}
	}
	return b.String()
}

func describeSession(session store.Session) string {
	text := fmt.Sprintf("%s, DC %d, runs %s", fault.Clean(session.Name), session.DC, fault.Runs(session))
	if !session.MadeAt.IsZero() {
		text += ", made " + session.MadeAt.Local().Format(time.DateOnly)
	}
	return text
}
