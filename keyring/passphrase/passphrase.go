// Package passphrase is how somebody is asked for one: again where it is wrong, twice where it is new, not
// for ever, and no longer than the context of whoever needs it lasts. The encrypted files ask for their
// passphrase this way, and a keyring that has no prompter for its password.
package passphrase

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"botring/internal/secret"
)

const (
	// Min is the shortest new passphrase, in characters.
	Min = 8
	// MaxBytes is the longest passphrase in bytes.
	MaxBytes = 4096
	// Tries is how often somebody is asked before it counts as refused.
	Tries = 3
)

// What comes of asking. Every error of this package wraps one of these, or is what was tried with the
// answer.
var (
	// ErrUnanswered: there is nobody to ask, or the context ended before an answer, whose error is wrapped
	// then.
	ErrUnanswered = errors.New("nobody answered")
	// ErrDeclined: whoever was asked gave none, or no new one that will do.
	ErrDeclined = errors.New("no passphrase was given")
	// ErrWrong: it was wrong, at every try. What is tried with an answer returns it for a wrong one.
	ErrWrong = errors.New("wrong passphrase")
)

// A Lock is what a passphrase opens.
type Lock int

// What passphrases open.
const (
	// Files: the encrypted files in a directory.
	Files Lock = iota + 1
	// Keyring: a keyring of the system's, which calls it a password.
	Keyring
)

// String names the lock.
func (l Lock) String() string {
	switch l {
	case Files:
		return "files"
	case Keyring:
		return "keyring"
	default:
		return fmt.Sprintf("lock %d", int(l))
	}
}

// A Purpose says what a passphrase is for.
type Purpose int

// The purposes of a passphrase.
const (
	// ToOpen: the one that there is.
	ToOpen Purpose = iota + 1
	// ToCreate: a new one, for what is made with it. Whoever forgets it loses what is in there.
	ToCreate
	// ToChange: a new one in place of the old, which was asked for before.
	ToChange
	// ToConfirm: the new one once more.
	ToConfirm
)

// String names the purpose.
func (p Purpose) String() string {
	switch p {
	case ToOpen:
		return "open"
	case ToCreate:
		return "create"
	case ToChange:
		return "change"
	case ToConfirm:
		return "confirm"
	default:
		return fmt.Sprintf("purpose %d", int(p))
	}
}

// An Again says why a passphrase is asked for once more.
type Again int

// Why a passphrase is asked for.
const (
	// First: it was not asked for before.
	First Again = iota
	// Wrong: the last one did not open it.
	Wrong
	// Different: the last one and its confirmation were not the same.
	Different
	// TooShort: the last one had fewer than Min characters.
	TooShort
	// NotTypeable: the last one held control characters or was no UTF-8 text, or was longer than MaxBytes.
	NotTypeable
)

// String says it in a word or two.
func (a Again) String() string {
	switch a {
	case First:
		return "first"
	case Wrong:
		return "wrong"
	case Different:
		return "different"
	case TooShort:
		return "too short"
	case NotTypeable:
		return "not typeable"
	default:
		return fmt.Sprintf("again %d", int(a))
	}
}

// An Ask is a question for a passphrase.
type Ask struct {
	Purpose Purpose
	Again   Again
	// Lock is what it opens, and Place which one: the directory of the files, the keyring's own name.
	Lock  Lock
	Place string
}

// An Asker asks somebody, and tells them what came of it. The zero one has nobody to ask.
type Asker struct {
	// Ask puts one question. It must return when its context ends, which is that of the call that needs the
	// passphrase.
	Ask func(context.Context, Ask) (secret.Secret, error)
	// Ended is told how that ended which Ask was called for, with the same context: nil when the lock is
	// open, or made. It may be nil, and must not wait for anything.
	Ended func(context.Context, error)
	// Prompting is told that a keyring shows a prompt of its own, with the context of the call that waits for
	// its answer, and then that it waits no longer. It may be nil, and must not wait for anything.
	Prompting func(ctx context.Context, waits bool)
}

// Somebody reports whether there is anybody to ask.
func (a Asker) Somebody() bool { return a.Ask != nil }

