package cli

import (
	"io"

	"github.com/spf13/cobra"

	"botring/fleet/fault"
)

func newLabel(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "label BOT TEXT",
		Short: "Give a bot a name of your own",
		Long:  "Gives a bot a name of your own, which commands take too. An empty one takes it away.",
		Example: `  botring label @shop_orders_bot "Shop orders"
  botring label "Shop orders" ""`,
		Args: args(2, 2, "BOT TEXT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, bot, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if bot, err = f.SetLabel(cmd.Context(), bot.Key, args[1]); err != nil {
				return err
			}
			return s.answer(botObject{Keyring: s.flags.kind(), Bot: newBotJSON(bot)}, func(io.Writer) {
				if bot.Label == "" {
					s.say("%s has no label now.", describe(bot))
					return
				}
				s.say("%s is called %s now.", bot.Key, quote(fault.Clean(bot.Label)))
			})
		},
	}
}
