package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// A rotationsObject is what became of bots whose tokens were to be replaced, or would with DryRun.
type rotationsObject struct {
	header
	Keyring   string            `json:"keyring"`
	DryRun    bool              `json:"dry_run"`
	Rotations []rotationJSON    `json:"rotations"`
	Summary   actionSummaryJSON `json:"summary"`
}

type rotationJSON struct {
	Bot botJSON `json:"bot"`
	// Manager is the bot that revokes, 0 where it is done by hand.
	Manager int64 `json:"manager"`
	// CutOff is the step that an earlier one got to, "" where there is none to go on with.
	CutOff string `json:"cut_off"`
	// Resumed: it went on with an earlier one.
	Resumed  bool       `json:"resumed"`
	OldToken string     `json:"old_token"`
	Lost     []lostJSON `json:"lost"`
	// NotLoggedIn is why the bot has its new token and no session.
	NotLoggedIn *errorJSON `json:"not_logged_in,omitempty"`
}

// A lostJSON is a session that ends with the old token.
type lostJSON struct {
	Name   string `json:"name"`
	Runs   string `json:"runs"`
	At     string `json:"at"`
	Remade bool   `json:"remade"`
}

func newLostJSON(lost store.LostSession, remade bool) lostJSON {
	return lostJSON{fault.Clean(lost.Name), string(lost.Runs), fault.Clean(lost.At), remade}
}

// answerPlans tells what would be done.
func (s *shell) answerPlans(all []planned) error {
	object := rotationsObject{Keyring: s.flags.kind(), DryRun: true, Rotations: []rotationJSON{}}
	t := newTable("BOT", "USERNAME", "NAME", "WOULD BE")
	var failed []fleet.Outcome
	var codes []int
	for _, p := range all {
		outcome := fleet.Outcome{Key: p.key, Bot: p.plan.Bot, Err: p.err}
		j := rotationJSON{
			Bot: s.outcomeJSON(outcome), Manager: p.plan.Manager.ID, CutOff: string(p.plan.CutOff),
			OldToken: fleet.OldUnproven.String(), Lost: []lostJSON{},
		}
		for _, lost := range p.plan.Lost {
			j.Lost = append(j.Lost, newLostJSON(lost, false))
		}
		object.Rotations = append(object.Rotations, j)
		result := wouldBe(p.plan)
		switch {
		case p.err != nil:
			object.Summary.Failed++
			failed, codes = append(failed, outcome), append(codes, codeOfOutcome(outcome))
			result = strings.TrimSuffix(fault.Of(p.err).What, ".")
		case p.plan.Manager.ID == 0 && p.plan.CutOff == "":
			object.Summary.Unchanged++
		default:
			object.Summary.Done++
		}
		t.add(p.plan.Bot.String(), username(p.plan.Bot), nameOf(p.plan.Bot), result)
	}
	if err := s.answer(object, func(w io.Writer) {
		if len(t.rows) > 1 {
			t.write(w)
		}
		s.note("Nothing was revoked.")
		s.tellFaults(failed)
	}); err != nil {
		return err
	}
	return endWith(codes)
}

// wouldBe says how a bot would be rotated.
func wouldBe(plan fleet.RotationPlan) string {
	switch {
	case plan.CutOff != "":
		return "gone on with, since it was cut off"
	case plan.Manager.ID == 0:
		return "rotated by hand in @BotFather"
	}
	return "revoked by " + cleanName(plan.Manager) + "; " + fault.LostWith(plan.Lost)
}

// cleanName is a bot as sentences name it.
func cleanName(bot fleet.Bot) string {
	if name := username(bot); name != "" {
		return name
	}
	return nameOf(bot)
}

// answerRotated tells what became of one.
func (s *shell) answerRotated(rotated fleet.Rotated, err error) error {
	if err != nil {
		return err
	}
	return s.answerRotations(context.Background(), []fleet.RotationOutcome{{Key: rotated.Bot.Key, Rotated: rotated}}, 1)
}

