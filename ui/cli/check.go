package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newCheck(s *shell) *cobra.Command {
	var which choice
	cmd := &cobra.Command{
		Use:   "check [BOT…] [flags]",
		Short: "Ask Telegram whether sessions still work",
		Long: "Opens the saved sessions that run here and asks Telegram whether they still work. It never logs in.\n\n" +
			"The exit code is 3 where a bot is not ok.",
		Example: `  botring check @shop_orders_bot
  botring check --tag prod --json`,
		RunE: func(cmd *cobra.Command, refs []string) error { return s.check(cmd.Context(), refs, which) },
	}
	cmd.Flags().SortFlags = false
	which.register(cmd.Flags(), "check")
	return cmd
}

func (s *shell) check(ctx context.Context, refs []string, which choice) error {
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	t := s.tally("checked", keys)
	f.CheckMany(ctx, keys, t.done)
	outcomes, err := t.outcomes(ctx)
	if err != nil {
		return err
	}
	codes := []int{t.stopped(ctx)}
	object := checksObject{Keyring: s.flags.kind(), Bots: []botJSON{}}
	for _, o := range outcomes {
		code := codeOfOutcome(o)
		codes = append(codes, code)
		object.Summary.Checked++
		if code == exitOK {
			object.Summary.OK++
		} else {
			object.Summary.NotOK++
		}
		object.Bots = append(object.Bots, s.outcomeJSON(o))
	}
	if err := s.answer(object, func(w io.Writer) { s.writeChecked(w, outcomes, object.Summary) }); err != nil {
		return err
	}
	return endWith(codes)
}

func (s *shell) writeChecked(w io.Writer, checked []fleet.Outcome, sum summaryJSON) {
	t := newTable("BOT", "USERNAME", "NAME", "STATE")
	for _, c := range checked {
		_, state := fault.State(c.Bot, s.now())
		if s.flags.quiet && codeOfOutcome(c) == exitOK {
			continue
		}
		t.add(c.Bot.String(), username(c.Bot), nameOf(c.Bot), state)
	}
	if len(t.rows) > 1 {
		t.write(w)
	}
	if !s.flags.quiet {
		fmt.Fprintf(w, "%s: %d ok, %d not ok.\n", plural(sum.Checked, "bot"), sum.OK, sum.NotOK)
	}
	s.tellFaults(checked)
}
