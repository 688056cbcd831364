package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// A choice is how a command that acts on several bots is told which: by name, by tag, or all.
type choice struct {
	all  bool
	tags []string
	// form is the command line up to the bots, "" where that is the command alone.
	form string
}

// register makes the flags. The verb is what is done to the bots: "check all bots".
func (c *choice) register(flags *pflag.FlagSet, verb string) {
	flags.BoolVar(&c.all, "all", false, verb+" all bots")
	flags.StringArrayVar(&c.tags, "tag", nil, verb+" all bots that have this `tag`; repeatable")
}

// single reports whether one bot is named and nothing else.
func (c choice) single(refs []string) bool { return len(refs) == 1 && !c.all && len(c.tags) == 0 }

// keys is find for commands that need the keyring for what they find.
func (c choice) keys(ctx context.Context, s *shell, refs []string) (*fleet.Fleet, []fleet.Key, error) {
	f, keys, err := c.find(ctx, s, refs)
	if err == nil && len(keys) > 0 {
		_, err = s.openSecrets(ctx)
	}
	return f, keys, err
}

// find finds the bots that are named and those that have a tag, each once, or all.
func (c choice) find(ctx context.Context, s *shell, refs []string) (*fleet.Fleet, []fleet.Key, error) {
	switch {
	case c.all && len(refs)+len(c.tags) > 0:
		return nil, nil, usage("Bots are named, and all of them too.", "Leave one out: the bots, or --all.")
	case !c.all && len(refs)+len(c.tags) == 0:
		return nil, nil, usage("No bot is named.", fmt.Sprintf("Name bots, or a tag, or %s all: %s --all.", s.verb, cmp.Or(c.form, "botring "+s.verb)))
	}
	f, keys, err := s.named(ctx, refs)
	if err != nil {
		return nil, nil, err
	}
	if len(c.tags) > 0 || c.all {
		// All are also those that a crash kept out of the catalogue.
		if err := s.recover(ctx, f); err != nil {
			return nil, nil, err
		}
		bots, err := f.Bots(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, bot := range bots {
			if (c.all || hasTag(bot, c.tags)) && !slices.Contains(keys, bot.Key) {
				keys = append(keys, bot.Key)
			}
		}
	}
	if len(c.tags) > 0 && len(keys) == 0 {
		return nil, nil, usage("No bot has this tag.", "botring list shows the tags.")
	}
	return f, keys, nil
}

// hasTag reports whether a bot has one of the tags.
func hasTag(bot fleet.Bot, tags []string) bool {
	return slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(bot.Tags, tag) })
}

// A tally gathers what becomes of several bots, and tells somebody who watches how far it is.
type tally[T any] struct {
	counter *counter
	what    string // "checked"
	keys    []fleet.Key
	results map[fleet.Key]T
}

func newTally[T any](s *shell, what string, keys []fleet.Key) *tally[T] {
	return &tally[T]{counter: s.counter(), what: what, keys: keys, results: make(map[fleet.Key]T, len(keys))}
}

func (t *tally[T]) add(key fleet.Key, result T) {
	t.results[key] = result
	t.counter.show(t.what, len(t.results), len(t.keys))
}

// An outcomeTally is that of most deeds.
type outcomeTally struct{ *tally[fleet.Outcome] }

func (s *shell) tally(what string, keys []fleet.Key) outcomeTally {
	return outcomeTally{newTally[fleet.Outcome](s, what, keys)}
}

func (o outcomeTally) done(outcome fleet.Outcome) { o.add(outcome.Key, outcome) }

// outcomes are those that there are, in the order of the bots that were chosen. The error is that of a command
// that was stopped before there was any.
func (t *tally[T]) outcomes(ctx context.Context) ([]T, error) {
	t.counter.end()
	all := make([]T, 0, len(t.results))
	for _, key := range t.keys {
		if o, ok := t.results[key]; ok {
			all = append(all, o)
		}
	}
	if len(all) == 0 && len(t.keys) > 0 {
		return nil, ctx.Err()
	}
	return all, nil
}

// stopped is the exit code of what somebody stopped before its end.
func (t *tally[T]) stopped(ctx context.Context) int {
	if len(t.results) < len(t.keys) && ctx.Err() != nil {
		return exitCancelled
	}
	return exitOK
}

