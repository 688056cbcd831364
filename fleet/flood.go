package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"botring/fleet/store"
	"botring/telegram"
)

// The methods that floods are remembered by, besides store.MethodLogin.
const (
	methodCheck  = "users.getUsers"
	methodLogOut = "auth.logOut"
	methodExport = "bots.exportBotToken"
)

// transportFlood is Telegram's "too many connections from this address", which binds the address.
const transportFlood = -429

// addressWait is how long that binds when no time is given.
const addressWait = 30 * time.Second

// free returns a *FloodError while Telegram refuses method of this bot, from what is remembered.
func (f *Fleet) free(ctx context.Context, on *ground, key Key, apiID int, method string) error {
	floods, err := f.floods(ctx, on)
	if err != nil {
		return fmt.Errorf("read floods: %w", err)
	}
	if until := floods.Until(key, apiID, method); !until.IsZero() {
		return &FloodError{Key: key, Until: until, Remembered: true, Address: floods.Address(key.Environment, f.now())}
	}
	return nil
}

// floods are the waits that have not ended, as the clock on the wall has them now.
func (f *Fleet) floods(ctx context.Context, on *ground) (store.Floods, error) {
	now := f.now()
	floods, err := on.Floods(ctx, now)
	if err != nil || !floods.SetBack(now) {
		return floods, err
	}
	if err := on.RebaseFloods(ctx, now); err != nil {
		return floods, nil //nolint:nilerr // then they are longer than need be, and true all the same
	}
	return on.Floods(ctx, now)
}

// remember turns a flood wait among Telegram's answers into a *FloodError, and keeps its deadline for all
// whom it binds. Other errors it returns as they are.
func (f *Fleet) remember(ctx context.Context, on *ground, key Key, apiID int, method string, err error) error {
	var answer *telegram.Error
	if !errors.As(err, &answer) || answer.Kind != telegram.FloodWait {
		return err
	}
	now := f.now()
	flood := store.Flood{Key: key, APIID: apiID, Method: method, SeenAt: now, Until: now.Add(answer.Wait)}
	address := answer.Code == transportFlood
	if method == store.MethodLogin && !address {
		f.schedule.refused(appKey{key.Environment, apiID})
	}
	if address {
		flood = store.Flood{Key: Key{Environment: key.Environment}, SeenAt: now, Until: now.Add(max(answer.Wait, addressWait))}
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	told := &FloodError{Key: key, Until: flood.Until, Address: address, Err: err}
	if err := on.PutFlood(ctx, flood); err != nil {
		return also(told, fmt.Errorf("remember flood: %w", err))
	}
	return told
}
