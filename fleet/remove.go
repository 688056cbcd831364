package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// A Removed is a bot that was taken out of keyring and catalogue, with all that was there. It is in memory
// only, and Restore puts it back.
type Removed struct {
	Bot Bot
	// LoggedOut: its sessions here were ended at Telegram first, whatever came of the removing.
	LoggedOut bool
	items     []keyring.Item
}

// Whole reports whether Restore could put everything back: an item that could not be read is lost.
func (r Removed) Whole() bool { return len(r.items) > 0 }

// ErrBackAlready says that a bot that was removed is there again, so that nothing is put in its place.
var ErrBackAlready = errors.New("the bot is there again")

// Remove deletes the bot's items from the keyring and then its row. Its sessions live on at Telegram: to
// end them, LogOut first. Items that are gone already are no error.
func (f *Fleet) Remove(ctx context.Context, key Key) error {
	_, err := f.take(ctx, key, false)
	return err
}

// Take is Remove, and returns what was removed. To read that, encrypted files ask for their passphrase, which
// Remove does not need.
func (f *Fleet) Take(ctx context.Context, key Key) (Removed, error) { return f.take(ctx, key, true) }

func (f *Fleet) take(ctx context.Context, key Key, keep bool) (removed Removed, err error) {
	ctx, op := f.begin(ctx, "remove", key)
	defer op.end(&err)
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Removed{}, err
	}
	defer release()
	if removed.Bot, err = on.Row(ctx, key); err != nil {
		return Removed{}, err
	}
	op.called = removed.Bot.Name() // nobody can be asked for it afterwards
	r, err := on.ring.get(ctx)
	if err != nil {
		return Removed{}, err
	}
	unlock, err := r.Hold(ctx)
	if err != nil {
		return Removed{}, err
	}
	defer unlock()
	rotation, begun, err := on.rotation(ctx, key)
	if err != nil {
		return Removed{}, err
	}
	if removed.items, err = takeItems(ctx, r, removed.Bot, begun && rotation.MayRest(), keep); err != nil {
		return Removed{}, err
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := on.Delete(ctx, key); err != nil {
		return removed, fmt.Errorf("remove from the catalogue: %w", err)
	}
	f.forgetCopy(ctx, on, r)
	return removed, nil
}

