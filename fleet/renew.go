package fleet

import (
	"context"
	"slices"

	"botring/fleet/files"
	"botring/fleet/store"
)

// A Renewal is a file with the bots' tokens of today in the place of older ones.
type Renewal struct {
	files.Rewritten
	Bots []Bot

	opened []OpenedSession
}

// Holds reports whether a bot's token of today is in the file once it is written.
func (r Renewal) Holds(key Key) bool {
	of := func(s files.Spot) bool { return s.Bot == key.ID }
	return slices.ContainsFunc(r.Changed, of) || slices.ContainsFunc(r.Current, of)
}

// Renew makes of a file one with the current tokens of bots; name says of which form it may be. Nothing is written. With dry it
// is only to be looked at, and the history has no export of it. Errors are those of OpenSession and of files.Rewrite, and
// ErrSameID.
func (f *Fleet) Renew(ctx context.Context, keys []Key, name string, data []byte, dry bool) (Renewal, error) {
	owners, err := files.Owners(name, data)
	if err != nil {
		return Renewal{}, err
	}
	var r Renewal
	var renewals []files.Renewal
	use := Use{Action: "export", Detail: "update of a file"}
	if dry {
		use = Use{Action: "read token"}
	}
	for _, key := range keys {
		if !slices.Contains(owners, key.ID) {
			bot, err := f.Bot(ctx, key)
			if err != nil {
				return Renewal{}, err
			}
			r.Bots = append(r.Bots, bot)
			continue // its token is not read for nothing
		}
		if slices.ContainsFunc(renewals, func(r files.Renewal) bool { return r.Bot == key.ID }) {
			return Renewal{}, ErrSameID
		}
		opened, err := f.OpenSession(ctx, key, "", use)
		if err != nil {
			return Renewal{}, err
		}
		r.opened, r.Bots = append(r.opened, opened), append(r.Bots, opened.Bot)
		renewals = append(renewals, files.Renewal{Bot: key.ID, Token: opened.Token})
	}
	r.Rewritten, err = files.Rewrite(name, data, renewals)
	return r, err
}

// Renewed remembers that a file has the tokens of a Renewal, as far as it has them.
func (f *Fleet) Renewed(ctx context.Context, r Renewal, path string) {
	for _, o := range r.opened {
		if r.Holds(o.Bot.Key) {
			f.WentOut(ctx, []OpenedSession{o}, Contents{Token: true}, Outlet{Way: store.ToFile, Place: path, How: "export --update"})
		}
	}
}
