package fleet

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"botring/fleet/store"
	"botring/keyring"
)

// A keyring that cannot list its items gives a lost catalogue nothing back but what somebody asks for by name,
// and the names were in the catalogue. So beside such a keyring, the macOS keychain, the catalogue has a copy,
// made anew at most once a day when a process ends. It holds nothing secret, as the catalogue.

const (
	// copyAge is how old a copy has to be to be made anew.
	copyAge = 24 * time.Hour
	// copying bounds the making of a copy at the end of a process.
	copying = 3 * time.Second
)

// copyPath is where the copy of a catalogue is.
func copyPath(catalogue string) string { return catalogue + ".copy" }

// keepCopy makes the copy where it is wanted: a keyring was opened that cannot list, the list is not empty (that
// it is may be a loss), and the last copy is a day old. That it fails is no reason to fail: the next process
// tries again.
func (f *Fleet) keepCopy(on *ground) {
	r := on.ring.peek()
	if r == nil || on.Store == nil || on.unread != nil || f.inMemory(on.kind) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), copying)
	defer cancel()
	if status, err := r.Status(ctx); err != nil || status.CanList {
		return
	}
	path, err := cataloguePath(f.opts.Home, f.opts.Ring, on.kind)
	if err != nil {
		return
	}
	if info, err := os.Stat(copyPath(path)); err == nil && f.now().Sub(info.ModTime()) < copyAge {
		return
	}
	bots, err := on.Bots(ctx, f.now())
	if err != nil || len(bots) == 0 {
		return
	}
	_ = on.CopyTo(ctx, copyPath(path))
}

// copied reads the copy of a catalogue; there is false where there is none, or none with a bot in it. A bot that the
// keyring has no item of was removed since the copy was made, and is left out.
func (f *Fleet) copied(ctx context.Context, r *keyring.Ring, catalogue string) (rows store.Snapshot, made time.Time, there bool) {
	rows, made, err := store.ReadCopy(ctx, copyPath(catalogue), f.now())
	if err != nil {
		return store.Snapshot{}, time.Time{}, false
	}
	rows.Bots = slices.DeleteFunc(rows.Bots, func(bot Bot) bool {
		_, err := r.Get(ctx, botItemName(bot.Key))
		return errors.Is(err, keyring.ErrNotFound)
	})
	return rows, made, len(rows.Bots) > 0
}

// forgetCopy removes the copy once the last bot was removed, so that nobody takes the list for lost. A copy that has
// bots of which the keyring has items stays: it is of a list that was lost. That it fails is no reason to fail.
func (f *Fleet) forgetCopy(ctx context.Context, on *ground, r *keyring.Ring) {
	path, err := cataloguePath(f.opts.Home, f.opts.Ring, on.kind)
	if err != nil || f.inMemory(on.kind) {
		return
	}
	if _, err := os.Stat(copyPath(path)); err != nil {
		return
	}
	if bots, err := on.Bots(ctx, f.now()); err != nil || len(bots) > 0 {
		return
	}
	if _, _, lost := f.copied(ctx, r, path); !lost {
		_ = os.Remove(copyPath(path))
	}
}

// restore takes the rows of a copy over.
func (f *Fleet) restore(ctx context.Context, rows store.Snapshot) (bots int, err error) {
	ctx, op := f.begin(ctx, "rebuild catalogue", Key{})
	defer op.end(&err)
	on := f.at.Load()
	if err := on.Merge(ctx, rows); err != nil {
		return 0, err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return 0, err
	}
	if err := f.beginAgain(ctx, on, r); err != nil {
		return 0, err
	}
	all, err := f.Bots(ctx)
	return len(all), err
}
