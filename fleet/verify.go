package fleet

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// A Verification is what a look at every item of the keyring found, and how that agrees with the catalogue.
type Verification struct {
	// Bots, Apps and Sessions count the items that are whole. Sessions are further ones: the default one is in
	// its bot's item. Others counts items of kinds that this version does not know.
	Bots, Apps, Sessions, Others int
	// Pending counts tokens that were pasted and are not their bots' yet.
	Pending int
	// Bad are items that are there and cannot be used.
	Bad []BadItem
	// WithoutRow are the names of whole items that the catalogue knows nothing of.
	WithoutRow []string
	// WithoutItem are bots of the catalogue whose secrets the keyring does not have, AppsWithoutItem apps.
	WithoutItem     []Bot
	AppsWithoutItem []App
	// Returned are bots that are marked as without a secret, and have one.
	Returned []Bot
	// Blind: the keyring cannot list its items, so only those of the catalogue were looked at.
	Blind bool
}

// A BadItem is an item that cannot be used: Err is ErrItemDamaged, ErrItemNewer or keyring.ErrDamaged.
type BadItem struct {
	Name string
	Err  error
}

// Sound reports whether there is nothing to mend or to worry about.
func (v Verification) Sound() bool {
	return len(v.Bad)+len(v.WithoutRow)+len(v.WithoutItem)+len(v.AppsWithoutItem)+len(v.Returned) == 0
}

