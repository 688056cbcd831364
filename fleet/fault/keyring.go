package fault

import (
	"errors"
	"fmt"
	"time"

	"botring/keyring"
)

// Kinds of keyring faults in JSON.
const (
	kindUnavailable = "keyring_unavailable"
	kindLocked      = "keyring_locked"
	kindDenied      = "keyring_denied"
	kindTooLarge    = "keyring_too_large"
	kindMissingItem = "keyring_missing_item"
	kindGone        = "keyring_gone"
	kindReadBack    = "keyring_read_back"
	kindCannotList  = "keyring_cannot_list"
	kindDamaged     = "keyring_damaged"
	kindHeld        = "keyring_busy"
)

// noPlainText is the promise that goes with every keyring that is not there.
const noPlainText = "botring never stores secrets in plain text."

func ofKeyring(err error, _ time.Time) (Fault, bool) {
	for _, row := range keyringWords() {
		if errors.Is(err, row.err) {
			return withReason(row.Fault, err), true
		}
	}
	return Fault{}, false
}

// withReason says more of a keyring that is not there or stays locked, where the error knows more.
func withReason(f Fault, err error) Fault {
	var unavailable *keyring.UnavailableError
	var locked *keyring.LockedError
	var denied *keyring.DeniedError
	var held *keyring.HeldError
	switch {
	case f.Kind == kindHeld && errors.As(err, &held):
		return wordsOfHolder(f, held)
	case f.Kind == kindUnavailable && errors.As(err, &unavailable):
		return wordsOfReason(f, unavailable.Reason)
	case f.Kind == kindDenied && errors.As(err, &denied):
		return wordsOfRefusal(f, denied.Refusal)
	case f.Kind == kindLocked && errors.As(err, &locked) && locked.NeedsPassphrase:
		f.What = "The encrypted files are locked."
		f.Why = "They open with a passphrase, no file has it, and there is nobody to ask for it here."
		f.Next = "Run it at a terminal, or name a file that only you can read in BOTRING_PASSPHRASE_FILE."
	case f.Kind == kindLocked && errors.As(err, &locked) && locked.NotAsked:
		f.What = "The keyring wants to ask first."
		f.Why = "It shows a prompt before it does this, and nobody is to be asked."
		f.Next = "Do it where it may ask, or have its program ask less."
		f.Actions = []Action{Retry}
	case f.Kind == kindLocked && errors.As(err, &locked) && locked.NoPrompter:
		f.Why = "Its prompt needs a screen, and there is none here."
		f.Next = "Unlock it at a terminal, where its password can be asked for, or at the machine's own screen."
	case f.Kind == kindLocked && errors.As(err, &locked) && !locked.Unanswered:
		f.Why = "It shows no prompt here: there may be no screen for one."
		f.Next = "Unlock it in its own program, then try again."
	}
	return f
}

// wordsOfReason says which part of a keyring is missing.
func wordsOfReason(f Fault, reason keyring.Reason) Fault {
	why := ""
	switch reason {
	case keyring.NoSessionBus:
		why = "There is no D-Bus session."
	case keyring.NoSecretService:
		why = "No keyring program answers: the Secret Service is missing."
	case keyring.NoCollection:
		why = "The keyring program runs and has no default keyring to store in."
		f.Next = "Make one, here or in its program, then try again."
		f.Actions = []Action{CreateKeyring, Retry, UseFile, UseMemory}
	case keyring.NoEncryption:
		why = "The keyring program takes secrets over the bus only in the clear."
		f.Next = "KWallet needs QCA's OpenSSL plugin for more (on Debian libqca-qt5-2-plugins). Or use another keyring program, " +
			"the encrypted file, or memory, which forgets everything at the end."
	case keyring.NoLogonSession:
		why = "Windows keeps no credentials for this kind of logon."
		f.Next = "Log on to the machine itself, use the encrypted file, or go on in memory and forget everything at the end."
	case keyring.NoAnswer:
		f.What = "The keyring does not answer."
		why = "Its program is there; it may be waiting for an answer of yours."
		f.Next = "Look whether it waits for you, or restart it."
	case keyring.KeyringFault:
		why = "The keyring program answered with a fault of its own."
		f.Next = "Restart it, then try again."
		f.Logged = true
	case keyring.NoLockFile:
		f.What = "The keyring cannot be locked for writing."
		why = "The lock that writers take could not be made on disk."
		f.Next = "Make the state directory writable, or use another --home."
	case keyring.UnsupportedOS:
		why = "botring knows no keyring of this operating system."
		f.Next = "Use the encrypted file, or go on in memory and forget everything at the end."
	case keyring.UnknownKind:
		f.What = "There is no keyring of this kind."
		why = "It is none of system, age and memory."
		f.Next = "Use system, age or memory."
	case keyring.NoStoreDir, keyring.StoreUnsafe, keyring.StoreNotWritable, keyring.StoreFull, keyring.StoreFault,
		keyring.IdentityMissing, keyring.IdentityDamaged, keyring.RecipientsUnusable,
		keyring.PassphraseFileRefused, keyring.PassphraseChanged, keyring.NoKernelKeyring:
		return wordsOfFiles(f, reason)
	default:
		return f
	}
	f.Why = why + " " + noPlainText
	return f
}

