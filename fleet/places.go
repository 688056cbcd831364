package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"botring/fleet/plain"
	"botring/fleet/store"
	"botring/internal/secret"
)

// A Departure is a store.Departure.
type Departure = store.Departure

// An Outlet is how secrets leave, and for where.
type Outlet struct {
	// Way is how; Place is the path of a file or the name of a program, "" where there is none.
	Way   store.Way
	Place string
	// For is the place they are for, as the user calls it, or "".
	For string
	// How is what is done, in the words of commands: "export env", "exec plain", "token show".
	How string
}

// markBytes is how much of a hash is a mark: enough to tell a bot's tokens apart, and far too little to find one by.
const markBytes = 4

// markOf tells a token from others of its bot, "" of none.
func markOf(token secret.Secret) string {
	if token.Empty() {
		return ""
	}
	sum := sha256.Sum256([]byte("botring mark of a token\x00" + token.Reveal()))
	return hex.EncodeToString(sum[:markBytes])
}

// Contents are what leaves of a bot.
type Contents struct{ Token, App, Session bool }

// Contents are what an export of this form holds of a bot.
func (f ExportForm) Contents() Contents {
	return Contents{Token: f.Envelope != Bare, App: f.Envelope != Bare, Session: f.HasSession()}
}

// WentOut remembers what left of bots that OpenSession handed out. It is called once they have left, and nothing that
// left is called back where it fails: that is logged.
func (f *Fleet) WentOut(ctx context.Context, opened []OpenedSession, what Contents, by Outlet) {
	for _, o := range opened {
		d := Departure{Key: o.Bot.Key, Token: what.Token, App: what.App && o.APIID != 0, Mark: markOf(o.Token)}
		if what.Session {
			d.Session = o.Name
		}
		f.wentOut(ctx, d, by)
	}
}

// TokenWentOut remembers that a bot's token left alone.
func (f *Fleet) TokenWentOut(ctx context.Context, key Key, token secret.Secret, by Outlet) {
	f.wentOut(ctx, Departure{Key: key, Token: true, Mark: markOf(token)}, by)
}

func (f *Fleet) wentOut(ctx context.Context, d Departure, by Outlet) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	on := f.at.Load()
	d.Way, d.Place, d.For, d.How, d.Last = by.Way, placeName(by), plain.Line(by.For), plain.Line(by.How), f.now()
	if err := on.PutDeparture(ctx, d); err != nil && on.log != nil {
		on.log.LogAttrs(ctx, slog.LevelWarn, "remember a place", slog.String("bot", plain.Line(d.Key.String())), slog.Any("error", err))
	}
}

// placeName is what a place is called from everywhere: of a file its whole path, with no links among its folders, as a shell's
// file is known by too.
func placeName(by Outlet) string {
	place := by.Place
	if by.Way == store.ToFile {
		if path, err := filepath.Abs(place); err == nil {
			place = path
		}
		if folder, err := filepath.EvalSymlinks(filepath.Dir(place)); err == nil {
			place = filepath.Join(folder, filepath.Base(place))
		}
	}
	return plain.Line(place)
}

// Places returns where secrets of a bot went, the last first. After a rotation those that are store.Stale are what is to
// be done.
func (f *Fleet) Places(ctx context.Context, key Key) ([]Departure, error) {
	return f.at.Load().Departures(ctx, key)
}

// SettlePlaces says of places that they were seen to since the token was replaced, or with done false that they were not.
func (f *Fleet) SettlePlaces(ctx context.Context, places []Departure, done bool) error {
	var at time.Time
	if done {
		at = f.now()
	}
	return f.at.Load().SettleDepartures(ctx, places, at)
}

// PlacesCalled are those of a bot's places that somebody means by a name: a path, whole or from here, a program, a place
// or a way.
func PlacesCalled(places []Departure, name string) (meant []Departure) {
	path := placeName(Outlet{Way: store.ToFile, Place: name})
	for _, d := range places {
		switch {
		case d.Way == store.ToFile && (d.Place == path || d.Place == name), // as it is shown, whatever has become of its folder
			d.Way != store.ToFile && d.Place != "" && d.Place == name,
			d.For != "" && d.For == name,
			d.Place == "" && d.For == "" && strings.EqualFold(string(d.Way), name):
			meant = append(meant, d)
		}
	}
	return meant
}

// noteToken has the catalogue know which token a bot has, as it was just read: another catalogue of the ring may have
// replaced it. Nothing that is done now depends on it.
func (f *Fleet) noteToken(ctx context.Context, on *ground, key Key, token secret.Secret) {
	if mark := markOf(token); mark != "" {
		_ = on.NoteToken(ctx, key, mark)
	}
}
