package ui

import (
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// passphraseWords are what the screen says of a question: what is asked for differs in name and in what is
// lost with it.
type passphraseWords struct {
	title, label, wrong string
	// says is what it is for, and brief the part of it that a low terminal has room for.
	says, brief string
	// work is what goes on once it was given.
	work string
}

func (p passphrase) words() passphraseWords {
	ask := p.question.ask
	if ask.Lock == fleet.OfKeyring {
		return passwordWords(ask)
	}
	place := fault.Clean(fleet.Place(ask.Place))
	w := passphraseWords{
		title: "A new passphrase", label: "Passphrase", wrong: "That is not the passphrase.",
		brief: "Without it nobody can read the file.",
	}
	switch ask.Purpose {
	case fleet.ToOpen:
		w.title, w.brief = "Passphrase", ""
		w.says = "The secrets are in an encrypted file, " + place + ". Its passphrase opens it."
		w.work = "Opening it takes about a second"
	case fleet.ToChange:
		w.says = "It opens the encrypted file, " + place + ", from now on. Copies of it that were made before open with the old one."
		w.work = "Changing it takes a few seconds"
	case fleet.ToCreate, fleet.ToConfirm:
		w.says = "Secrets go to an encrypted file, " + place + ". A passphrase opens it; without it nobody can read it, botring included."
		w.work = "Making the file takes a few seconds"
	}
	return w
}

// passwordWords are those of a keyring of the system's. Its name is the keyring program's, or somebody's who
// made it, and not to be trusted.
func passwordWords(ask fleet.Ask) passphraseWords {
	name := quoted(ask.Place)
	w := passphraseWords{title: "Password", label: "Password", wrong: "That is not the password."}
	if ask.Purpose == fleet.ToOpen {
		w.says = "The keyring " + name + " is locked, and there is no screen for its own prompt. Its password opens it."
		w.brief = "It opens the keyring " + name + "."
		w.work = "Unlocking the keyring"
		return w
	}
	w.title = "A new password"
	w.says = "botring makes a default keyring, " + name + ", for all programs that keep secrets in one. Its password opens it; whoever forgets it loses what is in it."
	w.brief = "Whoever forgets it loses what is in it."
	w.work = "Making the keyring"
	return w
}

// maxName bounds what is shown of a name that strangers chose, in cells.
const maxName = 40

// quoted is a name of others' as it stands in a sentence.
func quoted(name string) string {
	return `"` + ansi.Truncate(fault.Clean(name), maxName, "…") + `"`
}
