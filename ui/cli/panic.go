package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// A panicObject is what was done about bots whose tokens got out.
type panicObject struct {
	header
	Keyring string            `json:"keyring"`
	Bots    []panickedJSON    `json:"bots"`
	Summary actionSummaryJSON `json:"summary"`
}

type panickedJSON struct {
	// Bot's error is why the token may still work or, of one that was revoked, why the new one is not saved yet.
	Bot botJSON `json:"bot"`
	// Revoked: the token is dead. Manager is the bot that revoked it, 0 for none.
	Revoked  bool               `json:"revoked"`
	Manager  int64              `json:"manager"`
	Sessions []endedSessionJSON `json:"sessions"`
	Places   []departureJSON    `json:"places"`
}

type endedSessionJSON struct {
	Name  string     `json:"name"`
	Runs  string     `json:"runs"`
	At    string     `json:"at"`
	Ended bool       `json:"ended"`
	Error *errorJSON `json:"error,omitempty"`
}

// A panicCommand is what botring panic was told.
type panicCommand struct {
	which   choice
	manager string
	yes     bool
}

func newPanic(s *shell) *cobra.Command {
	var c panicCommand
	cmd := &cobra.Command{
		Use:   "panic [BOT…] [flags]",
		Short: "Do all that can be done at once about tokens that got out",
		Long: "Has the bot that manages each of these revoke its token, which ends all sessions. Where none does, logs out every session, also " +
			"those that run elsewhere, and tags the bot #" + fleet.TagLeaked + " until its token is replaced. What cannot be done from here is said first; " +
			"then where tokens and sessions went is listed.\n\n" +
			"Revoked tokens have their new ones saved; botring login logs the bots in. " + fault.PanicLimits,
		Example: `  botring panic @shop_orders_bot
  botring panic --tag prod --yes`,
		RunE: func(cmd *cobra.Command, refs []string) error { return s.panic(cmd.Context(), refs, c) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	c.which.register(flags, "revoke the tokens of")
	flags.StringVar(&c.manager, "manager", "", "the `bot` that is to revoke, instead of whichever can")
	flags.BoolVarP(&c.yes, "yes", "y", false, "do not ask")
	return cmd
}

func (s *shell) panic(ctx context.Context, refs []string, c panicCommand) error {
	var manager fleet.Key
	if c.manager != "" {
		_, bot, err := s.find(ctx, c.manager)
		if err != nil {
			return err
		}
		manager = bot.Key
	}
	f, keys, err := c.which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if err := s.sayWhatCannotBe(ctx, f, keys, manager); err != nil {
		return err
	}
	if !c.yes && len(keys) > 0 {
		question := "Revoke the tokens of " + plural(len(keys), "bot") + " where that can be, and end all their sessions, everywhere?"
		if err := s.confirm(ctx, question); err != nil {
			return err
		}
	}
	t := newTally[fleet.PanicOutcome](s, "done", keys)
	f.PanicMany(ctx, keys, manager, func(o fleet.PanicOutcome) { t.add(o.Key, o) })
	outcomes, err := t.outcomes(ctx)
	if err != nil {
		return err
	}
	return s.answerPanic(ctx, outcomes, len(keys))
}

// sayWhatCannotBe says which tokens cannot be revoked from here, before anything is done.
func (s *shell) sayWhatCannotBe(ctx context.Context, f *fleet.Fleet, keys []fleet.Key, manager fleet.Key) error {
	said := false
	for _, key := range keys {
		plan, err := f.PlanPanic(ctx, key, manager, nil)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && plan.Manager.ID != 0:
			continue
		case errors.Is(err, store.ErrNotFound):
			return err
		}
		s.note("%s", fault.NotRevocable(plan.Bot, err))
		said = true
	}
	if said {
		s.note("%s", fault.PanicLimits)
	}
	return nil
}

func (s *shell) answerPanic(ctx context.Context, outcomes []fleet.PanicOutcome, wanted int) error {
	object := panicObject{Keyring: s.flags.kind(), Bots: []panickedJSON{}}
	t, places := newTable("BOT", "USERNAME", "NAME", "TOKEN", "SESSIONS"), newPlacesTable()
	var failed []fleet.Outcome
	var codes []int
	if len(outcomes) < wanted && ctx.Err() != nil {
		codes = append(codes, exitCancelled)
	}
	for _, o := range outcomes {
		plain := fleet.Outcome{Key: o.Key, Bot: o.Bot, Err: o.Err}
		if plain.Err == nil {
			plain.Err = o.Panicked.Err
		}
		if plain.Err != nil {
			object.Summary.Failed++
			failed, codes = append(failed, plain), append(codes, exitNotOK)
		} else {
			object.Summary.Done++
		}
		object.Bots = append(object.Bots, s.panickedJSON(plain, o.Panicked))
		if !s.flags.quiet || plain.Err != nil {
			t.add(o.Bot.String(), username(o.Bot), nameOf(o.Bot), fault.PanicToken(o.Panicked), fault.PanicSessions(o.Panicked))
		}
		for _, session := range o.Sessions {
			if session.Err != nil {
				failed = append(failed, fleet.Outcome{Key: o.Key, Bot: o.Bot, Err: session.Err})
				codes = append(codes, exitNotOK)
			}
		}
		for _, d := range o.Places {
			if !o.Revoked || d.State == store.Stale {
				places.addPlace(o.Key, wanted > 1, d)
			}
		}
	}
	if err := s.answer(object, func(w io.Writer) {
		t.write(w)
		if len(places.rows) > 1 {
			fmt.Fprintln(w, "\nWhere tokens and sessions went:")
			places.dropEmpty("BOT")
			places.write(w)
		}
		s.tellFaults(failed)
		for _, o := range outcomes {
			if !o.Revoked && o.Err == nil {
				s.note("%s: %s", describe(o.Bot), strings.Join(fault.ByHand(o.Bot), " · "))
			}
		}
	}); err != nil {
		return err
	}
	return endWith(codes)
}

func (s *shell) panickedJSON(o fleet.Outcome, p fleet.Panicked) panickedJSON {
	j := panickedJSON{
		Bot: s.outcomeJSON(o), Revoked: p.Revoked, Manager: p.Manager.ID, Sessions: []endedSessionJSON{}, Places: []departureJSON{},
	}
	for _, session := range p.Sessions {
		ended := endedSessionJSON{
			Name: fault.Clean(session.Name), Runs: string(session.Runs), At: fault.Clean(session.At), Ended: session.Err == nil,
		}
		if session.Err != nil {
			e := s.errorJSON(fault.Of(session.Err))
			ended.Error = &e
		}
		j.Sessions = append(j.Sessions, ended)
	}
	for _, d := range p.Places {
		j.Places = append(j.Places, departureToJSON(d))
	}
	return j
}
