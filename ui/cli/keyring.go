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

func newKeyring(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keyring",
		Short: "Where secrets are: look, unlock, lock, verify, move",
		Long: "Secrets are in the system keyring, or in files encrypted with a passphrase (--keyring age). This looks at either, " +
			"opens and locks it, and moves everything from one to the other.",
		Example: `  botring keyring status
  botring keyring move --to age`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("What about the keyring?", "The forms are: botring keyring status, unlock, lock, verify, move, passphrase, recipient.")
		},
	}
	cmd.AddCommand(newKeyringStatus(s), newKeyringUnlock(s), newKeyringLock(s), newKeyringVerify(s), newKeyringMove(s),
		newKeyringPassphrase(s), newRecipient(s))
	return cmd
}

func newKeyringStatus(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say which keyring is in use, and in what state",
		Long:  "Says which keyring is in use, who chose it, and whether it is locked. It never prompts.",
		Example: `  botring keyring status
  botring keyring status --keyring age --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			f, err := s.open(ctx)
			if err != nil {
				return err
			}
			status, err := f.Keyring(ctx)
			if err != nil {
				return err
			}
			bots, apps, err := counts(ctx, f)
			if err != nil {
				return err
			}
			object := keyringStatusObject{
				keyringJSON: newKeyringJSON(status), ChosenBy: s.flags.chosenBy("keyring").String(), Bots: bots, Apps: apps,
			}
			return s.answer(object, func(w io.Writer) { s.writeKeyring(w, status, bots, apps) })
		},
	}
}

// counts are how many bots and apps the catalogue knows.
func counts(ctx context.Context, f *fleet.Fleet) (bots, apps int, err error) {
	allBots, err := f.Bots(ctx)
	if err != nil {
		return 0, 0, err
	}
	allApps, err := f.Apps(ctx)
	return len(allBots), len(allApps), err
}

// writeKeyring writes a keyring as lines of a name and a value.
func (s *shell) writeKeyring(w io.Writer, status fleet.KeyringStatus, bots, apps int) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-8s %s\n", name, value)
		}
	}
	fmt.Fprintln(w, upper(kindInWords(status.Kind)))
	provider := fault.Clean(status.Provider)
	if status.Process != 0 {
		provider += fmt.Sprintf(", process %d", status.Process)
	}
	line("program", provider)
	line("place", fault.Clean(status.Collection))
	line("state", stateOf(status))
	if status.Kind != keyringAge && status.MaxSize > 0 { // that of files is beyond anything botring writes
		line("limit", fmt.Sprintf("%d bytes an item", status.MaxSize))
	}
	line("chosen", s.chosen())
	line("holds", fmt.Sprintf("%s, %s", plural(bots, "bot"), plural(apps, "app")))
	if status.Unfinished {
		fmt.Fprintln(w, unfinished)
	}
}

const unfinished = "A change of recipients was cut off. botring keyring recipient finish ends it."

// kindInWords is a kind of keyring inside a sentence.
func kindInWords(kind string) string {
	switch kind {
	case keyringAge:
		return "the encrypted files"
	case keyringMemory:
		return "the keyring in memory"
	}
	return "the system keyring"
}

func stateOf(status fleet.KeyringStatus) string {
	switch {
	case status.New:
		return "not made yet"
	case status.Locked:
		return "locked"
	case status.Kind == keyringAge:
		return "open, remembered by the kernel"
	case status.Kind == keyringMemory:
		return "forgotten at the end of every command"
	}
	return "unlocked"
}

// chosen says who chose the keyring.
func (s *shell) chosen() string {
	switch s.flags.chosenBy("keyring") {
	case byFlag:
		return "by --keyring"
	case byVariable:
		return "by BOTRING_KEYRING"
	case byConfig:
		return "by " + s.configPlace()
	case byDefault:
	}
	return "by nobody: it is the usual one"
}

// configPlace is the configuration as people write its path.
func (s *shell) configPlace() string {
	path, err := s.configPath()
	if err != nil {
		return "the configuration"
	}
	return fault.Clean(fleet.Place(path))
}

func newKeyringLock(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Lock the keyring",
		Long: "Locks the system keyring, for every program that uses it. Of encrypted files, which are locked whenever no command " +
			"runs, it has the kernel forget what botring keyring unlock --for gave it.",
		Example: `  botring keyring lock
  botring keyring lock --keyring age`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.lockKeyring(cmd.Context()) },
	}
}

func (s *shell) lockKeyring(ctx context.Context) error {
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	before, err := f.Keyring(ctx)
	if err != nil {
		return err
	}
	locks, err := f.LockKeyring(ctx)
	switch {
	case err != nil:
		return err
	case !locks:
		return cannotLock(before)
	}
	after, err := f.Keyring(ctx)
	if err != nil {
		return err
	}
	return s.answer(keyringLockObject{keyringJSON: newKeyringJSON(after), Changed: !before.Locked}, func(io.Writer) {
		switch {
		case before.New:
			s.say("There are no encrypted files yet.")
		case before.Locked:
			s.say("%s locked already.", upper(nameOfKeyring(before))+isOrAre(before))
		case before.Kind == keyringAge:
			s.say("The kernel has forgotten them: the encrypted files (%s) are locked.", fault.Clean(before.Collection))
		default:
			s.say("Locked %s, for every program that uses it.", nameOfKeyring(before))
		}
	})
}

// cannotLock is the error of a keyring that only its own system locks.
func cannotLock(status fleet.KeyringStatus) error {
	f := fault.Fault{
		Kind: "keyring_cannot_lock", What: "This keyring cannot be locked from here.",
		Why: "It locks with your session on this computer.", NotSaved: fault.Unchanged,
	}
	if status.Kind == keyringMemory {
		f.Why = "It is in memory, and gone when the command ends."
	}
	return &usageError{f, exitFailure}
}

// nameOfKeyring is a keyring inside a sentence, with the name of its place: the system keyring “Login”.
func nameOfKeyring(status fleet.KeyringStatus) string {
	name, place := kindInWords(status.Kind), fault.Clean(status.Collection)
	switch {
	case place == "":
		return name
	case status.Kind == keyringAge:
		return name + " (" + place + ")"
	}
	return name + " “" + place + "”"
}

// isOrAre goes on after the name of a keyring.
func isOrAre(status fleet.KeyringStatus) string {
	if status.Kind == keyringAge {
		return " are"
	}
	return " is"
}

// openExisting is openSecrets for what makes no encrypted files where there are none: they would be asked a
// new passphrase for, to be empty.
func (s *shell) openExisting(ctx context.Context) (*fleet.Fleet, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	status, err := f.Keyring(ctx)
	if err != nil || status.New {
		return f, err
	}
	return s.openSecrets(ctx)
}

// upper begins a sentence with what else stands inside one.
func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
