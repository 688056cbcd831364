package secretservice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/keyring/passphrase"
)

// unlockCollection unlocks a collection that is locked. Callers queue, so that ten reads of a locked
// keyring show one prompt.
func (c *Client) unlockCollection(ctx context.Context, l *link, collection dbus.ObjectPath) error {
	select {
	case c.unlocking <- struct{}{}:
		defer func() { <-c.unlocking }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrLocked, contextError(ctx))
	}
	if locked, err := l.locked(ctx, collection); err != nil || !locked {
		return err
	}
	if err := c.openCollection(ctx, l, collection); err != nil {
		return fmt.Errorf("unlock: %w", err)
	}
	switch locked, err := l.locked(ctx, collection); {
	case err != nil:
		return err
	case locked:
		return fmt.Errorf("unlock: %w, though its prompt was answered", ErrLocked)
	}
	return nil
}

// dismissTakes bounds the dismissal of a prompt, whose caller has run out of time.
const dismissTakes = 2 * time.Second

// unaskedTakes is how long a prompt may take that asks nobody. KeePassXC's are over within milliseconds.
const unaskedTakes = 2 * time.Second

// unlock asks the service to unlock objects and waits for its prompt, if it wants one.
func (l *link) unlock(ctx context.Context, objects ...dbus.ObjectPath) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := l.call(ctx, servicePath, serviceInterface+".Unlock", objects).store(&unlocked, &prompt)
	if err != nil {
		return err
	}
	return l.await(ctx, prompt)
}

// lock asks the service to lock a collection.
func (l *link) lock(ctx context.Context, collection dbus.ObjectPath) error {
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := l.call(ctx, servicePath, serviceInterface+".Lock", []dbus.ObjectPath{collection}).store(&locked, &prompt)
	if err == nil {
		err = l.await(ctx, prompt)
	}
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}

// await is answer for a prompt that stands between us and the keyring: waiting in vain for a person is a
// locked keyring, whatever ended the wait.
func (l *link) await(ctx context.Context, prompt dbus.ObjectPath) error {
	err := l.answer(ctx, prompt)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}

// allow is answer for a prompt before a write or a deletion. One that is given up on is taken back: an answer
// that comes late would write what its caller has reported as not written.
//
// KeePassXC wants a prompt for every write, and over most of them ends at once and asks nobody. So one is begun
// where nobody is to be asked, too, and given a moment, unless asks says that somebody would be.
func (l *link) allow(ctx context.Context, prompt dbus.ObjectPath, asks bool) error {
	if prompt == nothing || !l.quiet(ctx) {
		return l.settle(ctx, prompt)
	}
	if asks {
		return ErrNotAsked
	}
	moment, cancel := context.WithTimeoutCause(ctx, unaskedTakes, ErrNotAsked)
	defer cancel()
	err := l.settle(moment, prompt)
	if errors.Is(err, ErrNotAsked) {
		return ErrNotAsked // and not the end of a context, which was our own
	}
	return err
}

// settle shows a prompt, and takes it back when ctx ends first.
func (l *link) settle(ctx context.Context, prompt dbus.ObjectPath) error {
	err := l.show(ctx, prompt)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		l.dismiss(ctx, prompt)
	}
	return err
}

// dismiss takes a prompt back that nobody answered in time. It is never gnome-keyring's: Prompt.Dismiss makes
// version 42.1 abort. That one shows no prompt before it writes to a collection that is open.
func (l *link) dismiss(ctx context.Context, prompt dbus.ObjectPath) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dismissTakes)
	defer cancel()
	if name, _ := l.provider(ctx); name == gnomeKeyring || l.takesPasswords(ctx) {
		return
	}
	// Its answer is waited for, so that whoever looks next at what the keyring holds sees what will stay. That
	// there is none is no news: it is a service that does not answer.
	_ = l.call(ctx, prompt, promptInterface+".Dismiss").err
}

// quiet reports whether nobody is to be asked: for good, or in this call.
func (l *link) quiet(ctx context.Context) bool { return l.opts.NoPrompts || passphrase.IsQuiet(ctx) }

// answer is show, unless nobody is to be asked: then the error is ErrNotAsked, at once.
func (l *link) answer(ctx context.Context, prompt dbus.ObjectPath) error {
	if prompt != nothing && l.quiet(ctx) {
		return ErrNotAsked
	}
	return l.show(ctx, prompt)
}

// show shows a prompt and waits for it to be answered: ErrDenied when it is dismissed, ErrGone when the
// service dies, the context's error when that ends. There is nothing to wait for in a prompt of "/".
//
// A prompt that is given up on stays on the screen: Prompt.Dismiss makes gnome-keyring 42.1 abort, and an
// answer that comes late still unlocks. Of those before a write see allow.
func (l *link) show(ctx context.Context, prompt dbus.ObjectPath) error {
	if prompt == nothing {
		return nil
	}
	if !prompt.IsValid() {
		return fmt.Errorf("%w: %q is no prompt", ErrFault, prompt)
	}
	signals := make(chan *dbus.Signal, 8)
	l.conn.Signal(signals)
	defer l.conn.RemoveSignal(signals)
	stop, err := l.watch(ctx, prompt)
	if err != nil {
		return err
	}
	defer stop()

	defer l.opts.Ask.Prompt(ctx)()
	if err := l.call(ctx, prompt, promptInterface+".Prompt", "").store(); err != nil {
		return fmt.Errorf("prompt: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return contextError(ctx)
		case <-l.conn.Context().Done():
			return errGonePrompting
		case signal, open := <-signals:
			switch {
			case !open, l.lostOwner(signal):
				return errGonePrompting
			case signal.Sender == l.owner && signal.Path == prompt && signal.Name == promptInterface+".Completed":
				return completed(signal)
			}
		}
	}
}

// completed reads the signal that ends a prompt.
func completed(signal *dbus.Signal) error {
	var dismissed bool
	var result dbus.Variant
	if err := dbus.Store(signal.Body, &dismissed, &result); err != nil {
		return fmt.Errorf("%w: unexpected end of a prompt: %w", ErrFault, err)
	}
	if dismissed {
		return errDismissed
	}
	return nil
}

// watch asks the bus for the signals that end a prompt: its own, and the service's death. It has to be
// called before the prompt is shown: without a display it is over at once.
func (l *link) watch(ctx context.Context, prompt dbus.ObjectPath) (stop func(), err error) {
	rules := []string{
		fmt.Sprintf("type='signal',sender='%s',path='%s',interface='%s',member='Completed'",
			l.owner, prompt, promptInterface),
		fmt.Sprintf("type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"+
			"member='NameOwnerChanged',arg0='%s'", l.owner),
	}
	stop = func() {
		for _, rule := range rules {
			// Nobody waits for the answer: the end of the caller's context may be why we stop.
			l.conn.BusObject().Go("org.freedesktop.DBus.RemoveMatch", dbus.FlagNoReplyExpected, nil, rule)
		}
	}
	for _, rule := range rules {
		if err := l.send(ctx, l.conn.BusObject(), "org.freedesktop.DBus.AddMatch", rule).err; err != nil {
			stop()
			return nil, fmt.Errorf("watch the prompt: %w", err)
		}
	}
	return stop, nil
}

// lostOwner reports whether a signal says that the service's process has left the bus.
func (l *link) lostOwner(signal *dbus.Signal) bool {
	if signal.Sender != "org.freedesktop.DBus" || signal.Name != "org.freedesktop.DBus.NameOwnerChanged" {
		return false
	}
	var name, before, after string
	return dbus.Store(signal.Body, &name, &before, &after) == nil && name == l.owner && after == ""
}