// wordsOfFiles says what is wrong with the encrypted files. Their faults do not go away by starting a
// keyring, and the files that are there are as they were.
func wordsOfFiles(f Fault, reason keyring.Reason) Fault {
	f.What = "The encrypted files cannot be used."
	why := ""
	switch reason {
	case keyring.NoStoreDir:
		why = "It is not known where they should be: there is no home directory."
		f.Next = "Set HOME, or use --home."
	case keyring.StoreUnsafe:
		why = "Others can write to them, or there are links among them, so they may not be what was saved."
		f.Next = "Look who changed them, then take the rights of others away with chmod -R go-w."
	case keyring.StoreNotWritable:
		f.What = "The encrypted files cannot be written."
		why = "Their directory or its disk is read-only here."
		f.Next = "Make the directory writable, then save again."
	case keyring.StoreFull:
		f.What = "There is no room for the encrypted file."
		why = "The disk is full, or a quota or limit is reached."
		f.Next = "Make room, then save again."
	case keyring.StoreFault:
		why = "The disk or its file system has a fault of its own."
		f.Next = "Look at the disk, then try again."
		f.Logged = true
	case keyring.IdentityMissing:
		why = "There are files and no identity: what the passphrase opens is gone."
		f.Next = "Bring the file identities back from a backup. A new one could not read what is there."
	case keyring.IdentityDamaged:
		why = "The file identities is not what age wrote."
		f.Next = "Bring it back from a backup."
	case keyring.RecipientsUnusable:
		why = "A recipient is none of age's, or this computer's own identity is not among them."
		f.Next = "Look at the file store/.age-recipients, then try again."
	case keyring.PassphraseFileRefused:
		why = "The file with the passphrase is missing, is empty, or others can read it."
		f.Next = "Make it a file of one line that only you can read: chmod 600."
	case keyring.PassphraseChanged:
		f.What = "The passphrase was not changed."
		why = "Another program changed it at the same time."
		f.Next = "Try again with the passphrase that is now the right one."
	case keyring.NoKernelKeyring:
		f.What = "The passphrase cannot be remembered here."
		why = "The kernel keeps no keys for this user, as in most containers."
		f.Next = "Give the passphrase each time, or in a file that only you can read."
	case keyring.NoSessionBus, keyring.NoSecretService, keyring.NoCollection, keyring.NoEncryption,
		keyring.NoLogonSession, keyring.NoAnswer, keyring.KeyringFault, keyring.NoLockFile,
		keyring.UnsupportedOS, keyring.UnknownKind:
		return f
	}
	f.Why = why + " " + noPlainText
	f.Actions = []Action{Retry, Keep}
	return f
}

// wordsOfHolder says which process does not let others write, where that is known.
func wordsOfHolder(f Fault, held *keyring.HeldError) Fault {
	switch {
	case held.Process == 0:
	case held.Stopped:
		f.Why = fmt.Sprintf("It is process %d, and it is stopped, as ctrl+z does.", held.Process)
		f.Next = "Let it go on, with fg in its terminal, or end it, then try again."
	default:
		f.Why = fmt.Sprintf("It is process %d. One at a time writes, and the others wait for a few seconds only.", held.Process)
	}
	return f
}

// wordsOfRefusal says why access was denied.
func wordsOfRefusal(f Fault, refusal keyring.Refusal) Fault {
	switch refusal {
	case keyring.WrongPassphrase:
		f.What = "The passphrase is wrong."
		f.Why = "It does not open the encrypted files."
		f.Next = "Try again. Without the passphrase nobody can read them, botring included."
	case keyring.NoPassphrase:
		f.What = "The encrypted files stay locked."
		f.Why = "Their passphrase was not given."
		f.Next = "Try again when you have it."
	case keyring.WrongPassword:
		f.What = "The password is wrong."
		f.Why = "It does not open the keyring. It may be the one you logged on with when the keyring was made."
		f.Next = "Try again."
	case keyring.NoPermission:
		f.What = "The encrypted files cannot be read."
		f.Why = "They belong to another user, or their rights are too narrow."
		f.Next = "Run botring as the user they belong to."
		f.Actions = []Action{Retry, Keep}
	}
	return f
}

