package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newTokenCheck(s *shell) *cobra.Command {
	which := choice{form: "botring token check"}
	cmd := &cobra.Command{
		Use:   "check [BOT…] [-] [flags]",
		Short: "Ask the Bot API whether tokens work, without logging in",
		Long: "Asks the Bot API who a token is (getMe). No login is made and no session is opened, so it tells a revoked token " +
			"from a session that is dead. With - it is the token on standard input, which need not be saved.\n\n" +
			"A server takes 20 new tokens a minute; more wait their turn. The exit code is 3 where a token is revoked, 1 where " +
			"that is not known, and 5 where the server asks to wait. docs/TOKENS.md tells what an answer proves.",
		Example: `  botring token check @shop_orders_bot
  pass show telegram/shop | botring token check - --json`,
		RunE: func(cmd *cobra.Command, refs []string) error { return s.checkTokens(cmd.Context(), refs, which) },
	}
	cmd.Flags().SortFlags = false
	which.register(cmd.Flags(), "check the tokens of")
	return cmd
}

func (s *shell) checkTokens(ctx context.Context, refs []string, which choice) error {
	for _, ref := range refs {
		if ref == "-" && !which.single(refs) {
			return usage("A token on standard input is checked by itself.", "The form is: botring token check -.")
		}
	}
	if which.single(refs) && refs[0] == "-" {
		return s.checkTokenText(ctx)
	}
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	t := s.tally("checked", keys)
	f.AskTokens(ctx, keys, t.done)
	outcomes, err := t.outcomes(ctx)
	if err != nil {
		return err
	}
	return s.answerTokens(f, outcomes, true, t.stopped(ctx))
}

// checkTokenText checks a token that need not be saved.
func (s *shell) checkTokenText(ctx context.Context) error {
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	_, token, err := s.readToken(ctx, true)
	if err != nil {
		return err
	}
	id, _ := fleet.CheckToken(token.Reveal())
	o := fleet.Outcome{Key: fleet.Key{Environment: f.Environment(), ID: id}}
	o.Bot.Key = o.Key
	o.Bot.Profile, o.Err = f.AskTokenText(ctx, o.Key.Environment, token, s.reporter())
	return s.answerTokens(f, []fleet.Outcome{o}, false, exitOK)
}

// answerTokens tells what is known of tokens. code is what the command's end adds to their own.
func (s *shell) answerTokens(f *fleet.Fleet, outcomes []fleet.Outcome, saved bool, code int) error {
	codes := []int{code}
	object := tokenChecksObject{Keyring: s.flags.kind(), Tokens: []tokenCheckJSON{}}
	for _, o := range outcomes {
		object.Summary.Asked++
		switch fleet.VerdictOf(o.Err) {
		case fleet.TokenAlive:
			object.Summary.Alive++
		case fleet.TokenRevoked:
			object.Summary.Revoked++
			codes = append(codes, exitNotOK)
		case fleet.TokenUnknown:
			object.Summary.Unknown++
			codes = append(codes, codeOfKind(fault.Of(o.Err).Kind))
		}
		object.Tokens = append(object.Tokens, s.tokenCheckJSON(f, o, saved))
	}
	if err := s.answer(object, func(w io.Writer) { s.writeTokens(w, outcomes, saved, object.Summary) }); err != nil {
		return err
	}
	return endWith(codes)
}

func (s *shell) tokenCheckJSON(f *fleet.Fleet, o fleet.Outcome, saved bool) tokenCheckJSON {
	server, _ := f.BotAPI(o.Key.Environment)
	one := tokenCheckJSON{
		ID: o.Key.ID, Environment: fault.Clean(o.Key.Environment), Server: fault.Clean(server), Verdict: fleet.VerdictOf(o.Err).String(),
		Saved: saved, Label: fault.Clean(o.Bot.Label), Status: string(o.Bot.Health.Status),
	}
	if o.Err != nil {
		s.subject = subjectOf(o, saved)
		e := s.errorJSON(fault.Of(o.Err))
		one.Error = &e
		return one
	}
	p := o.Bot.Profile
	one.Profile = &profileJSON{
		Username: fault.Clean(p.Username), FirstName: fault.Clean(p.FirstName),
		Inline: p.Inline, Groups: p.Groups, ReadsAll: p.ReadsAll, ManagesBots: p.ManagesBots,
	}
	return one
}

// subjectOf is the bot that hints are about, "" where it is not saved.
func subjectOf(o fleet.Outcome, saved bool) string {
	if !saved {
		return ""
	}
	return o.Bot.String()
}

func (s *shell) writeTokens(w io.Writer, outcomes []fleet.Outcome, saved bool, sum tokenCheckSummaryJSON) {
	t := newTable("BOT", "USERNAME", "NAME", "TOKEN")
	for _, o := range outcomes {
		_, says := fault.TokenVerdict(fleet.VerdictOf(o.Err))
		if o.Err != nil && fleet.VerdictOf(o.Err) == fleet.TokenUnknown {
			says += ": " + lower(strings.TrimSuffix(fault.Of(o.Err).What, "."))
		}
		if !s.flags.quiet || o.Err != nil {
			t.add(o.Key.String(), username(o.Bot), nameOf(o.Bot), says)
		}
	}
	if len(t.rows) > 1 {
		t.write(w)
	}
	if len(outcomes) == 1 && outcomes[0].Err == nil {
		s.say("The token of %s is alive.", describe(outcomes[0].Bot))
		if saved {
			s.say("%s", fault.TokenNote(fleet.TokenAlive, outcomes[0].Bot))
		}
		return
	}
	line := fmt.Sprintf("%s: %d alive, %d revoked", plural(sum.Asked, "token"), sum.Alive, sum.Revoked)
	if sum.Unknown > 0 {
		line += fmt.Sprintf(", %d not known", sum.Unknown)
	}
	s.say("%s.", line)
	if saved {
		s.tellFaults(outcomes)
	} else {
		s.subject = ""
		s.tell(s.Err, fault.Of(outcomes[0].Err))
	}
}
