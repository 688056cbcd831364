package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"botring/fleet/store"
)

// Tag gives tags to bots and takes others away, and returns the rows as they are then. Bots that are no longer
// there are left out. The keyring is not touched: its items have the tags as of their last write. It fails
// with an *InputError before anything is changed.
func (f *Fleet) Tag(ctx context.Context, keys []Key, add, remove []string) (bots []Bot, err error) {
	ctx, op := f.begin(ctx, "tag", one(keys))
	defer op.end(&err)
	if add, err = cleanTags(add); err != nil {
		return nil, err
	}
	if remove, err = cleanTags(remove); err != nil {
		return nil, err
	}
	op.detail = tagged(len(keys), add, remove)
	return f.edit(ctx, keys, func(b *Bot) {
		b.Tags = withTags(slices.DeleteFunc(slices.Clone(b.Tags), func(tag string) bool { return slices.Contains(remove, tag) }), add)
	})
}

// withTags are tags and those to be added that are not among them.
func withTags(tags, add []string) []string {
	tags = slices.Clip(tags)
	for _, tag := range add {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// tagged is what was done to tags, as the history has it: "+prod -eu", of several bots with their number.
func tagged(bots int, add, remove []string) string {
	var words []string
	if bots != 1 {
		words = append(words, fmt.Sprintf("%d bots", bots))
	}
	for _, tag := range add {
		words = append(words, "+"+tag)
	}
	for _, tag := range remove {
		words = append(words, "-"+tag)
	}
	return strings.Join(words, " ")
}

// UseApp has bots log in with another app from their next login on. Their sessions go on: what a session was
// made with stays with it. It is ErrNoApp where the app is not known.
func (f *Fleet) UseApp(ctx context.Context, keys []Key, apiID int) (bots []Bot, err error) {
	ctx, op := f.begin(ctx, "change app", one(keys))
	defer op.end(&err)
	op.detail = fmt.Sprint("to app ", apiID)
	if len(keys) != 1 {
		op.detail = fmt.Sprintf("%d bots to app %d", len(keys), apiID)
	}
	if _, err := f.at.Load().App(ctx, apiID); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("%w: %d", ErrNoApp, apiID)
		}
		return nil, err
	}
	return f.edit(ctx, keys, func(b *Bot) { b.APIID = apiID })
}

// edit changes rows, each in a transaction of its own.
func (f *Fleet) edit(ctx context.Context, keys []Key, change func(*Bot)) (bots []Bot, err error) {
	on := f.at.Load()
	for _, key := range keys {
		err := on.Update(ctx, key, change)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return bots, err
		}
		bot, err := on.Bot(ctx, key, f.now())
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return bots, err
		}
		if err == nil {
			bots = append(bots, bot)
		}
	}
	return bots, nil
}

// one is the key of an operation on these bots: the bot if it is one, zero for several.
func one(keys []Key) Key {
	if len(keys) == 1 {
		return keys[0]
	}
	return Key{}
}
