package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// placesObject is where secrets of bots went.
type placesObject struct {
	header
	Keyring string          `json:"keyring"`
	Places  []departureJSON `json:"places"`
}

type departureJSON struct {
	ID          int64  `json:"id"`
	Environment string `json:"environment"`
	// Token, App and Session say what went there; Session is a name, "" for none.
	Token   bool   `json:"token"`
	App     bool   `json:"app"`
	Session string `json:"session"`
	Way     string `json:"way"`
	// Place is a path or the name of a program, For what the place is called that it was for; "" where there is none.
	Place  string  `json:"place"`
	For    string  `json:"for"`
	How    string  `json:"how"`
	First  *string `json:"first"`
	Last   *string `json:"last"`
	Count  int     `json:"count"`
	State  string  `json:"state"`
	DoneAt *string `json:"done_at"`
}

// A placing is what the flags of places say.
type placing struct {
	which      choice
	stale      bool
	done, undo []string
}

func newPlaces(s *shell) *cobra.Command {
	var p placing
	cmd := &cobra.Command{
		Use:   "places [BOT…] [flags]",
		Short: "Show where a bot's token and sessions went",
		Long: "Shows where secrets of a bot were written, copied or handed to since botring keeps track of that: files, programs, places " +
			"that an export was for, pipes and clipboards. Nothing of the secrets is kept. Once the token was replaced, a place holds an older " +
			"one until the new one goes there too, or until you say that you have seen to it.\n\n" +
			"A PLACE is named as it is shown: a path, a program, what you called it, or pipe, clipboard, terminal. botring export BOT --update FILE " +
			"puts the new token into a file.",
		Example: `  botring places @shop_orders_bot --stale
  botring places @shop_orders_bot --done /srv/shop/.env`,
		RunE: func(cmd *cobra.Command, refs []string) error { return s.places(cmd.Context(), refs, p) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	p.which.register(flags, "show")
	flags.BoolVar(&p.stale, "stale", false, "show only what holds an older token")
	flags.StringArrayVar(&p.done, "done", nil, "say of a `place` that it was seen to; repeatable")
	flags.StringArrayVar(&p.undo, "undo", nil, "say of a `place` that it was not; repeatable")
	return cmd
}

func (s *shell) places(ctx context.Context, refs []string, p placing) error {
	f, keys, err := p.which.find(ctx, s, refs)
	if err != nil {
		return err
	}
	for _, settling := range []struct {
		names []string
		done  bool
	}{{p.done, true}, {p.undo, false}} {
		for _, name := range settling.names {
			if err := s.settlePlace(ctx, f, keys, name, settling.done); err != nil {
				return err
			}
		}
	}
	object := placesObject{Keyring: s.flags.kind(), Places: []departureJSON{}}
	t := newPlacesTable()
	for _, key := range keys {
		places, err := f.Places(ctx, key)
		if err != nil {
			return err
		}
		for _, d := range places {
			if p.stale && d.State != store.Stale {
				continue
			}
			object.Places = append(object.Places, departureToJSON(d))
			t.addPlace(key, len(keys) > 1, d)
		}
	}
	return s.answer(object, func(w io.Writer) {
		switch {
		case len(object.Places) > 0:
			t.dropEmpty("BOT")
			t.write(w)
		case p.stale:
			fmt.Fprintln(w, "Nothing is known to hold an older token.")
		default:
			fmt.Fprintln(w, fault.NothingWentOut)
		}
	})
}

// A placesTable is where secrets went, for people.
type placesTable struct{ *table }

func newPlacesTable() placesTable {
	return placesTable{newTable("BOT", "WHERE", "WHAT", "HOW", "LAST", "STATE")}
}

// addPlace adds a place of a bot, which is named where it is one of several.
func (t placesTable) addPlace(key fleet.Key, several bool, d fleet.Departure) {
	bot := ""
	if several {
		bot = key.String()
	}
	_, state := fault.PlaceState(d)
	t.add(bot, fault.WentTo(d), fault.WhatWent(d), fault.Clean(d.How), d.Last.Format(time.DateTime), state)
}

// settlePlace says of a place of the bots that it was seen to, or that it was not.
func (s *shell) settlePlace(ctx context.Context, f *fleet.Fleet, keys []fleet.Key, name string, done bool) error {
	var meant []fleet.Departure
	for _, key := range keys {
		places, err := f.Places(ctx, key)
		if err != nil {
			return err
		}
		for _, d := range fleet.PlacesCalled(places, name) {
			// What holds the token of today has nothing to be done.
			if d.State != store.Current {
				meant = append(meant, d)
			}
		}
	}
	if len(meant) == 0 {
		return usage("No place called "+quote(name)+" holds an older token.", "botring places "+keys[0].String()+" shows them.")
	}
	return f.SettlePlaces(ctx, meant, done)
}

func departureToJSON(d fleet.Departure) departureJSON {
	return departureJSON{
		ID: d.ID, Environment: fault.Clean(d.Environment), Token: d.Token, App: d.App, Session: fault.Clean(d.Session),
		Way: string(d.Way), Place: fault.Clean(d.Place), For: fault.Clean(d.For), How: fault.Clean(d.How),
		First: timestamp(d.First), Last: timestamp(d.Last), Count: d.Count, State: string(d.State), DoneAt: timestamp(d.DoneAt),
	}
}

// noteStale says how many places hold an older token of a bot.
func (s *shell) noteStale(ctx context.Context, bot fleet.Bot) {
	f, err := s.open(ctx)
	if err != nil {
		return // the token was replaced all the same
	}
	places, err := f.Places(ctx, bot.Key)
	if err != nil {
		return
	}
	stale := 0
	for _, d := range places {
		if d.State == store.Stale {
			stale++
		}
	}
	switch {
	case stale == 1:
		s.note("1 place holds the older token: botring places %s --stale shows it.", bot.String())
	case stale > 1:
		s.note("%d places hold the older token: botring places %s --stale shows them.", stale, bot.String())
	}
}
