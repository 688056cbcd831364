package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newKeyringPassphrase(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "passphrase",
		Short: "Change the passphrase of encrypted files",
		Long: "Asks for the passphrase of the encrypted files and for a new one, twice. Only the identity is encrypted anew, so it is " +
			"quick. Copies of the files that were made before, backups too, open with the old passphrase.",
		Example: `  botring keyring passphrase
  botring keyring passphrase --keyring age`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			f, err := s.openFiles(ctx)
			if err != nil {
				return err
			}
			if !s.asks() {
				return secretNeeded("A new passphrase can only be typed.", "Run it at a terminal, without --no-input and --json.")
			}
			if err := f.ChangePassphrase(ctx); err != nil {
				return err
			}
			return s.answer(keyringPassphraseObject{Keyring: keyringAge, Changed: true}, func(io.Writer) {
				s.say("The passphrase is changed. Copies of the files made before open with the old one.")
				if s.flags.passphraseFile != "" {
					s.note("The file that BOTRING_PASSPHRASE_FILE names has the old one.")
				}
			})
		},
	}
}

// openFiles opens the catalogue, and makes sure that there are encrypted files.
func (s *shell) openFiles(ctx context.Context) (*fleet.Fleet, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if s.flags.kind() != keyringAge {
		return nil, fleet.ErrNotEncrypted
	}
	status, err := f.Keyring(ctx)
	if err == nil && status.New {
		err = noFilesYet()
	}
	return f, err
}

func newRecipient(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recipient",
		Short: "Who else can read the encrypted files",
		Long: "Encrypted files are encrypted to recipients of age's: to your own, which the passphrase opens, and to any others that " +
			"you add, such as a key in a safe.",
		Example: `  botring keyring recipient list
  botring keyring recipient add age1…`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("What about recipients?", "The forms are: botring keyring recipient list, add, remove, finish.")
		},
	}
	cmd.AddCommand(newRecipientList(s), newRecipientAdd(s), newRecipientRemove(s), newRecipientFinish(s))
	return cmd
}

func newRecipientList(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List who can read the encrypted files",
		Long:  "Lists the recipients that the files are encrypted to, as age writes them. It needs the passphrase.",
		Example: `  botring keyring recipient list
  botring keyring recipient list --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			_, recipients, status, err := s.recipients(ctx)
			if err != nil {
				return err
			}
			object := recipientsObject{Keyring: keyringAge, Recipients: recipients, Unfinished: status.Unfinished}
			return s.answer(object, func(w io.Writer) {
				for _, recipient := range recipients {
					fmt.Fprintln(w, recipient)
				}
				if status.Unfinished {
					s.note("%s", unfinished)
				}
			})
		},
	}
}

// recipients opens the files and reads whom they are encrypted to.
func (s *shell) recipients(ctx context.Context) (*fleet.Fleet, []string, fleet.KeyringStatus, error) {
	f, err := s.openFiles(ctx)
	if err != nil {
		return nil, nil, fleet.KeyringStatus{}, err
	}
	recipients, err := f.Recipients(ctx)
	if err != nil {
		return nil, nil, fleet.KeyringStatus{}, err
	}
	for i, recipient := range recipients {
		recipients[i] = fault.Clean(recipient)
	}
	status, err := f.Keyring(ctx)
	return f, recipients, status, err
}

func newRecipientAdd(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "add AGE-RECIPIENT",
		Short: "Let one more recipient read the encrypted files",
		Long: "Adds a recipient, which begins with age1, and encrypts all files anew so that its key opens them too. age-keygen makes " +
			"such keys.",
		Example: `  botring keyring recipient add age1…
  botring keyring recipient add "$(age-keygen -y key.txt)"`,
		Args: args(1, 1, "AGE-RECIPIENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if problem := fleet.CheckRecipient(args[0]); problem != nil {
				return problem
			}
			return s.changeRecipients(cmd.Context(), args[0], true)
		},
	}
}

func newRecipientRemove(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "remove AGE-RECIPIENT",
		Short: "Encrypt the files anew without a recipient",
		Long: "Removes a recipient and encrypts all files anew, so that its key does not open them any more. What it has read, or has " +
			"copies of, it keeps: only new tokens end that.",
		Example: `  botring keyring recipient remove age1…
  botring keyring recipient remove age1… --json`,
		Args: args(1, 1, "AGE-RECIPIENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.changeRecipients(cmd.Context(), args[0], false)
		},
	}
}

func newRecipientFinish(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "finish",
		Short: "End a change of recipients that was cut off",
		Long:  "Encrypts all files anew to the recipients as they are, where an earlier change was cut off or met a damaged file.",
		Example: `  botring keyring recipient finish
  botring keyring recipient finish --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			f, _, status, err := s.recipients(ctx)
			if err != nil {
				return err
			}
			items := 0
			if status.Unfinished {
				if items, err = s.reencrypt(func(report func(int, int)) error { return f.FinishRecipients(ctx, report) }); err != nil {
					return s.cutOff(ctx, f, err)
				}
			}
			return s.answerRecipients(ctx, status.Unfinished, items, func() {
				if !status.Unfinished {
					s.say("There is nothing to finish.")
					return
				}
				s.say("Done: %s encrypted anew.", were(items))
			})
		},
	}
}