// A keyringRow is what is said of one of the keyring's sentinels.
type keyringRow struct {
	err error
	Fault
}

// keyringWords is the table. The order counts where an error wraps two sentinels: the first one is told.
func keyringWords() []keyringRow {
	return []keyringRow{
		{keyring.ErrGone, Fault{
			Kind:     kindGone,
			What:     "The keyring went away in the middle of it.",
			Why:      "Its program ended or was restarted. Whether the write arrived is not known, so it counts as not saved.",
			Next:     "Start the keyring, then save again.",
			NotSaved: "What was saved before is kept if the keyring still has it.",
			Actions:  []Action{Retry, Keep},
		}},
		{keyring.ErrReadBack, Fault{
			Kind:     kindReadBack,
			What:     "The keyring did not keep what it was given.",
			Why:      "What was read back differs from what was written; two keyring programs may work on the same files.",
			Next:     "Make sure that only one keyring runs, then save again.",
			NotSaved: "This does not count as saved.",
			Actions:  []Action{Retry, Keep},
		}},
		{keyring.ErrTooLarge, Fault{
			Kind:     kindTooLarge,
			What:     "This is too large for the keyring of this system.",
			Why:      "An item holds the token, the session, the label and the tags, and the system bounds its size.",
			Next:     "Use a shorter label and fewer tags.",
			NotSaved: notSent,
			Actions:  []Action{Edit},
		}},
		{keyring.ErrHeld, Fault{
			Kind:     kindHeld,
			What:     "Another botring is writing to the keyring, and does not come to an end.",
			Why:      "One at a time writes, and the others wait for a few seconds only.",
			Next:     "Look what it waits for, or end it, then try again.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, Keep},
		}},
		{keyring.ErrDenied, Fault{
			Kind:     kindDenied,
			What:     "The keyring refused access.",
			Why:      "Its prompt was dismissed, or the system does not allow it.",
			Next:     "Try again and allow it.",
			NotSaved: notSaved,
			Actions:  []Action{Unlock, Retry},
		}},
		{keyring.ErrLocked, Fault{
			Kind:     kindLocked,
			What:     "The keyring is locked.",
			Why:      "Nobody unlocked it in time. The unlock prompt may be on the machine's own screen.",
			Next:     "Unlock it, then try again.",
			NotSaved: notSaved,
			Actions:  []Action{Unlock, Retry},
		}},
		{keyring.ErrCannotList, Fault{
			Kind:     kindCannotList,
			What:     "This keyring cannot list its items.",
			Why:      "The system hands out single items by name only.",
			Next:     "Bots that are not in the list have to be added again.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{keyring.ErrCannotSee, Fault{
			Kind:     "keyring_unseen",
			What:     "Other keyring programs cannot be seen.",
			Why:      "The system does not show other programs here, as in a container.",
			Next:     "Make sure by other means that only one works on the same files.",
			NotSaved: Unchanged,
			Actions:  []Action{Keep},
		}},
		{keyring.ErrBadName, Fault{
			Kind:     "keyring_bad_name",
			What:     "The keyring cannot keep an item of this name.",
			Why:      "Names of items are short and plain; the environment's or ring's name may be too long.",
			Next:     "Use a shorter name for the environment or the ring.",
			NotSaved: notSent,
			Actions:  []Action{Edit},
		}},
		{keyring.ErrDamaged, Fault{
			Kind:     kindDamaged,
			What:     "The secret of this bot cannot be decrypted.",
			Why:      "Its file was damaged, or encrypted to somebody else.",
			Next:     "Bring the file back from a backup, or paste the token again.",
			NotSaved: "The file was not touched. The bot stays in the list.",
			Actions:  []Action{ReplaceToken, Remove, Keep},
		}},
		{keyring.ErrNotFound, missingItem()},
		{keyring.ErrUnavailable, Fault{
			Kind:     kindUnavailable,
			What:     "There is no keyring here.",
			Why:      "There is no D-Bus session, or no keyring program answers on it. " + noPlainText,
			Next:     "Start one, such as gnome-keyring or KeePassXC, use the encrypted file, or go on in memory and forget everything at the end.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, UseFile, UseMemory},
		}},
	}
}

// missingItem: the catalogue knows the bot, and the keyring has nothing for it.
func missingItem() Fault {
	return Fault{
		Kind:     kindMissingItem,
		What:     "The secret of this bot is missing from the keyring.",
		Why:      "It was deleted there by another program, or the keyring was replaced.",
		Next:     "Paste the token again, or remove the bot.",
		NotSaved: "The bot stays in the list.",
		Actions:  []Action{ReplaceToken, Remove},
	}
}

// KeptByRecipient is what the removal of a recipient does not take back.
const KeptByRecipient = "What it has read, or has copies of, it keeps. Only new tokens and api_hashes end that."
