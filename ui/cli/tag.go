package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
)

func newTag(s *shell) *cobra.Command {
	var add, remove []string
	cmd := &cobra.Command{
		Use:   "tag BOT… [flags]",
		Short: "Give bots tags, and take tags away",
		Long: "Gives bots tags and takes tags away. A tag is one word; check --tag checks all bots that have it, and the " +
			"filter of the screens' list looks at tags too.",
		Example: `  botring tag @shop_orders_bot @alerts_bot --add prod --add eu
  botring tag "Old support" --remove prod`,
		Args: args(1, -1, "BOT… --add T --remove T"),
		RunE: func(cmd *cobra.Command, refs []string) error {
			if len(add)+len(remove) == 0 {
				return usage("No tag is named.", "The form is: botring tag BOT… --add T --remove T.")
			}
			return s.tag(cmd.Context(), refs, add, remove)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringArrayVar(&add, "add", nil, "a `tag` to give; repeatable")
	cmd.Flags().StringArrayVar(&remove, "remove", nil, "a `tag` to take away; repeatable")
	return cmd
}

func (s *shell) tag(ctx context.Context, refs, add, remove []string) error {
	f, keys, err := s.named(ctx, refs)
	if err != nil {
		return err
	}
	bots, err := f.Tag(ctx, keys, add, remove)
	if err != nil {
		return err
	}
	object := botsObject{Keyring: s.flags.kind(), Bots: []botJSON{}}
	for _, bot := range bots {
		object.Bots = append(object.Bots, newBotJSON(bot))
	}
	return s.answer(object, func(io.Writer) {
		for _, bot := range bots {
			if len(bot.Tags) == 0 {
				s.say("%s has no tags now.", describe(bot))
				continue
			}
			s.say("%s: %s", describe(bot), tags(bot))
		}
	})
}

// named opens the catalogue and finds bots, each once.
func (s *shell) named(ctx context.Context, refs []string) (*fleet.Fleet, []fleet.Key, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	var keys []fleet.Key
	seen := make(map[fleet.Key]bool)
	for _, ref := range refs {
		bot, err := s.lookUp(ctx, f, ref)
		if err != nil {
			return nil, nil, err
		}
		if !seen[bot.Key] {
			seen[bot.Key] = true
			keys = append(keys, bot.Key)
		}
	}
	return f, keys, nil
}