// takeItems deletes the items of a bot, its own last, and returns them as they were if it is to keep them. All are
// read before the first is deleted, so that one which cannot be read now leaves the bot as it was. One that cannot be
// decrypted is deleted too, and then none is returned.
//
// A token that was pasted for it goes too, and is not among them: @BotFather shows it.
func takeItems(ctx context.Context, r *keyring.Ring, row Bot, pasted, keep bool) (items []keyring.Item, err error) {
	var names []string
	for _, session := range row.Sessions {
		if session.Name != store.DefaultSession {
			names = append(names, sessionItemName(row.Key, session.Name))
		}
	}
	names = append(names, botItemName(row.Key))
	if keep {
		if items, err = readItems(ctx, r, row, names); err != nil {
			return nil, err
		}
	}
	if pasted {
		names = append([]string{pendingItemName(row.Key)}, names...)
	}
	for _, name := range names {
		if err := deleteItem(ctx, r, name); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// readItems reads items of a bot to be put back, those that there are none of left out. It returns none at all where one of
// them cannot be decrypted.
func readItems(ctx context.Context, r *keyring.Ring, row Bot, names []string) (items []keyring.Item, err error) {
	profiles := map[Key]Profile{row.Key: row.Profile}
	for _, name := range names {
		value, err := r.Get(ctx, name)
		switch {
		case errors.Is(err, keyring.ErrNotFound):
		case errors.Is(err, keyring.ErrDamaged):
			return nil, nil
		case err != nil:
			return nil, err
		default:
			items = append(items, keyring.Item{Name: name, Label: itemLabel(name, value, profiles), Value: value})
		}
	}
	return items, nil
}

// Restore puts a bot back that was removed: its items, read back, and then its row. It is ErrBackAlready where
// the bot was added again meanwhile, and ErrSecretMissing where there is nothing to put back.
func (f *Fleet) Restore(ctx context.Context, removed Removed) (bot Bot, err error) {
	key := removed.Bot.Key
	ctx, op := f.begin(ctx, "restore", key)
	defer op.end(&err)
	if !removed.Whole() {
		return Bot{}, ErrSecretMissing
	}
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Bot{}, err
	}
	defer release()
	r, err := on.ring.get(ctx)
	if err != nil {
		return Bot{}, err
	}
	unlock, err := r.Hold(ctx)
	if err != nil {
		return Bot{}, err
	}
	defer unlock()
	if err := nothingThere(ctx, on, r, removed); err != nil {
		return Bot{}, err
	}
	for _, item := range removed.items {
		if err := r.Put(ctx, item); err != nil {
			return Bot{}, err
		}
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	values := make(map[string]secret.Secret, len(removed.items))
	for _, item := range removed.items {
		values[item.Name] = item.Value
	}
	back := store.Save{Key: key, Edit: func(b *Bot) { *b = removed.Bot }, Marks: on.marksOf(ctx, values)}
	err = on.Commit(ctx, back)
	if errors.Is(err, store.ErrTaken) {
		removed.Bot.Label = "" // another bot was given it meanwhile
		err = on.Commit(ctx, back)
	}
	if err != nil {
		return Bot{}, fmt.Errorf("enter into the catalogue: %w", err)
	}
	return on.Bot(ctx, key, f.now())
}

// nothingThere makes sure that nothing would be written over.
func nothingThere(ctx context.Context, on *ground, r *keyring.Ring, removed Removed) error {
	if _, err := on.Row(ctx, removed.Bot.Key); !errors.Is(err, store.ErrNotFound) {
		return also(err, ErrBackAlready)
	}
	for _, item := range removed.items {
		now, err := r.Get(ctx, item.Name)
		switch {
		case errors.Is(err, keyring.ErrNotFound):
		case err != nil:
			return err
		case !now.Equal(item.Value): // else it is what an earlier try has put back
			return ErrBackAlready
		}
	}
	return nil
}

// A Removal says how bots are removed.
type Removal struct {
	// LogOut ends their sessions here at Telegram first. A bot whose logout fails is kept: its sessions would
	// live on with nobody knowing of them.
	LogOut bool
	// Keep returns what was removed, for Restore. After a logout there is nothing to put back: the sessions are
	// dead.
	Keep bool
}

// RemoveMany removes bots one after another, as the writers' lock has it, and calls done for each. When ctx
// ends no more begins, and a keyring that is shut ends it too: the next one would prompt again, or wait as
// long. The error says which of the two it was.
func (f *Fleet) RemoveMany(ctx context.Context, keys []Key, how Removal, done func(Removed, error)) error {
	for _, key := range keys {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		removed, err := f.RemoveOne(ctx, key, how, nil)
		for until, waits := pause(err, f.now()); waits && f.sitOut(ctx, until); until, waits = pause(err, f.now()) {
			removed, err = f.RemoveOne(ctx, key, how, nil)
		}
		done(removed, err)
		if shut(err) {
			return err
		}
	}
	return nil
}

// sitOut waits, told, until Telegram hears this address again, and reports whether there is still a reason to.
func (f *Fleet) sitOut(ctx context.Context, until time.Time) bool {
	traceOf(ctx).held(until)
	for end := deadlineIn(f.now(), until.Sub(f.now())); !end.passed(f.now()) && ctx.Err() == nil; {
		timer := time.NewTimer(min(end.left(f.now()), lookAgain))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return ctx.Err() == nil
}

// RestoreMany puts bots back one after another, each as Restore does, and calls done for each. A keyring that
// is shut ends it, as it ends RemoveMany.
func (f *Fleet) RestoreMany(ctx context.Context, removed []Removed, done func(Outcome)) error {
	for _, r := range removed {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		bot, err := f.Restore(ctx, r)
		done(Outcome{Key: r.Bot.Key, Bot: bot, Err: err})
		if shut(err) {
			return err
		}
	}
	return nil
}

// RemoveOne removes a bot in the way that is asked for. Removed says what was done, also where err is not nil.
func (f *Fleet) RemoveOne(ctx context.Context, key Key, how Removal, report func(Step)) (Removed, error) {
	row, err := f.at.Load().Row(ctx, key)
	if err != nil {
		return Removed{Bot: Bot{Key: key}}, err
	}
	runsHere := slices.ContainsFunc(row.Sessions, func(s Session) bool { return s.Runs == store.Here })
	if !how.LogOut || !runsHere {
		removed, err := f.take(ctx, key, how.Keep)
		removed.Bot = row
		return removed, err
	}
	if _, err := f.LogOut(ctx, key, report); err != nil {
		return Removed{Bot: row}, err
	}
	err = f.Remove(ctx, key)
	return Removed{Bot: row, LoggedOut: true}, err
}

// shut reports whether an error is of the keyring as a whole, and so the same for every bot.
func shut(err error) bool {
	for _, target := range []error{keyring.ErrUnavailable, keyring.ErrLocked, keyring.ErrDenied, keyring.ErrGone} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
