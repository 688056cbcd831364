package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newList(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all bots",
		Long:  "Lists all bots as of their last check. It asks neither Telegram nor the keyring.",
		Example: `  botring list
  botring list --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := s.open(cmd.Context())
			if err != nil {
				return err
			}
			bots, err := f.Bots(cmd.Context())
			if err != nil {
				return err
			}
			if s.flags.json {
				return writeBots(s.Out, s.flags.kind(), bots)
			}
			apps, err := f.Apps(cmd.Context())
			if err != nil {
				return err
			}
			s.writeList(s.Out, bots, apps)
			return nil
		},
	}
}

func (s *shell) writeList(w io.Writer, bots []fleet.Bot, apps []fleet.App) {
	if s.flags.quiet {
		for _, bot := range bots {
			fmt.Fprintln(w, bot.String())
		}
		return
	}
	if len(bots) == 0 {
		fmt.Fprintln(w, "No bots yet. botring add adds one.")
		return
	}
	names := make(map[int]string, len(apps))
	for _, app := range apps {
		names[app.APIID] = fault.Clean(app.Name)
	}
	t := newTable("BOT", "USERNAME", "NAME", "APP", "STATE", "TAGS")
	for _, bot := range bots {
		_, state := fault.State(bot, s.now())
		t.add(bot.String(), username(bot), nameOf(bot), names[bot.APIID], state, tags(bot))
	}
	t.dropEmpty("TAGS")
	t.write(w)
}

// nameOf is what a bot is called.
func nameOf(bot fleet.Bot) string {
	name := fault.Clean(bot.Name())
	if name == "" || bot.Label == "" && bot.Profile == (fleet.Profile{}) {
		return bot.String()
	}
	return name
}

func username(bot fleet.Bot) string {
	if name := fault.Clean(bot.Profile.Username); name != "" {
		return "@" + name
	}
	return ""
}

func tags(bot fleet.Bot) string {
	clean := make([]string, 0, len(bot.Tags))
	for _, tag := range bot.Tags {
		clean = append(clean, fault.Clean(tag))
	}
	return strings.Join(clean, " ")
}

// describe names a bot in every way a command takes: Shop orders (@shop_orders_bot, 7123456789).
func describe(bot fleet.Bot) string {
	name := nameOf(bot)
	var others []string
	for _, other := range []string{username(bot), bot.String()} {
		if other != "" && other != name {
			others = append(others, other)
		}
	}
	if len(others) == 0 {
		return name
	}
	return name + " (" + strings.Join(others, ", ") + ")"
}
