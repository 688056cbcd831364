package fleet

import (
	"context"
	"errors"
	"fmt"

	"botring/keyring"
	"botring/telegram"
)

// undo puts the keyring back to what it was before a save that failed, as far as anything was written.
// Where that fails too, the save stays in the journal: the write may have arrived, and the next start finds
// out what the keyring holds.
func (f *Fleet) undo(ctx context.Context, on *ground, s *save) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if !s.wrote || s.on != on {
		s.drop(ctx, on)
		return nil
	}
	r, release, err := on.ring.hold(ctx)
	if err != nil {
		return fmt.Errorf("undo the save: %w", err)
	}
	defer release()
	err = restore(ctx, r, keyring.Item{Name: s.itemName(), Label: s.itemLabel(), Value: s.old})
	if s.newApp {
		app := keyring.Item{Name: appItemName(s.app.APIID), Label: "botring: app " + s.app.Name, Value: s.oldApp}
		err = also(err, restore(ctx, r, app))
	}
	if err != nil {
		return fmt.Errorf("undo the save: %w", err)
	}
	s.wrote = false
	s.drop(ctx, on)
	return nil
}

// restore makes an item what it was; one that was not there goes.
func restore(ctx context.Context, r *keyring.Ring, item keyring.Item) error {
	now, err := r.Get(ctx, item.Name)
	missing := errors.Is(err, keyring.ErrNotFound)
	switch {
	case err != nil && !missing:
		return err
	case now.Equal(item.Value): // both may be empty
		return nil
	case item.Value.Empty():
		return r.Delete(ctx, item.Name)
	}
	return r.Put(ctx, item)
}

// giveUp ends a login that will not be saved: the keyring as it was, the session ended at Telegram. The
// error is a *NotUndoneError where only the keyring failed.
func (f *Fleet) giveUp(ctx context.Context, on *ground, s *save) error {
	undone := f.undo(ctx, on, s)
	if err := f.end(ctx, s.item.Session.Session); err != nil {
		return also(err, undone)
	}
	if undone != nil {
		return &NotUndoneError{Err: undone}
	}
	return nil
}

// end logs a session out that nobody keeps.
func (f *Fleet) end(ctx context.Context, session telegram.Session) (err error) {
	ctx, op := f.begin(ctx, "end session", Key{Environment: session.Environment, ID: session.UserID})
	defer op.end(&err)
	ctx, cancel := afterwards(ctx)
	defer cancel()
	talk, err := f.speak(session.Environment)
	if err != nil {
		return err
	}
	if err := talk.LogOut(ctx, telegram.App{ID: session.APIID}, session, nil); err != nil {
		return fmt.Errorf("log the session out: %w", err)
	}
	return nil
}

// cancelled is what a call returns that its user turned away from after Telegram had granted the login.
func cancelled(err error) error {
	return &telegram.Error{Kind: telegram.Cancelled, Sent: true, Err: err}
}

// SaveAgain retries the saving, and only that, of a login that could not be saved.
func (f *Fleet) SaveAgain(ctx context.Context, unsaved *UnsavedError) (saved Saved, err error) {
	ctx, op := f.begin(ctx, "save again", unsaved.Bot.Key)
	defer op.end(&err)
	s := unsaved.login
	if s == nil {
		return Saved{}, fmt.Errorf("save again: %w", unsaved)
	}
	on := f.at.Load()
	release, err := on.guard.take(ctx, s.key)
	if err != nil {
		return Saved{}, err
	}
	defer release()
	if s.on != nil && s.on != on {
		// Another ring than the one that failed: it may not know the app either.
		s.looked, s.newApp = false, s.further == ""
	}
	saved, err = f.write(ctx, on, s, nil)
	if err != nil {
		return Saved{}, &UnsavedError{Bot: unsaved.Bot, Err: err, login: s}
	}
	return saved, nil
}

// Abandon gives up a login that could not be saved: it is logged out at Telegram, and what the keyring
// held before is put back if it is not there any more. The error is a *NotUndoneError where only that failed.
func (f *Fleet) Abandon(ctx context.Context, unsaved *UnsavedError) (err error) {
	ctx, op := f.begin(ctx, "abandon", unsaved.Bot.Key)
	defer op.end(&err)
	s := unsaved.login
	if s == nil {
		return fmt.Errorf("abandon: %w", unsaved)
	}
	on := f.at.Load()
	release, err := on.guard.take(ctx, s.key)
	if err != nil {
		return err
	}
	defer release()
	return f.giveUp(ctx, on, s)
}
