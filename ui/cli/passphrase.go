package cli

import (
	"context"
	"fmt"
	"strings"

	"botring/fleet"
	"botring/internal/secret"
)

// askPassphrase asks on the terminal for the passphrase of the encrypted file. How often is the store's
// matter: it asks again for one that is wrong.
func (s *shell) askPassphrase(ctx context.Context, ask fleet.Ask) (secret.Secret, error) {
	s.prompting.Lock()
	defer s.prompting.Unlock()
	if why := whyAgain(ask); why != "" {
		fmt.Fprintln(s.Err, why)
	}
	prompt := "Passphrase of " + fleet.Place(ask.Place) + ": "
	switch ask.Purpose {
	case fleet.ToCreate, fleet.ToChange:
		if ask.Again == fleet.AskFirst && ask.Purpose == fleet.ToCreate {
			fmt.Fprintf(s.Err, "Secrets go to an encrypted file, %s.\n", fleet.Place(ask.Place))
			fmt.Fprintln(s.Err, "A passphrase opens it; without it nobody can read it, botring included.")
		}
		prompt = fmt.Sprintf("New passphrase, at least %d characters: ", fleet.MinPassphrase)
	case fleet.ToConfirm:
		prompt = "The same once more: "
	case fleet.ToOpen:
	}
	text, err := s.promptSecret(ctx, prompt)
	return secret.New(strings.TrimRight(text, "\r\n")), err
}

// whyAgain says why it asks once more.
func whyAgain(ask fleet.Ask) string {
	switch ask.Again {
	case fleet.AskWrong:
		return "That is not the passphrase."
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