// Prompt says that a prompt is waited for, until what it returns is called.
func (a Asker) Prompt(ctx context.Context) (answered func()) {
	if a.Prompting == nil {
		return func() {}
	}
	a.Prompting(ctx, true)
	return func() { a.Prompting(ctx, false) }
}

// end tells whoever was asked how it ended.
func (a Asker) end(ctx context.Context, err error) {
	if a.Ask != nil && a.Ended != nil && !IsQuiet(ctx) {
		a.Ended(ctx, err)
	}
}

// Open asks for the passphrase of a place and calls try with it, until one is right or it was asked for
// Tries times. try returns ErrWrong for a wrong one; any other error ends the asking. When it returns nil
// the place is open: whoever was asked is told so.
func (a Asker) Open(ctx context.Context, lock Lock, place string, try func(secret.Secret) error) (err error) {
	defer func() { a.end(ctx, err) }()
	again := First
	for range Tries {
		passphrase, err := a.ask(ctx, Ask{Purpose: ToOpen, Again: again, Lock: lock, Place: place})
		if err != nil {
			return err
		}
		if err := try(passphrase); !errors.Is(err, ErrWrong) {
			return err
		}
		again = Wrong
	}
	return fmt.Errorf("%w, %d times", ErrWrong, Tries)
}

// New asks for a new passphrase, twice, and calls use with it. purpose is ToCreate or ToChange.
func (a Asker) New(ctx context.Context, lock Lock, place string, purpose Purpose, use func(secret.Secret) error) (err error) {
	defer func() { a.end(ctx, err) }()
	passphrase, err := a.choose(ctx, lock, place, purpose)
	if err != nil {
		return err
	}
	return use(passphrase)
}

// choose asks for a new passphrase until one will do and was given twice.
func (a Asker) choose(ctx context.Context, lock Lock, place string, purpose Purpose) (secret.Secret, error) {
	again := First
	for range Tries {
		passphrase, err := a.ask(ctx, Ask{Purpose: purpose, Again: again, Lock: lock, Place: place})
		if err != nil {
			return secret.Secret{}, err
		}
		if again = Unfit(passphrase); again != First {
			continue
		}
		confirmed, err := a.ask(ctx, Ask{Purpose: ToConfirm, Lock: lock, Place: place})
		if err != nil {
			return secret.Secret{}, err
		}
		if confirmed.Equal(passphrase) {
			return passphrase, nil
		}
		again = Different
	}
	return secret.Secret{}, fmt.Errorf("%w: none that will do, %d times", ErrDeclined, Tries)
}

// ask puts one question. Whoever is asked may be slow to notice that the context has ended.
func (a Asker) ask(ctx context.Context, question Ask) (secret.Secret, error) {
	if a.Ask == nil || IsQuiet(ctx) {
		return secret.Secret{}, fmt.Errorf("%w: there is nobody to ask for the passphrase", ErrUnanswered)
	}
	type outcome struct {
		passphrase secret.Secret
		err        error
	}
	answered := make(chan outcome, 1)
	if ctx.Err() == nil {
		go func() {
			passphrase, err := a.Ask(ctx, question)
			answered <- outcome{passphrase, err}
		}()
	}
	select {
	case o := <-answered:
		switch {
		case o.err != nil && ctx.Err() != nil:
			return secret.Secret{}, unanswered(ctx)
		case o.err != nil:
			return secret.Secret{}, fmt.Errorf("%w: %w", ErrDeclined, o.err)
		}
		return o.passphrase, nil
	case <-ctx.Done():
		return secret.Secret{}, unanswered(ctx)
	}
}

// unanswered is ErrUnanswered with why the context ended.
func unanswered(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	return fmt.Errorf("%w: %w: %w", ErrUnanswered, err, cause)
}

// Unfit says what is wrong with a new passphrase, First where nothing is. It has to be one that can be
// typed into other programs, too.
func Unfit(passphrase secret.Secret) Again {
	text := passphrase.Reveal()
	switch {
	case !utf8.ValidString(text), strings.ContainsFunc(text, unicode.IsControl), len(text) > MaxBytes:
		return NotTypeable
	case utf8.RuneCountInString(text) < Min:
		return TooShort
	default:
		return First
	}
}
