package ui

import (
	"context"
	"errors"
	"sync"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

// Passphrases carry the questions for the passphrase of the encrypted file, or the password of a keyring that
// cannot ask for it itself, from the calls that need it to the screens, and the answers back. A fleet is
// opened before there are screens, so they are made first.
type Passphrases struct {
	events chan tea.Msg

	mu sync.Mutex
	// chosen is a new passphrase, which was typed twice already: the store asks for the second time on
	// its own.
	chosen secret.Secret
}

// NewPassphrases makes the link between a fleet and the screens that show it.
func NewPassphrases() *Passphrases { return &Passphrases{events: make(chan tea.Msg, 8)} }

// askedMsg is a question for the passphrase.
type askedMsg struct {
	ask fleet.Ask
	// task is whose call asks, 0 where that is not known.
	task   int
	answer chan<- answer
}

// An answer is a passphrase, or that there is none.
type answer struct {
	passphrase secret.Secret
	err        error
}

// openedMsg is the end of what a task's passphrase was asked for.
type openedMsg struct {
	task int
	err  error
}

// promptedMsg tells that a task waits for the answer to a prompt of the keyring's own, or waits no longer.
type promptedMsg struct {
	task  int
	waits bool
}

// unrememberedMsg says why the choice of the encrypted file was not written down. It is in use all the same.
type unrememberedMsg struct{ err error }

// words is the message as a sentence.
func (m unrememberedMsg) words() string {
	return "The choice is not remembered. " + fault.Clean(m.err.Error())
}

// errGaveUp is the answer of somebody who does not give the passphrase.
var errGaveUp = errors.New("the passphrase was not given")

// Ask shows a question and waits for its answer as long as ctx lasts. It is what fleet.Passphrase asks.
func (p *Passphrases) Ask(ctx context.Context, ask fleet.Ask) (secret.Secret, error) {
	if ask.Purpose == fleet.ToConfirm {
		return p.choose(secret.Secret{}), nil
	}
	given := make(chan answer, 1)
	select {
	case p.events <- askedMsg{ask: ask, task: taskOf(ctx), answer: given}:
	case <-ctx.Done():
		return secret.Secret{}, ctx.Err()
	}
	select {
	case a := <-given:
		if ask.Purpose != fleet.ToOpen {
			p.choose(a.passphrase)
		}
		return a.passphrase, a.err
	case <-ctx.Done():
		return secret.Secret{}, ctx.Err()
	}
}

// choose keeps a new passphrase for its confirmation, and returns the one that was kept.
func (p *Passphrases) choose(passphrase secret.Secret) secret.Secret {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.chosen
	p.chosen = passphrase
	return before
}

// Ended tells the screens how that ended which Ask was called for. It is what fleet.Passphrase calls.
func (p *Passphrases) Ended(ctx context.Context, err error) { p.tell(openedMsg{taskOf(ctx), err}) }

// Prompting tells the screens that the keyring's own prompt is waited for, or no longer. It is what
// fleet.Passphrase calls.
func (p *Passphrases) Prompting(ctx context.Context, waits bool) {
	p.tell(promptedMsg{taskOf(ctx), waits})
}

// tell never waits: without screens nobody listens.
func (p *Passphrases) tell(msg tea.Msg) {
	select {
	case p.events <- msg:
	default:
	}
}

// next waits for the next question, or the end of one. Root returns it again after each.
func (p *Passphrases) next(ctx context.Context) tea.Cmd {
	if p == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case msg := <-p.events:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

// taskKey is the key of a context's task.
type taskKey struct{}

// withTask marks a task's context, so that a question of its call can be told from those of others.
func withTask(ctx context.Context, id int) context.Context {
	return context.WithValue(ctx, taskKey{}, id)
}

// taskOf is the task that a call belongs to, 0 where it is not known.
func taskOf(ctx context.Context) int {
	id, _ := ctx.Value(taskKey{}).(int)
	return id
}

// encrypted reports whether secrets go to the encrypted file.
func (sh *shell) encrypted() bool { return sh.keyring.status.Kind == kindAge }

// offersFile reports whether secrets may go to the encrypted file from now on.
func (sh *shell) offersFile() bool {
	return sh.remember != nil && sh.passphrases != nil && !sh.encrypted() && !sh.demo()
}

// useFile goes on with the encrypted file, and has the choice remembered once the file is open.
func (sh *shell) useFile() func(context.Context) error {
	f, remember, passphrases := sh.fleet, sh.remember, sh.passphrases
	return func(ctx context.Context) error {
		if err := f.UseEncrypted(ctx); err != nil {
			return err
		}
		if err := remember(kindAge); err != nil {
			passphrases.tell(unrememberedMsg{err})
		}
		return nil
	}
}
