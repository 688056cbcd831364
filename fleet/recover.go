package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"botring/fleet/plain"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// Unsettled reports whether there is anything for Recover to do. It reads the catalogue only.
func (f *Fleet) Unsettled(ctx context.Context) (bool, error) {
	intents, err := f.at.Load().Intents(ctx)
	return len(intents) > 0, err
}

// Recover makes good what a crash left half done, from the journal in the catalogue alone. A save whose
// item reached the keyring is entered into the catalogue; one that was cut off before is dropped from the
// journal, and its bot returned if it was being logged in: Telegram may know a session that nobody has.
//
// It neither unlocks nor lists the ring, and does not open it unless the journal names an item. What it
// cannot look at now (a locked ring, a bot that another process works on) it leaves to the next start.
func (f *Fleet) Recover(ctx context.Context) (lost []Key, err error) {
	on := f.at.Load()
	intents, err := on.Intents(ctx)
	if err != nil || len(intents) == 0 {
		return nil, err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return nil, ctx.Err() // whoever needs the ring will hear of it
	}
	if status, err := r.Status(ctx); err != nil || status.Locked {
		return nil, ctx.Err()
	}
	ctx, op := f.begin(ctx, "recover", Key{})
	defer op.end(&err)
	op.note(slog.Int("saves", len(intents)))
	for _, intent := range intents {
		cutOff, err := f.recoverOne(ctx, on, r, intent)
		switch {
		case errors.Is(err, ErrSessionBusy):
		case err != nil:
			return lost, fmt.Errorf("recover bot %s: %w", intent.Key, err)
		case cutOff:
			lost = append(lost, intent.Key)
			op.note(slog.String("lost", plain.Line(intent.Key.String())))
		}
	}
	return lost, nil
}

// recoverOne settles one entry of the journal, and reports whether its save was lost.
func (f *Fleet) recoverOne(ctx context.Context, on *ground, r *keyring.Ring, intent store.Intent) (lost bool, err error) {
	release, err := on.guard.take(ctx, intent.Key)
	if err != nil {
		return false, err
	}
	defer release()
	// Nobody works on the bot now. The entry may have been settled while we waited.
	if open, err := stillOpen(ctx, on, intent); err != nil || !open {
		return false, err
	}
	if intent.Session != "" {
		return f.recoverFurther(ctx, on, r, intent)
	}
	value, err := r.Get(ctx, botItemName(intent.Key))
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return false, err
	}
	item, err := decodeBotItem(intent.Key, value)
	if err != nil || item.Save != intent.Nonce {
		return intent.APIID != 0, on.End(ctx, intent.Nonce)
	}
	s := &save{
		key: intent.Key, item: item, status: unproven(item.Session),
		relabel: item.Label != "", retag: len(item.Tags) > 0,
	}
	if err := f.recoverApp(ctx, on, r, s); err != nil {
		return false, err
	}
	return false, f.enter(ctx, on, s)
}

func stillOpen(ctx context.Context, on *ground, intent store.Intent) (bool, error) {
	intents, err := on.Intents(ctx)
	for _, other := range intents {
		if other.Nonce == intent.Nonce {
			return true, err
		}
	}
	return false, err
}

// recoverApp finds the app that was saved just before the bot.
func (f *Fleet) recoverApp(ctx context.Context, on *ground, r *keyring.Ring, s *save) error {
	if s.item.APIID == 0 {
		return nil
	}
	_, err := on.App(ctx, s.item.APIID)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	s.app, err = on.readApp(ctx, r, s.item.APIID)
	s.newApp = err == nil
	if errors.Is(err, ErrSecretMissing) || errors.Is(err, ErrItemDamaged) || errors.Is(err, ErrItemNewer) {
		return nil
	}
	return err
}