// changeRecipients adds or removes one.
func (s *shell) changeRecipients(ctx context.Context, recipient string, add bool) error {
	f, before, _, err := s.recipients(ctx)
	if err != nil {
		return err
	}
	known := slices.Contains(before, recipient)
	if !add && !known {
		return &usageError{fault.Fault{
			Kind: "not_found", What: "The files are not encrypted to this recipient.",
			Next: "botring keyring recipient list lists them.", NotSaved: fault.Unchanged,
		}, exitFailure}
	}
	change := f.RemoveRecipient
	if add {
		change = f.AddRecipient
	}
	items := 0
	if changes := add != known; changes {
		if items, err = s.reencrypt(func(report func(int, int)) error { return change(ctx, recipient, report) }); err != nil {
			return s.cutOff(ctx, f, err)
		}
	}
	return s.answerRecipients(ctx, add != known, items, func() {
		switch {
		case add && known:
			s.say("The files are encrypted to this recipient already.")
		case add:
			s.say("Added: its key opens the files too. %s encrypted anew.", upper(were(items)))
		default:
			s.say("Removed: its key opens the files no more. %s encrypted anew.", upper(were(items)))
			s.note("%s", fault.KeptByRecipient)
		}
	})
}

// reencrypt makes a call that encrypts all files anew, and returns how many there were.
func (s *shell) reencrypt(call func(report func(done, total int)) error) (items int, err error) {
	line := s.counter()
	defer line.end()
	err = call(func(done, total int) {
		items = done
		line.show("Encrypting", done, total)
	})
	return items, err
}

// cutOff says of a change that did not come to its end how it does.
func (s *shell) cutOff(ctx context.Context, f *fleet.Fleet, err error) error {
	status, statusErr := f.Keyring(context.WithoutCancel(ctx))
	if statusErr != nil || !status.Unfinished {
		return err
	}
	told := fault.Of(err)
	told.Next = "botring keyring recipient finish ends it."
	told.NotSaved = "The recipients are changed; some files are still encrypted to the ones before."
	told.Actions = nil
	return &usageError{told, codeOfKind(told.Kind)}
}

func (s *shell) answerRecipients(ctx context.Context, changed bool, items int, text func()) error {
	_, recipients, status, err := s.recipients(ctx)
	if err != nil {
		return err
	}
	object := recipientsObject{Keyring: keyringAge, Recipients: recipients, Changed: changed, Items: items, Unfinished: status.Unfinished}
	return s.answer(object, func(io.Writer) { text() })
}