// answerRotations tells what became of each, and what whoever used the old tokens has to be given.
func (s *shell) answerRotations(ctx context.Context, outcomes []fleet.RotationOutcome, wanted int) error {
	object := rotationsObject{Keyring: s.flags.kind(), Rotations: []rotationJSON{}}
	t := newTable("BOT", "USERNAME", "NAME", "RESULT")
	var failed []fleet.Outcome
	var codes []int
	if len(outcomes) < wanted && ctx.Err() != nil {
		codes = append(codes, exitCancelled)
	}
	for _, o := range outcomes {
		plain := fleet.Outcome{Key: o.Key, Bot: o.Bot, Err: o.Err}
		result := "rotated by " + cleanName(o.Manager)
		if o.Manager.ID == 0 {
			result = "rotated by hand"
		}
		switch {
		case o.Err != nil:
			object.Summary.Failed++
			failed, codes = append(failed, plain), append(codes, codeOfOutcome(plain))
			result = strings.TrimSuffix(fault.Of(o.Err).What, ".")
		default:
			object.Summary.Done++
			codes = append(codes, codeOfRotated(o.Rotated))
		}
		object.Rotations = append(object.Rotations, s.rotationJSON(plain, o.Rotated))
		if !s.flags.quiet || o.Err != nil {
			t.add(o.Bot.String(), username(o.Bot), nameOf(o.Bot), result)
		}
	}
	if err := s.answer(object, func(w io.Writer) {
		if len(t.rows) > 1 && wanted > 1 {
			t.write(w)
		}
		if wanted != 1 {
			s.say("%s.", rotatedLine(object.Summary, len(outcomes), wanted))
		}
		for _, o := range outcomes {
			if o.Err == nil {
				s.tellRotated(o.Rotated, wanted == 1)
				s.noteStale(context.WithoutCancel(ctx), o.Rotated.Bot)
			}
		}
		if object.Summary.Done > 0 {
			s.say("%s", fault.TokenConsumers)
		}
		s.tellFaults(failed)
	}); err != nil {
		return err
	}
	return endWith(codes)
}

func rotatedLine(sum actionSummaryJSON, ended, wanted int) string {
	if wanted == 0 {
		return "No rotation was cut off"
	}
	line := fmt.Sprintf("%s: %d rotated", plural(ended, "bot"), sum.Done)
	if sum.Failed > 0 {
		line += fmt.Sprintf(", %d failed", sum.Failed)
	}
	if left := wanted - ended; left > 0 {
		line += fmt.Sprintf(", %d not tried", left)
	}
	return line
}

// tellRotated says of one bot what is not as it was. Of one of several, only what somebody has to do.
func (s *shell) tellRotated(r fleet.Rotated, alone bool) {
	who := describe(r.Bot)
	if alone {
		by := "the new token was pasted"
		if r.Manager.ID != 0 {
			by = describe(r.Manager) + " had it revoked"
		}
		state := "and logged in"
		switch {
		case !runsHere(r.Bot):
			state = "and is not logged in"
		case r.Bot.Health.Status == store.Unchecked:
			state = "and its session was not checked"
		}
		s.say("%s has its new token %s; %s.", who, state, by)
	}
	if r.NotLoggedIn != nil {
		f := fault.Of(r.NotLoggedIn)
		s.say("%s: %s %s", who, f.What, "The new token is saved.")
	}
	for _, lost := range r.Lost {
		s.say("%s: %s", who, fault.Bereft(lost))
	}
	if old := fault.OldToken(r.Old); old != "" {
		s.say("%s: %s", who, old)
	}
}

// runsHere reports whether a session of the bot runs here.
func runsHere(bot fleet.Bot) bool {
	return slices.ContainsFunc(bot.Sessions, func(session fleet.Session) bool { return session.Runs == store.Here })
}

// codeOfRotated is what a rotation that was done adds to the exit code: that a login has to wait is none of it.
func codeOfRotated(r fleet.Rotated) int {
	var flood *fleet.FloodError
	switch {
	case r.Old == fleet.OldWorks:
		return exitNotOK
	case r.NotLoggedIn == nil, errors.As(r.NotLoggedIn, &flood):
		return exitOK
	}
	return exitNotOK
}

func (s *shell) rotationJSON(o fleet.Outcome, r fleet.Rotated) rotationJSON {
	j := rotationJSON{Bot: s.outcomeJSON(o), Manager: r.Manager.ID, Resumed: r.Resumed, OldToken: r.Old.String(), Lost: []lostJSON{}}
	for _, lost := range r.Lost {
		j.Lost = append(j.Lost, newLostJSON(lost.LostSession, lost.Remade))
	}
	if r.NotLoggedIn != nil {
		e := s.errorJSON(fault.Of(r.NotLoggedIn))
		e.Saved = true
		j.NotLoggedIn = &e
	}
	return j
}
