package secretservice

import (
	"context"
	"errors"
	"fmt"

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
	if prompt != nothing && passphrase.IsQuiet(ctx) {
		return fmt.Errorf("%w: it would prompt, and nobody asked for that", ErrLocked)
	}
	err := l.answer(ctx, prompt)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}

// answer shows a prompt and waits for it to be answered: ErrDenied when it is dismissed, ErrGone when the
// service dies, the context's error when that ends. There is nothing to wait for in a prompt of "/".
//
// A prompt that is given up on stays on the screen: Prompt.Dismiss makes gnome-keyring 42.1 abort, and an
// answer that comes late still unlocks.
func (l *link) answer(ctx context.Context, prompt dbus.ObjectPath) error {
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

	defer l.ask.Prompt(ctx)()
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
