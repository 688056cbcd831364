package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

func newCheck(s *shell) *cobra.Command {
	var all bool
	var tags []string
	cmd := &cobra.Command{
		Use:   "check [BOT…] [flags]",
		Short: "Ask Telegram whether sessions still work",
		Long: "Opens the saved sessions that run here and asks Telegram whether they still work. It never logs in.\n\n" +
			"The exit code is 3 where a bot is not ok.",
		Example: `  botring check @shop_orders_bot
  botring check --tag prod --json`,
		RunE: func(cmd *cobra.Command, refs []string) error {
			switch {
			case all && len(refs)+len(tags) > 0:
				return usage("Bots are named, and all of them too.", "Leave one out: the bots, or --all.")
			case !all && len(refs)+len(tags) == 0:
				return usage("No bot is named.", "Name bots, or a tag, or check all: botring check --all.")
			}
			return s.check(cmd.Context(), refs, tags)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&all, "all", false, "check all bots")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "check all bots that have this `tag`; repeatable")
	return cmd
}

// check checks the bots that are named or have one of the tags, or all.
func (s *shell) check(ctx context.Context, refs, tags []string) error {
	f, keys, err := s.keysOf(ctx, refs, tags)
	if err != nil {
		return err
	}
	results := make(map[fleet.Key]fleet.Outcome, len(keys))
	f.CheckMany(ctx, keys, func(c fleet.Outcome) { results[c.Key] = c })
	if err := ctx.Err(); err != nil && len(results) < len(keys) {
		return err
	}
	object := botsObject{Keyring: s.flags.kind(), Bots: []botJSON{}, Summary: &summaryJSON{}}
	codes := make([]int, 0, len(keys))
	var checked []fleet.Outcome
	for _, key := range keys {
		c, ok := results[key]
		if !ok {
			continue
		}
		checked = append(checked, c)
		code := codeOfCheck(c)
		codes = append(codes, code)
		object.Summary.Checked++
		if code == exitOK {
			object.Summary.OK++
		} else {
			object.Summary.NotOK++
		}
		bot := newBotJSON(c.Bot)
		if c.Err != nil {
			s.subject = c.Bot.String()
			e := s.errorJSON(fault.Of(c.Err))
			bot.Error = &e
		}
		object.Bots = append(object.Bots, bot)
	}
	if err := s.answer(object, func(w io.Writer) { s.writeChecked(w, checked, *object.Summary) }); err != nil {
		return err
	}
	if code := worst(codes...); code != exitOK {
		return verdict(code)
	}
	return nil
}

// keysOf finds the bots that are named and those that have a tag, each once, or all; then the keyring is needed.
func (s *shell) keysOf(ctx context.Context, refs, tags []string) (*fleet.Fleet, []fleet.Key, error) {
	f, keys, err := s.named(ctx, refs)
	if err != nil {
		return nil, nil, err
	}
	if len(tags) > 0 || len(refs) == 0 {
		// All are also those that a crash kept out of the catalogue.
		if err := s.recover(ctx, f); err != nil {
			return nil, nil, err
		}
		bots, err := f.Bots(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, bot := range bots {
			if (len(tags) == 0 || hasTag(bot, tags)) && !slices.Contains(keys, bot.Key) {
				keys = append(keys, bot.Key)
			}
		}
	}
	if len(tags) > 0 && len(keys) == 0 {
		return nil, nil, usage("No bot has this tag.", "botring list shows the tags.")
	}
	if len(keys) > 0 {
		if _, err := s.openSecrets(ctx); err != nil {
			return nil, nil, err
		}
	}
	return f, keys, nil
}

// hasTag reports whether a bot has one of the tags.
func hasTag(bot fleet.Bot, tags []string) bool {
	return slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(bot.Tags, tag) })
}

// codeOfCheck is what one check adds to the exit code: a bot that Telegram says something about is not ok;
// a check that could not be made is a failure.
func codeOfCheck(c fleet.Outcome) int {
	if c.Err == nil {
		if c.Bot.Health.Status == store.OK {
			return exitOK
		}
		return exitNotOK
	}
	f := fault.Of(c.Err)
	switch f.Kind {
	case "token_revoked", "token_invalid", "session_dead", "session_revoked", "session_duplicated", "bot_deactivated",
		"auth_key_invalid", "not_a_bot", "runs_elsewhere":
		return exitNotOK
	}
	return codeOfKind(f.Kind)
}

func (s *shell) writeChecked(w io.Writer, checked []fleet.Outcome, sum summaryJSON) {
	t := newTable("BOT", "USERNAME", "NAME", "STATE")
	for _, c := range checked {
		_, state := fault.State(c.Bot, s.now())
		if s.flags.quiet && codeOfCheck(c) == exitOK {
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
	told := make(map[string]bool)
	for _, c := range checked {
		if c.Err == nil {
			continue
		}
		// What is wrong with the network or the keyring is wrong for every bot: once is enough.
		f := fault.Of(c.Err)
		if !told[f.What] {
			told[f.What] = true
			s.subject = c.Bot.String()
			if len(checked) > 1 {
				s.subject = ""
			}
			s.tell(s.Err, f)
		}
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