// Rebuild reads the ring and makes rows of the catalogue from it, keeping those that are there. It returns
// how many bots were added, or keyring.ErrCannotList. Items that cannot be read are left alone.
func (f *Fleet) Rebuild(ctx context.Context) (added int, err error) {
	ctx, op := f.begin(ctx, "rebuild catalogue", Key{})
	defer op.end(&err)
	on := f.at.Load()
	r, err := on.ring.get(ctx)
	if err != nil {
		return 0, err
	}
	values, err := r.GetAll(ctx, nil)
	if err != nil {
		return 0, err
	}
	if err := f.rebuildApps(ctx, on, values); err != nil {
		return 0, err
	}
	for name, value := range values {
		key, session, ok := parseBotItemName(name)
		if !ok || session != "" {
			continue
		}
		isNew, err := f.rebuildBot(ctx, on, key, value)
		if err != nil {
			return added, err
		}
		if isNew {
			added++
		}
	}
	err = f.rebuildFurther(ctx, on, values)
	on.mark(ctx, values)
	if err != nil {
		return added, err
	}
	if err := f.rebuildPending(ctx, on, values); err != nil || added == 0 {
		return added, err
	}
	// What was lost with the rows is the history as well, if there was one.
	return added, f.beginAgain(ctx, on, r)
}

func (f *Fleet) rebuildApps(ctx context.Context, on *ground, values map[string]secret.Secret) error {
	for name, value := range values {
		apiID, ok := parseAppItemName(name)
		if !ok {
			continue
		}
		item, err := decodeAppItem(apiID, value)
		if err != nil {
			continue
		}
		_, err = on.App(ctx, apiID)
		if !errors.Is(err, store.ErrNotFound) {
			if err != nil {
				return err
			}
			continue
		}
		err = on.PutApp(ctx, App{Name: item.Name, APIID: apiID})
		if errors.Is(err, store.ErrTaken) {
			err = on.PutApp(ctx, App{Name: fmt.Sprint("app ", apiID), APIID: apiID})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) rebuildBot(ctx context.Context, on *ground, key Key, value secret.Secret) (isNew bool, err error) {
	_, known, err := f.known(ctx, on, key)
	if err != nil || known {
		return false, err
	}
	item, err := decodeBotItem(key, value)
	if err != nil {
		return false, nil //nolint:nilerr // an item that is newer or damaged stays where it is, without a row
	}
	item.Save = "" // it ends no entry of the journal
	return true, f.enter(ctx, on, &save{key: key, item: item, status: unproven(item.Session)})
}

// rebuildFurther adds the sessions that have items of their own to their bots' rows.
func (f *Fleet) rebuildFurther(ctx context.Context, on *ground, values map[string]secret.Secret) error {
	for item, value := range values {
		key, name, ok := parseBotItemName(item)
		if !ok || name == "" {
			continue
		}
		session, err := decodeFurther(key, name, value)
		if err != nil {
			continue
		}
		row := session.row()
		row.Name = name
		err = on.Update(ctx, key, func(b *Bot) {
			for _, known := range b.Sessions {
				if known.Name == name {
					return
				}
			}
			b.Sessions = append(b.Sessions, row)
			if b.Health.Status == store.NotLoggedIn {
				b.Health = f.health(b.Health, store.Health{Status: store.Unchecked})
			}
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// rebuildPending enters the tokens into the journal that were pasted and are not their bots' yet.
func (f *Fleet) rebuildPending(ctx context.Context, on *ground, values map[string]secret.Secret) error {
	for item := range values {
		key, ok := parsePendingItemName(item)
		if !ok {
			continue
		}
		row, known, err := f.known(ctx, on, key)
		if err != nil {
			return err
		}
		_, err = on.Rotation(ctx, key)
		switch {
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		case err == nil, !known:
			continue
		}
		if err := on.PutRotation(ctx, store.Rotation{
			Key: key, Step: store.RotationPasted, Lost: lostSessions(row), Began: f.now(),
		}); err != nil {
			return err
		}
	}
	return nil
}
