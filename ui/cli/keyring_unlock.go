package cli

import (
	"context"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

// maxRemembered is the longest time for --for. The kernel counts in 32 bits, and takes 0 for ever.
const maxRemembered = 30 * 24 * time.Hour

func newKeyringUnlock(s *shell) *cobra.Command {
	var create bool
	var life seconds
	cmd := &cobra.Command{
		Use:   "unlock [flags]",
		Short: "Unlock the keyring, or make one",
		Long: "Unlocks the system keyring: it waits for the keyring's own prompt, and where none can be shown, as over SSH, asks for " +
			"the password here.\n\n" +
			"Encrypted files are open only as long as a command runs, so of them it tries the passphrase. With --for the Linux kernel " +
			"keeps them open for that long, and every process of yours can read them until then.",
		Example: `  botring keyring unlock
  botring keyring unlock --keyring age --for 1h`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.unlockKeyring(cmd.Context(), create, time.Duration(life))
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().Var(&life, "for", "how `long` the kernel keeps encrypted files open, such as 1h")
	cmd.Flags().BoolVar(&create, "create", false, "make the keyring where there is none, with a new password")
	return cmd
}

func (s *shell) unlockKeyring(ctx context.Context, create bool, life time.Duration) error {
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	switch {
	case life > 0 && s.flags.kind() != keyringAge:
		return usage("--for is about encrypted files.", "The system keyring stays unlocked until it is locked. For files add --keyring age.")
	case life > maxRemembered:
		return usage("That is too long for --for.", "The kernel is given 30 days at most: --for 720h.")
	}
	before, err := f.Keyring(ctx)
	created := err != nil && create && slices.Contains(words(err).Actions, fault.CreateKeyring)
	switch {
	case created:
		err = s.createKeyring(ctx, f)
	case err == nil && before.New && !create:
		return noFilesYet()
	case err == nil && before.New:
		created = true
		err = s.unlock(ctx, f, keyringAge)
	case err == nil && before.Locked:
		err = s.unlock(ctx, f, s.flags.kind())
	}
	if err == nil && life > 0 {
		err = f.Remember(ctx, life)
	}
	if err != nil {
		return err
	}
	status, err := f.Keyring(ctx)
	if err != nil {
		return err
	}
	object := keyringUnlockObject{keyringJSON: newKeyringJSON(status), Created: created, RememberedSeconds: int64(ceil(life))}
	return s.answer(object, func(io.Writer) { s.sayUnlocked(before, status, created, life) })
}

// ceil is a duration in whole seconds, as the kernel keeps time.
func ceil(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// createKeyring has the keyring program make the default keyring that is missing.
func (s *shell) createKeyring(ctx context.Context, f *fleet.Fleet) error {
	if s.flags.noInput {
		return secretNeeded("The new keyring needs a password.", "Make it at a terminal, or in its own program.")
	}
	return s.awaitPrompt(ctx, "Waiting for the new keyring's password. Its prompt may be on the machine's own screen.", f.CreateKeyring)
}

// noFilesYet is the error of what is about encrypted files where there are none.
func noFilesYet() error {
	return &usageError{fault.Fault{
		Kind: "keyring_new", What: "There are no encrypted files yet.",
		Next: "The first save makes them, and so does botring keyring unlock --keyring age --create.",
	}, exitFailure}
}

func (s *shell) sayUnlocked(before, status fleet.KeyringStatus, created bool, life time.Duration) {
	name := nameOfKeyring(status)
	switch {
	case created:
		s.say("Made %s.", name)
	case status.Kind == keyringMemory:
		s.say("The keyring in memory is never locked.")
	case status.Kind == keyringAge && !before.Locked && life == 0:
		s.say("%s are open: the kernel remembers them.", upper(name))
	case status.Kind == keyringAge && life == 0:
		s.say("That opens %s.", name)
	case status.Kind == keyringAge:
	case !before.Locked:
		s.say("%s is unlocked already.", upper(name))
	default:
		s.say("Unlocked %s.", name)
	}
	switch {
	case status.Kind != keyringAge:
	case life > 0:
		s.say("The kernel keeps %s open for %s.", name, fault.Duration(life))
		lock := "botring keyring lock"
		if s.flags.chosenBy("keyring") != byConfig {
			lock += " --keyring age" // without it another keyring would be locked
		}
		s.note("Every process of this user can read them until then. %s ends it sooner.", lock)
	case before.Locked || created:
		s.note("Every command asks for the passphrase: nothing stays open when it ends.%s", remembering())
	}
}

// remembering says how to be asked less often, where that can be had.
func remembering() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	return " --for 1h has the kernel keep them open that long."
}
