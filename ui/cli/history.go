package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

type (
	historyObject struct {
		header
		Keyring string      `json:"keyring"`
		History []entryJSON `json:"history"`
	}
	entryJSON struct {
		Seq int64   `json:"seq"`
		At  *string `json:"at"`
		// ID is 0 where the action was about no bot, or about many.
		ID          int64  `json:"id"`
		Environment string `json:"environment"`
		Name        string `json:"name"`
		Action      string `json:"action"`
		// Outcome is "ok" or the kind of an error.
		Outcome string `json:"outcome"`
		Detail  string `json:"detail"`
	}
	verificationObject struct {
		header
		Keyring      string           `json:"keyring"`
		Verification verificationJSON `json:"verification"`
	}
	verificationJSON struct {
		Sound bool `json:"sound"`
		// Fault is "changed", "missing", "cut_off" or "no_key", "" where all is sound; Seq is where.
		Fault    string `json:"fault"`
		Seq      int64  `json:"seq"`
		Entries  int    `json:"entries"`
		Unsealed int    `json:"unsealed"`
		Pruned   int64  `json:"pruned"`
		// Rebuilt is when the history began again, after entry Lost: the catalogue before was lost. Otherwise they
		// are null and 0.
		Rebuilt *string `json:"rebuilt_at"`
		Lost    int64   `json:"lost"`
	}
)

// historyLimit is how many entries are shown unless more are asked for.
const historyLimit = 50

func newHistory(s *shell) *cobra.Command {
	limit := historyLimit
	cmd := &cobra.Command{
		Use:   "history [BOT] [flags]",
		Short: "Show what was done, when, and how it ended",
		Long: "Shows what was done with bots, apps and the keyring, the last first. Checks of many bots at once are one line, " +
			"and one more for each bot whose state changed; so is a round of the watch. With --json an action and its outcome are " +
			"told by their names. There is nothing secret in it.",
		Example: `  botring history
  botring history @shop_orders_bot --limit 0 --json`,
		Args: args(0, 1, "[BOT]"),
		RunE: func(cmd *cobra.Command, refs []string) error {
			if limit < 0 {
				return usage("The value of --limit cannot be used.", "It is a number of entries, 0 for all.")
			}
			return s.history(cmd.Context(), refs, limit)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", historyLimit, "how many `entries` at most, 0 for all")
	cmd.AddCommand(newHistoryVerify(s))
	return cmd
}

func (s *shell) history(ctx context.Context, refs []string, limit int) error {
	f, keys, err := s.named(ctx, refs)
	if err != nil {
		return err
	}
	of := fleet.Stretch{Limit: limit}
	if len(keys) > 0 {
		of.Of = keys[0]
	}
	entries, err := f.HistoryStretch(ctx, of)
	if err != nil {
		return err
	}
	object := historyObject{Keyring: s.flags.kind(), History: []entryJSON{}}
	for _, e := range entries {
		object.History = append(object.History, entryJSON{
			Seq: e.Seq, At: timestamp(e.At), ID: e.Key.ID, Environment: fault.Clean(e.Key.Environment), Name: fault.Clean(e.Name),
			Action: e.Action, Outcome: e.Outcome, Detail: fault.Clean(e.Detail),
		})
	}
	return s.answer(object, func(w io.Writer) { writeHistory(w, entries) })
}

func writeHistory(w io.Writer, entries []fleet.Entry) {
	if len(entries) == 0 {
		fmt.Fprintln(w, "Nothing was done yet.")
		return
	}
	t := newTable("TIME", "BOT", "ACTION", "RESULT", "DETAIL")
	for _, e := range entries {
		bot := fault.Clean(e.Name)
		if bot == "" && e.Key.ID != 0 {
			bot = e.Key.String()
		}
		_, result := fault.HistoryResult(e.Outcome)
		t.add(e.At.Format(time.DateTime), bot, fault.HistoryAction(e.Action), result, fault.Clean(e.Detail))
	}
	t.dropEmpty("DETAIL")
	t.write(w)
}

func newHistoryVerify(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Find out whether the history was changed",
		Long: "Follows the seals that chain each entry of the history to the one before, with the key in the keyring, and says " +
			"where an entry was changed, removed or cut off. " + fault.HistoryLimits + "\n\n" +
			"The exit code is 3 where something was found.",
		Example: `  botring history verify
  botring history verify --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.verifyHistory(cmd.Context()) },
	}
}

func (s *shell) verifyHistory(ctx context.Context) error {
	f, err := s.openSecrets(ctx)
	if err != nil {
		return err
	}
	found, err := f.VerifyHistory(ctx)
	if err != nil {
		return err
	}
	sound := found.Fault == fleet.HistorySound
	object := verificationObject{Keyring: s.flags.kind(), Verification: verificationJSON{
		Sound: sound, Seq: found.Seq, Entries: found.Entries, Unsealed: found.Unsealed, Pruned: found.Pruned,
		Rebuilt: timestamp(found.Began.At), Lost: found.Began.Lost,
	}}
	if !sound {
		object.Verification.Fault = found.Fault.String()
	}
	says := fault.OfHistory(found)
	if err := s.answer(object, func(w io.Writer) {
		for _, sentence := range says {
			fmt.Fprintln(w, sentence)
		}
	}); err != nil {
		return err
	}
	if !sound {
		return verdict(exitNotOK)
	}
	return nil
}
