package fleet

import (
	"context"
	"path/filepath"

	"botring/internal/secret"
	"botring/keyring/agefile"
	"botring/keyring/passphrase"
)

// A Passphrase says where the passphrase of the encrypted files comes from, and who knows the password of a
// system keyring that cannot ask for it itself. It is asked for when a secret is first needed.
type Passphrase struct {
	// File names a file that only its owner can read and that has the one of the encrypted files; then
	// nothing else is tried. CredentialsDir is where systemd puts those of a service.
	File, CredentialsDir string
	// Ask asks somebody where no file has it; nil means that there is nobody. It must return when its
	// context ends, which is that of the call that needs the passphrase, and is not called again before.
	Ask func(context.Context, Ask) (secret.Secret, error)
	// Here: whoever is asked does not sit at this machine's own screen, as over SSH. Then a password is asked
	// for by Ask rather than by a prompt of the keyring's that nobody would see.
	Here bool
	// Ended is told how that ended which Ask was called for, with the same context: nil when it is open, or
	// made. It may be nil, and must not wait.
	Ended func(context.Context, error)
	// Prompting is told that the keyring shows a prompt of its own, with the context of the call that waits
	// for its answer, and then that it waits no longer. It may be nil, and must not wait.
	Prompting func(ctx context.Context, waits bool)
	// WorkFactor is that of new passphrases, 0 for the usual one: about a second. Tests take less.
	WorkFactor int
}

// What callers see of a question for the passphrase.
type (
	// Ask is a question for a passphrase.
	Ask = passphrase.Ask
	// Lock is what a passphrase opens.
	Lock = passphrase.Lock
	// Purpose is what a passphrase is for.
	Purpose = passphrase.Purpose
	// Again is why it is asked for once more.
	Again = passphrase.Again
	// Strength is a hint on how well a new one would stand guessing.
	Strength = passphrase.Strength
)

// What passphrases open.
const (
	OfFiles   = passphrase.Files
	OfKeyring = passphrase.Keyring
)

// The purposes of a passphrase.
const (
	ToOpen    = passphrase.ToOpen
	ToCreate  = passphrase.ToCreate
	ToChange  = passphrase.ToChange
	ToConfirm = passphrase.ToConfirm
)

// Why a passphrase is asked for.
const (
	AskFirst       = passphrase.First
	AskWrong       = passphrase.Wrong
	AskDifferent   = passphrase.Different
	AskTooShort    = passphrase.TooShort
	AskNotTypeable = passphrase.NotTypeable
)

// The strengths of a new passphrase.
const (
	StrengthNone   = passphrase.None // too short, or nothing that can be typed
	StrengthWeak   = passphrase.Weak
	StrengthFair   = passphrase.Fair
	StrengthStrong = passphrase.Strong
)

// MinPassphrase is the shortest new passphrase, in characters.
const MinPassphrase = passphrase.Min

// StrengthOf guesses how strong a new passphrase is.
func StrengthOf(given secret.Secret) Strength { return passphrase.StrengthOf(given) }

// Place is a path as people write it, with ~ for their own directory.
func Place(path string) string { return fromHome(path) }

// asker is whoever knows it.
func (p Passphrase) asker() passphrase.Asker {
	return passphrase.Asker{Ask: p.Ask, Ended: p.Ended, Prompting: p.Prompting}
}

// ageFiles says where the encrypted files are and how they are opened.
func (o Options) ageFiles() agefile.Options {
	files := agefile.Options{
		PassphraseFile: o.Passphrase.File, CredentialsDir: o.Passphrase.CredentialsDir,
		WorkFactor: o.Passphrase.WorkFactor,
	}
	if o.Home != "" {
		files.Dir = filepath.Join(o.Home, "age")
	}
	return files
}
