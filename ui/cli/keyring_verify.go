package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newKeyringVerify(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Read every item of the keyring and compare it with the list",
		Long: "Reads every item of the keyring, which may prompt, and compares what is there with the list of bots and apps. It " +
			"asks Telegram nothing and changes nothing.\n\n" +
			"The exit code is 3 where something was found.",
		Example: `  botring keyring verify
  botring keyring verify --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			f, err := s.openExisting(ctx)
			if err != nil {
				return err
			}
			v, err := f.VerifyKeyring(ctx)
			if err != nil {
				return err
			}
			if err := s.answer(s.verifyObject(v), func(w io.Writer) { s.writeVerification(w, v) }); err != nil {
				return err
			}
			if !v.Sound() {
				return verdict(exitNotOK)
			}
			return nil
		},
	}
}

func (s *shell) verifyObject(v fleet.Verification) keyringVerifyObject {
	object := keyringVerifyObject{
		Keyring: s.flags.kind(), Sound: v.Sound(), Bots: v.Bots, Apps: v.Apps, Sessions: v.Sessions, Others: v.Others, Pending: v.Pending, Blind: v.Blind,
		Bad: []badItemJSON{}, WithoutRow: []string{}, WithoutItem: []botJSON{}, AppsWithoutItem: []appJSON{}, Returned: []botJSON{},
	}
	for _, item := range v.Bad {
		f := fault.Of(item.Err)
		object.Bad = append(object.Bad, badItemJSON{fault.Clean(item.Name), f.Kind, f.What})
	}
	for _, name := range v.WithoutRow {
		object.WithoutRow = append(object.WithoutRow, fault.Clean(name))
	}
	for _, bot := range v.WithoutItem {
		object.WithoutItem = append(object.WithoutItem, newBotJSON(bot))
	}
	for _, app := range v.AppsWithoutItem {
		object.AppsWithoutItem = append(object.AppsWithoutItem, newAppJSON(app))
	}
	for _, bot := range v.Returned {
		object.Returned = append(object.Returned, newBotJSON(bot))
	}
	return object
}

// writeVerification writes what was found, a line each, and below what counts as whole.
func (s *shell) writeVerification(w io.Writer, v fleet.Verification) {
	t := newTable("ITEM", "FOUND")
	for _, item := range v.Bad {
		t.add(fault.Clean(item.Name), wordsOfBad(fault.Of(item.Err)))
	}
	for _, bot := range v.WithoutItem {
		t.add(describe(bot), "in the list, its secrets are not in the keyring")
	}
	for _, app := range v.AppsWithoutItem {
		t.add(fmt.Sprintf("%s (app, api_id %d)", fault.Clean(app.Name), app.APIID), "in the list, its api_hash is not in the keyring")
	}
	for _, name := range v.WithoutRow {
		t.add(fault.Clean(name), "in the keyring, not in the list")
	}
	for _, bot := range v.Returned {
		t.add(describe(bot), "its secrets are in the keyring again")
	}
	if len(t.rows) > 1 {
		t.write(w)
	}
	if s.flags.quiet {
		return
	}
	found := "nothing is wrong"
	if n := len(t.rows) - 1; n > 0 {
		found = plural(n, "finding")
	}
	fmt.Fprintf(w, "Read and whole: %s; %s.\n", whole(v), found)
	if v.Blind {
		s.note("This keyring cannot list its items: only those of bots and apps in the list were looked at.")
	}
	if len(v.WithoutRow)+len(v.WithoutItem)+len(v.Returned) > 0 {
		s.note("botring doctor --fix brings the list in line with the keyring.")
	}
}

// wordsOfBad says in a table why an item is of no use.
func wordsOfBad(f fault.Fault) string {
	switch f.Kind {
	case "keyring_damaged":
		return "cannot be decrypted"
	case "keyring_item_newer":
		return "written by a newer version of botring"
	case "keyring_item_damaged":
		return "damaged"
	}
	return strings.TrimSuffix(lower(f.What), ".")
}

// whole counts the items that are as they should be.
func whole(v fleet.Verification) string {
	text := plural(v.Bots, "bot") + ", " + plural(v.Apps, "app")
	if v.Sessions > 0 {
		text += ", " + plural(v.Sessions, "further session")
	}
	if v.Pending > 0 {
		text += ", " + plural(v.Pending, "pasted token")
	}
	if v.Others > 0 {
		text += ", " + plural(v.Others, "item") + " unknown to this version"
	}
	return text
}
