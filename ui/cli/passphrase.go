package cli

import (
	"context"
	"fmt"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

// askPassphrase asks on the terminal for the passphrase of the encrypted files, or for the password of a
// keyring that has no prompt of its own here. How often is the store's matter: it asks again for one that is
// wrong.
func (s *shell) askPassphrase(ctx context.Context, ask fleet.Ask) (secret.Secret, error) {
	s.waiting.takeBack()
	s.prompting.Lock()
	defer s.prompting.Unlock()
	if why := whyAgain(ask); why != "" {
		fmt.Fprintln(s.Err, why)
	}
	for _, line := range whatFor(ask) {
		fmt.Fprintln(s.Err, line)
	}
	text, err := s.promptSecret(ctx, promptOf(ask))
	if err == nil && ask.Lock == fleet.OfFiles && ask.Purpose == fleet.ToConfirm {
		s.takesAMoment() // until Ended tells that they are made
	}
	return secret.New(strings.TrimRight(text, "\r\n")), err
}

// promptOf is the question itself.
func promptOf(ask fleet.Ask) string {
	switch ask.Purpose {
	case fleet.ToCreate, fleet.ToChange:
		return fmt.Sprintf("New %s, at least %d characters: ", keyOf(ask.Lock), fleet.MinPassphrase)
	case fleet.ToConfirm:
		return "The same once more: "
	case fleet.ToOpen:
	}
	if ask.Lock == fleet.OfKeyring {
		return "Password of the " + keyringNamed(ask.Place) + ": "
	}
	return "Passphrase of " + fault.Clean(fleet.Place(ask.Place)) + ": "
}

// whatFor says of a new one what it is for, before it is first asked for.
func whatFor(ask fleet.Ask) []string {
	if ask.Purpose != fleet.ToCreate || ask.Again != fleet.AskFirst {
		return nil
	}
	if ask.Lock == fleet.OfKeyring {
		return []string{
			"This makes the " + keyringNamed(ask.Place) + ", for the secrets of all your programs.",
			"A password opens it; whoever forgets it loses what is in it.",
		}
	}
	return []string{
		"Secrets go to an encrypted file, " + fault.Clean(fleet.Place(ask.Place)) + ".",
		"A passphrase opens it; without it nobody can read it, botring included.",
	}
}

// keyOf is what opens a lock: files have a passphrase, and the system's keyrings call theirs a password.
func keyOf(lock fleet.Lock) string {
	if lock == fleet.OfKeyring {
		return "password"
	}
	return "passphrase"
}

// keyringNamed is a keyring by its own name, which any program may have given it.
func keyringNamed(name string) string {
	if name = fault.Clean(name); name != "" {
		return "keyring “" + name + "”"
	}
	return "keyring"
}

// whyAgain says why it asks once more.
func whyAgain(ask fleet.Ask) string {
	switch ask.Again {
	case fleet.AskWrong:
		return "That is not the " + keyOf(ask.Lock) + "."
	case fleet.AskDifferent:
		return "The two are not the same."
	case fleet.AskTooShort:
		return fmt.Sprintf("That has fewer than %d characters.", fleet.MinPassphrase)
	case fleet.AskNotTypeable:
		return "That holds characters which cannot be typed."
	case fleet.AskFirst:
	}
	return ""
}
