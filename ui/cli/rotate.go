package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

// A rotateCommand is what botring rotate was told.
type rotateCommand struct {
	which                               choice
	manager                             string
	byHand, remake, noLogin, dryRun, on bool
	yes                                 bool
}

func newRotate(s *shell) *cobra.Command {
	var c rotateCommand
	cmd := &cobra.Command{
		Use:   "rotate [BOT…] [flags]",
		Short: "Replace bots' tokens by new ones",
		Long: "Has Telegram revoke a bot's token and saves the new one. All sessions of the bot end with the old token: it is logged in " +
			"again, and what other places need is said at the end.\n\n" +
			"A bot that manages this one, and is logged in here, does it. For others the steps in @BotFather are shown, and the new token " +
			"comes from $BOT_TOKEN, from standard input, or from a prompt.\n\n" +
			"Cut off at any point nothing is lost: the same command goes on where it was, and revokes nothing a second time without asking.",
		Example: `  botring rotate @shop_orders_bot --dry-run
  botring rotate --tag prod --yes`,
		RunE: func(cmd *cobra.Command, refs []string) error {
			switch {
			case c.on:
				return s.rotateOn(cmd.Context(), c, refs)
			case c.which.single(refs):
				return s.rotateOne(cmd.Context(), c, refs[0])
			case c.byHand:
				return usage("By hand it is one bot's at a time.", "Name one bot, and no tag.")
			}
			return s.rotateSeveral(cmd.Context(), c, refs)
		},
	}
	cmd.Flags().SortFlags = false
	c.which.register(cmd.Flags(), "rotate")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "say what would be done, and revoke nothing")
	cmd.Flags().StringVar(&c.manager, "manager", "", "the `bot` that is to revoke, instead of whichever can")
	cmd.Flags().BoolVar(&c.byHand, "by-hand", false, "take a token that was made in @BotFather, also of a bot that another manages")
	cmd.Flags().BoolVar(&c.remake, "remake", false, "make sessions for other places again, a login each")
	cmd.Flags().BoolVar(&c.noLogin, "no-login", false, "save the new token without logging in")
	cmd.Flags().BoolVar(&c.on, "resume", false, "go on with all rotations that were cut off")
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask before tokens are revoked")
	return cmd
}

// how is what was told, as a fleet takes it.
func (c rotateCommand) how(manager fleet.Key) fleet.Rotation {
	return fleet.Rotation{Manager: manager, Again: c.yes, Remake: c.remake, NoLogin: c.noLogin}
}

// managerOf finds the bot of --manager, the zero Key where none is named.
func (s *shell) managerOf(ctx context.Context, c rotateCommand) (fleet.Key, error) {
	if c.manager == "" {
		return fleet.Key{}, nil
	}
	if c.byHand {
		return fleet.Key{}, usage("A manager is named, and it is to be done by hand.", "Leave one out: --manager, or --by-hand.")
	}
	_, bot, err := s.find(ctx, c.manager)
	return bot.Key, err
}

// rotateOne rotates one bot, in the way there is for it.
func (s *shell) rotateOne(ctx context.Context, c rotateCommand, ref string) error {
	manager, err := s.managerOf(ctx, c)
	if err != nil {
		return err
	}
	f, bot, err := s.findSecrets(ctx, ref)
	if err != nil {
		return err
	}
	if c.byHand && !c.dryRun {
		return s.rotateByHand(ctx, f, bot, c)
	}
	plan := fleet.RotationPlan{Bot: bot}
	if !c.byHand {
		if plan, err = f.PlanRotation(ctx, bot.Key, manager, s.reporter()); err != nil {
			return err
		}
	}
	switch {
	case c.dryRun:
		return s.answerPlans([]planned{{key: bot.Key, plan: plan}})
	case plan.CutOff != "":
		return s.rotateAgain(ctx, f, c, plan)
	case plan.Manager.ID == 0:
		return s.rotateByHand(ctx, f, bot, c)
	}
	if !c.yes {
		question := fmt.Sprintf("%s revokes the token of %s; %s. Go on?", describe(plan.Manager), describe(bot), fault.LostWith(plan.Lost))
		if err := s.confirm(ctx, question); err != nil {
			return err
		}
	}
	return s.answerRotated(f.Rotate(ctx, bot.Key, c.how(plan.Manager.Key), s.reporter()))
}