// codeOfOutcome is what one bot of several adds to the exit code: a bot that Telegram says something about is
// not ok; what could not be done is a failure.
func codeOfOutcome(o fleet.Outcome) int {
	if o.Err == nil {
		if o.Bot.Health.Status == store.OK {
			return exitOK
		}
		return exitNotOK
	}
	f := fault.Of(o.Err)
	switch f.Kind {
	case "token_revoked", "token_invalid", "session_dead", "session_revoked", "session_duplicated", "bot_deactivated",
		"auth_key_invalid", "not_a_bot", "runs_elsewhere":
		return exitNotOK
	}
	return codeOfKind(f.Kind)
}

// outcomeJSON is a bot with why something did not go well.
func (s *shell) outcomeJSON(o fleet.Outcome) botJSON {
	bot := newBotJSON(o.Bot)
	if o.Err != nil {
		s.subject = o.Bot.String()
		e := s.errorJSON(fault.Of(o.Err))
		bot.Error = &e
	}
	return bot
}

// tellFaults says what went wrong. What is wrong with the network or the keyring is wrong for every bot: once is
// enough.
func (s *shell) tellFaults(outcomes []fleet.Outcome) {
	told := make(map[string]bool)
	for _, o := range outcomes {
		if o.Err == nil {
			continue
		}
		f := fault.Of(o.Err)
		if !told[f.What] {
			told[f.What] = true
			s.subject = o.Bot.String()
			if len(outcomes) > 1 {
				s.subject = ""
			}
			s.tell(s.Err, f)
		}
	}
}

// An action is what a command does to several bots, in words.
type action struct {
	// did is what became of those it was done to: "logged in". Skipped, of those that were left alone.
	did, skipped string
	// spared tells those for which nothing had to be done; nil where there are none.
	spared func(fleet.Outcome) bool
	// more is what else is said of one it was done to, nil for nothing.
	more func(fleet.Outcome) string
}

// answerSeveral tells what became of several bots: those it was done to, those that were left alone, and those
// that failed.
func (s *shell) answerSeveral(ctx context.Context, gathered outcomeTally, a action) error {
	outcomes, err := gathered.outcomes(ctx)
	if err != nil {
		return err
	}
	object := actionObject{Keyring: s.flags.kind(), Bots: []botJSON{}}
	codes := []int{gathered.stopped(ctx)}
	failed := outcomes[:0:0]
	t := newTable("BOT", "USERNAME", "NAME", "RESULT")
	for _, o := range outcomes {
		result := a.did
		switch {
		case a.spared != nil && a.spared(o):
			object.Summary.Unchanged++
			o.Err, result = nil, a.skipped
		case o.Err == nil:
			object.Summary.Done++
			if a.more != nil {
				result += a.more(o)
			}
		default:
			object.Summary.Failed++
			failed = append(failed, o)
			codes = append(codes, codeOfOutcome(o))
			result = strings.TrimSuffix(fault.Of(o.Err).What, ".")
		}
		object.Bots = append(object.Bots, s.outcomeJSON(o))
		if !s.flags.quiet || o.Err != nil {
			t.add(o.Bot.String(), username(o.Bot), nameOf(o.Bot), result)
		}
	}
	err = s.answer(object, func(w io.Writer) {
		if len(t.rows) > 1 {
			t.write(w)
		}
		line := fmt.Sprintf("%s: %d %s", plural(len(outcomes), "bot"), object.Summary.Done, a.did)
		if object.Summary.Unchanged > 0 {
			line += fmt.Sprintf(", %d %s", object.Summary.Unchanged, a.skipped)
		}
		if object.Summary.Failed > 0 {
			line += fmt.Sprintf(", %d failed", object.Summary.Failed)
		}
		if left := len(gathered.keys) - len(outcomes); left > 0 {
			line += fmt.Sprintf(", %d not tried", left)
		}
		s.say("%s.", line)
		s.tellFaults(failed)
	})
	if err != nil {
		return err
	}
	return endWith(codes)
}

// endWith ends a command that has told everything itself.
func endWith(codes []int) error {
	if code := worst(codes...); code != exitOK {
		return verdict(code)
	}
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
