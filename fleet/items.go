package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// tidying bounds what is still done for a call whose context has ended: a row written after its item, a
// login ended that nobody has.
const tidying = 5 * time.Second

// afterwards is a context for what must not be left half done.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), tidying)
}

// readBot reads a bot's item. Where the keyring has none, the row says so from then on.
func (f *Fleet) readBot(ctx context.Context, on *ground, r *keyring.Ring, key Key) (botItem, error) {
	value, err := r.Get(ctx, botItemName(key))
	if errors.Is(err, keyring.ErrNotFound) {
		missing := fmt.Errorf("%w: %w", ErrSecretMissing, err)
		ctx, cancel := afterwards(ctx)
		defer cancel()
		err := on.Update(ctx, key, func(b *Bot) {
			b.Health = f.health(b.Health, store.Health{Status: store.SecretMissing, Kind: "keyring_missing_item"})
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return botItem{}, also(missing, err)
		}
		return botItem{}, missing
	}
	if err != nil {
		return botItem{}, err
	}
	on.mark(ctx, map[string]secret.Secret{botItemName(key): value})
	return decodeBotItem(key, value)
}

// readApp reads an app's item.
func (on *ground) readApp(ctx context.Context, r *keyring.Ring, apiID int) (appItem, error) {
	value, err := r.Get(ctx, appItemName(apiID))
	if errors.Is(err, keyring.ErrNotFound) {
		return appItem{}, fmt.Errorf("%w: %w", ErrSecretMissing, err)
	}
	if err != nil {
		return appItem{}, err
	}
	on.mark(ctx, map[string]secret.Secret{appItemName(apiID): value})
	return decodeAppItem(apiID, value)
}

// putBot writes a bot's item and reads it back as the next start will.
func putBot(ctx context.Context, r *keyring.Ring, key Key, item botItem) error {
	value, err := item.encode()
	if err != nil {
		return err
	}
	err = r.Put(ctx, keyring.Item{Name: botItemName(key), Label: item.label(key), Value: value})
	if err != nil {
		return err
	}
	return readBack(ctx, r, botItemName(key), value, func(got secret.Secret) (secret.Secret, error) {
		back, err := decodeBotItem(key, got)
		if err != nil {
			return secret.Secret{}, err
		}
		return back.encode()
	})
}

// putApp writes an app's item and reads it back.
func putApp(ctx context.Context, r *keyring.Ring, item appItem) error {
	value, err := item.encode()
	if err != nil {
		return err
	}
	name := appItemName(item.APIID)
	if err := r.Put(ctx, keyring.Item{Name: name, Label: item.label(), Value: value}); err != nil {
		return err
	}
	return readBack(ctx, r, name, value, func(got secret.Secret) (secret.Secret, error) {
		back, err := decodeAppItem(item.APIID, got)
		if err != nil {
			return secret.Secret{}, err
		}
		return back.encode()
	})
}

// putFurther writes the item of a further session and reads it back.
func putFurther(ctx context.Context, r *keyring.Ring, key Key, name, label string, session sessionItem) error {
	value, err := session.encodeFurther()
	if err != nil {
		return err
	}
	item := sessionItemName(key, name)
	if err := r.Put(ctx, keyring.Item{Name: item, Label: label, Value: value}); err != nil {
		return err
	}
	return readBack(ctx, r, item, value, func(got secret.Secret) (secret.Secret, error) {
		back, err := decodeFurther(key, name, got)
		if err != nil {
			return secret.Secret{}, err
		}
		return back.encodeFurther()
	})
}

// putPending writes a token that was pasted for a bot, beside the bot's own item, and reads it back.
func putPending(ctx context.Context, r *keyring.Ring, key Key, label string, token secret.Secret) error {
	value, err := encodePending(token)
	if err != nil {
		return err
	}
	release, err := r.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	name := pendingItemName(key)
	if err := r.Put(ctx, keyring.Item{Name: name, Label: label, Value: value}); err != nil {
		return err
	}
	return readBack(ctx, r, name, value, func(got secret.Secret) (secret.Secret, error) {
		back, err := decodePending(key, got)
		if err != nil {
			return secret.Secret{}, err
		}
		return encodePending(back)
	})
}

// readPending reads it, or ErrNothingPasted.
func readPending(ctx context.Context, r *keyring.Ring, key Key) (secret.Secret, error) {
	value, err := r.Get(ctx, pendingItemName(key))
	if errors.Is(err, keyring.ErrNotFound) {
		return secret.Secret{}, fmt.Errorf("%w: %w", ErrNothingPasted, err)
	}
	if err != nil {
		return secret.Secret{}, err
	}
	return decodePending(key, value)
}

// dropPending deletes it.
func dropPending(ctx context.Context, r *keyring.Ring, key Key) error {
	release, err := r.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return deleteItem(ctx, r, pendingItemName(key))
}

// pendingLabel is what people see of a pasted token in keyring programs.
func pendingLabel(of Profile, key Key) string {
	return botItem{Profile: of}.label(key) + ", new token"
}

// furtherLabel is what people see of a further session in keyring programs.
func furtherLabel(of Profile, key Key, name string) string {
	return botItem{Profile: of}.label(key) + ", session " + name
}

// readBack compares what the keyring now holds with what was written, by value: through decoding, so that
// what counts as saved is what can be used.
func readBack(ctx context.Context, r *keyring.Ring, name string, wrote secret.Secret, again func(secret.Secret) (secret.Secret, error)) error {
	got, err := r.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("%w: %w", keyring.ErrReadBack, err)
	}
	if err != nil {
		return err
	}
	same, err := again(got)
	if err != nil {
		return fmt.Errorf("%w: %w", keyring.ErrReadBack, err)
	}
	if !same.Equal(wrote) {
		return fmt.Errorf("%w: %s", keyring.ErrReadBack, name)
	}
	return nil
}

// unlockedItems unlocks the keyring and reads these items at once. Those that there are none of are left out.
func (on *ground) unlockedItems(ctx context.Context, names []string) (map[string]secret.Secret, error) {
	r, err := on.ring.get(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.Unlock(ctx); err != nil {
		return nil, err
	}
	values, err := r.GetAll(ctx, names)
	on.mark(ctx, values)
	return values, err
}

// mayReplace refuses to write over an item that a newer version of this program made.
func mayReplace(ctx context.Context, r *keyring.Ring, name string, decode func(secret.Secret) error) (old secret.Secret, err error) {
	old, err = r.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return secret.Secret{}, nil
	}
	if err != nil {
		return secret.Secret{}, err
	}
	if err := decode(old); errors.Is(err, ErrItemNewer) {
		return secret.Secret{}, err
	}
	return old, nil
}

// Token reads a bot's token from the keyring.
func (f *Fleet) Token(ctx context.Context, key Key) (token secret.Secret, err error) {
	ctx, op := f.begin(ctx, "read token", key)
	defer op.end(&err)
	on := f.at.Load()
	r, err := on.ring.get(ctx)
	if err != nil {
		return secret.Secret{}, err
	}
	item, err := f.readBot(ctx, on, r, key)
	if err == nil {
		f.noteToken(ctx, on, key, item.Token)
	}
	return item.Token, err
}

// readFurther reads a further session's item.
func (on *ground) readFurther(ctx context.Context, r *keyring.Ring, key Key, name string) (*sessionItem, error) {
	value, err := r.Get(ctx, sessionItemName(key, name))
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", ErrSecretMissing, err)
	}
	if err != nil {
		return nil, err
	}
	on.mark(ctx, map[string]secret.Secret{sessionItemName(key, name): value})
	return decodeFurther(key, name, value)
}