// rotateAgain goes on with a rotation that was cut off. What is found to be undone is asked for once more.
func (s *shell) rotateAgain(ctx context.Context, f *fleet.Fleet, c rotateCommand, plan fleet.RotationPlan) error {
	s.note("An earlier rotation of %s was cut off; it goes on.", describe(plan.Bot))
	manager, err := s.managerOf(ctx, c)
	if err != nil {
		return err
	}
	how := c.how(manager)
	rotated, err := f.Rotate(ctx, plan.Bot.Key, how, s.reporter())
	if errors.Is(err, fleet.ErrNotRevoked) && s.asks() {
		if err := s.confirm(ctx, fault.Of(err).What+" Replace it now?"); err != nil {
			return err
		}
		how.Again = true
		rotated, err = f.Rotate(ctx, plan.Bot.Key, how, s.reporter())
	}
	return s.answerRotated(rotated, err)
}

// rotateByHand says what to do in @BotFather and takes the token that came of it.
func (s *shell) rotateByHand(ctx context.Context, f *fleet.Fleet, bot fleet.Bot, c rotateCommand) error {
	s.note("%s is rotated by hand:", describe(bot))
	for i, step := range fault.ByHand(bot) {
		s.note("  %d. %s", i+1, step)
	}
	_, token, err := s.readToken(ctx, false)
	if err != nil {
		return err
	}
	return s.answerRotated(f.RotateWith(ctx, bot.Key, token, c.how(fleet.Key{}), s.reporter()))
}

// rotateOn goes on with what was cut off.
func (s *shell) rotateOn(ctx context.Context, c rotateCommand, refs []string) error {
	if len(refs) > 0 || c.which.all || len(c.which.tags) > 0 || c.dryRun || c.byHand {
		return usage("--resume goes on with all that were cut off.", "Leave the rest out; to go on with one, name it without --resume.")
	}
	manager, err := s.managerOf(ctx, c)
	if err != nil {
		return err
	}
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := s.recover(ctx, f); err != nil {
		return err
	}
	all, err := f.CutOffRotations(ctx)
	if err != nil {
		return err
	}
	var keys []fleet.Key
	for _, r := range all {
		keys = append(keys, r.Bot.Key)
	}
	if len(keys) > 0 {
		if _, err := s.openSecrets(ctx); err != nil {
			return err
		}
	}
	return s.rotateEach(ctx, f, keys, c.how(manager))
}

// rotateSeveral rotates several bots that others manage.
func (s *shell) rotateSeveral(ctx context.Context, c rotateCommand, refs []string) error {
	manager, err := s.managerOf(ctx, c)
	if err != nil {
		return err
	}
	f, keys, err := c.which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if c.dryRun {
		return s.planSeveral(ctx, f, keys, manager)
	}
	if !c.yes && len(keys) > 0 {
		if err := s.confirm(ctx, "Revoke the tokens of "+plural(len(keys), "bot")+"? All their sessions end."); err != nil {
			return err
		}
	}
	return s.rotateEach(ctx, f, keys, c.how(manager))
}

func (s *shell) rotateEach(ctx context.Context, f *fleet.Fleet, keys []fleet.Key, how fleet.Rotation) error {
	t := newTally[fleet.RotationOutcome](s, "rotated", keys)
	f.RotateMany(ctx, keys, how, func(o fleet.RotationOutcome) { t.add(o.Key, o) })
	outcomes, err := t.outcomes(ctx)
	if err != nil {
		return err
	}
	return s.answerRotations(ctx, outcomes, len(keys))
}

// A planned is what a rotation of a bot would do, or why that cannot be said.
type planned struct {
	key  fleet.Key
	plan fleet.RotationPlan
	err  error
}

func (s *shell) planSeveral(ctx context.Context, f *fleet.Fleet, keys []fleet.Key, manager fleet.Key) error {
	var all []planned
	count := s.counter()
	for i, key := range keys {
		plan, err := f.PlanRotation(ctx, key, manager, nil)
		if ctx.Err() != nil {
			count.end()
			return ctx.Err()
		}
		all = append(all, planned{key, plan, err})
		count.show("looked at", i+1, len(keys))
	}
	count.end()
	return s.answerPlans(all)
}