// VerifyKeyring reads every item of the keyring, which may prompt, and compares them with the catalogue. It
// changes nothing but what secrets are known again by (see marks.go).
func (f *Fleet) VerifyKeyring(ctx context.Context) (v Verification, err error) {
	ctx, op := f.begin(ctx, "verify keyring", Key{})
	defer op.end(&err)
	on := f.at.Load()
	r, err := on.ring.get(ctx)
	if err != nil {
		return Verification{}, err
	}
	rows, err := on.Snapshot(ctx, f.now())
	if err != nil {
		return Verification{}, err
	}
	values, bad, blind, err := everyItem(ctx, r, rows)
	if err != nil {
		return Verification{}, err
	}
	on.mark(ctx, values)
	v = Verification{Bad: bad, Blind: blind}
	v.weigh(values)
	v.compare(rows, values)
	slices.SortFunc(v.Bad, func(a, b BadItem) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(v.WithoutRow)
	return v, nil
}

// everyItem reads all items: those of the catalogue where the keyring cannot list, and one by one where one
// of them cannot be decrypted.
func everyItem(ctx context.Context, r *keyring.Ring, rows store.Snapshot) (values map[string]secret.Secret, bad []BadItem, blind bool, err error) {
	values, err = r.GetAll(ctx, nil)
	if err == nil {
		return values, nil, false, nil
	}
	var names []string
	switch {
	case errors.Is(err, keyring.ErrCannotList):
		names, blind = itemNames(rows), true
	case errors.Is(err, keyring.ErrDamaged):
		if names, err = r.List(ctx); err != nil {
			return nil, nil, false, err
		}
	default:
		return nil, nil, false, err
	}
	values = make(map[string]secret.Secret, len(names))
	for _, name := range names {
		value, err := r.Get(ctx, name)
		switch {
		case errors.Is(err, keyring.ErrNotFound):
		case errors.Is(err, keyring.ErrDamaged):
			bad = append(bad, BadItem{name, err})
		case err != nil:
			return nil, nil, false, err
		default:
			values[name] = value
		}
	}
	return values, bad, blind, nil
}

// itemNames are the names of the items that the rows of a catalogue speak of.
func itemNames(rows store.Snapshot) []string {
	var names []string
	for _, app := range rows.Apps {
		names = append(names, appItemName(app.APIID))
	}
	for _, bot := range rows.Bots {
		names = append(names, botItemName(bot.Key))
		for _, session := range bot.Sessions {
			if session.Name != store.DefaultSession {
				names = append(names, sessionItemName(bot.Key, session.Name))
			}
		}
	}
	for _, rotation := range rows.Rotations {
		if rotation.MayRest() {
			names = append(names, pendingItemName(rotation.Key))
		}
	}
	return names
}

// weigh counts the items that are whole and takes those that are not out of values.
func (v *Verification) weigh(values map[string]secret.Secret) {
	for name, value := range values {
		if strings.HasPrefix(name, historyItems) {
			continue // VerifyHistory's
		}
		count, err := v.kindOf(name, value)
		if err != nil {
			v.Bad = append(v.Bad, BadItem{name, err})
			delete(values, name)
			continue
		}
		*count++
	}
}

// kindOf decodes an item, and returns which number counts its kind.
func (v *Verification) kindOf(name string, value secret.Secret) (*int, error) {
	if apiID, ok := parseAppItemName(name); ok {
		_, err := decodeAppItem(apiID, value)
		return &v.Apps, err
	}
	if key, ok := parsePendingItemName(name); ok {
		_, err := decodePending(key, value)
		return &v.Pending, err
	}
	key, session, ok := parseBotItemName(name)
	switch {
	case !ok:
		return &v.Others, nil
	case session != "":
		_, err := decodeFurther(key, session, value)
		return &v.Sessions, err
	}
	_, err := decodeBotItem(key, value)
	return &v.Bots, err
}

// compare finds what keyring and catalogue do not agree on. An item that is bad is there.
func (v *Verification) compare(rows store.Snapshot, values map[string]secret.Secret) {
	bad := make(map[string]bool)
	for _, item := range v.Bad {
		bad[item.Name] = true
	}
	known := make(map[string]bool)
	for _, name := range itemNames(rows) {
		known[name] = true
	}
	for name := range values {
		if !known[name] && (strings.HasPrefix(name, "app/") || strings.HasPrefix(name, "bot/") || strings.HasPrefix(name, pendingItems)) {
			v.WithoutRow = append(v.WithoutRow, name)
		}
	}
	for _, app := range rows.Apps {
		name := appItemName(app.APIID)
		if _, whole := values[name]; !whole && !bad[name] {
			v.AppsWithoutItem = append(v.AppsWithoutItem, app)
		}
	}
	for _, bot := range rows.Bots {
		name := botItemName(bot.Key)
		_, whole := values[name]
		switch missing := bot.Health.Status == store.SecretMissing; {
		case whole && missing:
			v.Returned = append(v.Returned, bot)
		case !whole && !bad[name]:
			v.WithoutItem = append(v.WithoutItem, bot)
		}
	}
}

// A Mending says what Mend did.
type Mending struct {
	// Added bots were in the keyring and not in the catalogue. Marked have no secret, which the catalogue says
	// now; Returned have one again.
	Added, Marked, Returned int
}

// Mend brings the catalogue in line with what VerifyKeyring found, and changes nothing in the keyring. What
// it cannot mend is left: items that are bad, apps whose api_hash is gone, sessions of bots that are not
// there.
func (f *Fleet) Mend(ctx context.Context, v Verification) (m Mending, err error) {
	ctx, op := f.begin(ctx, "mend catalogue", Key{})
	defer op.end(&err)
	on := f.at.Load()
	if !v.Blind && len(v.WithoutRow) > 0 {
		if m.Added, err = f.Rebuild(ctx); err != nil {
			return m, err
		}
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return m, err
	}
	for _, bot := range v.WithoutItem {
		// It is looked for once more: another process may have been about to write it.
		_, err := f.readBot(ctx, on, r, bot.Key)
		switch {
		case errors.Is(err, ErrSecretMissing):
			if bot.Health.Status != store.SecretMissing {
				m.Marked++
			}
		case err != nil && !itemIsBad(err):
			return m, err
		}
	}
	for _, bot := range v.Returned {
		item, err := f.readBot(ctx, on, r, bot.Key)
		switch {
		case errors.Is(err, ErrSecretMissing), itemIsBad(err):
			continue
		case err != nil:
			return m, err
		}
		err = on.Update(ctx, bot.Key, func(b *Bot) {
			if b.Health.Status == store.SecretMissing {
				b.Health = f.health(b.Health, store.Health{Status: unproven(item.Session)})
			}
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return m, err
		}
		m.Returned++
	}
	return m, nil
}

// itemIsBad reports whether an error is about what an item holds, not about the keyring.
func itemIsBad(err error) bool {
	return errors.Is(err, ErrItemDamaged) || errors.Is(err, ErrItemNewer) || errors.Is(err, keyring.ErrDamaged)
}
