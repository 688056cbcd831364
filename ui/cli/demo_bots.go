package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"botring/fleet"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui"
)

// The demo's apps.
const (
	mainApp   = 10001
	legacyApp = 10002
)

// A role is what becomes of a bot before the screens open. Each state is come by honestly: the bot is
// saved, and Telegram is asked.
type role int

const (
	works      role = iota // logged in, and checked
	loggedOut              // its token was revoked, and Telegram has ended its session
	duplicated             // its session was used in two places
	flooded                // it has to wait before it logs in
	waits                  // saved, not logged in
)

// An actor is a bot that the demo begins with.
type actor struct {
	id       int64
	name     string
	username string
	dc       int
	app      int
	tags     []string
	role     role
}

// manages says which bots a bot manages: one of the list is rotated by another, the rest by hand.
func manages(id int64) []int64 {
	if id == radioBot {
		return []int64{weatherBot}
	}
	return nil
}

// A bot of the list that another one manages, and that one.
const (
	weatherBot = 7045550102
	radioBot   = 7045550103
)

// actors are the bots of the list, one for each state. The one that waits has another app than the samples:
// a second bot that has to wait makes its whole app wait.
func actors() []actor {
	return []actor{
		{7045550101, "Shop orders", "shop_orders_bot", 2, mainApp, []string{"prod"}, works},
		{weatherBot, "天気 Weather", "tenki_bot", 4, mainApp, []string{"prod", "eu"}, works},
		{radioBot, "🎧 Night radio", "night_radio_bot", 2, mainApp, []string{"eu"}, works},
		{7045550104, "Alerts", "alerts_bot", 2, legacyApp, []string{"prod"}, flooded},
		{7045550105, "Old support", "support_old_bot", 1, legacyApp, nil, loggedOut},
		{7045550106, "News digest", "news_digest_bot", 5, mainApp, []string{"eu"}, duplicated},
		{7045550107, "New one", "new_one_bot", 2, mainApp, nil, waits},
	}
}

// Tokens to try, each with a bot behind it that does what the token is for.
const (
	sampleFine    = 7123450001
	sampleMoves   = 7123456789
	sampleRevoked = 7123450003
	sampleTest    = 7123450004
	sampleFlooded = 7123450005
	sampleStalled = 7123450006
)

func samples() []ui.Sample {
	return []ui.Sample{
		{Token: demoToken(sampleFine), Says: "fine"},
		{Token: demoToken(sampleMoves), Says: "moves to DC 4"},
		{Token: demoToken(sampleRevoked), Says: "revoked"},
		{Token: demoToken(sampleTest), Says: "test only"},
		{Token: demoToken(sampleFlooded), Says: "flooded"},
		{Token: demoToken(sampleStalled), Says: "stalled"},
	}
}

// demoToken is the token of a demo's bot: of the right form, and nobody's.
func demoToken(id int64) secret.Secret {
	return secret.New(fmt.Sprintf("%d:AAHdemo-nobodys-token-%013d", id, id))
}

// demoHash is the api_hash of a demo's app.
func demoHash(app int) secret.Secret { return secret.New(fmt.Sprintf("%032x", app)) }

// fill lets the bots behind the samples in, and, where the fleet is empty, the actors. A fleet that is
// not empty is that of an earlier demo, kept in a keyring.
func (st *stage) fill(ctx context.Context, f *fleet.Fleet) error {
	st.addSamples()
	bots, err := f.Bots(ctx)
	if err != nil {
		return err
	}
	if len(bots) > 0 {
		return st.resume(ctx, f, bots)
	}
	for app, name := range map[int]string{mainApp: "main", legacyApp: "legacy"} {
		if _, err := f.AddApp(ctx, name, app, demoHash(app)); err != nil {
			return fmt.Errorf("add the demo's app: %w", err)
		}
	}
	// What takes long is waiting for the demo's own Telegram: all at once takes as long as one.
	return each(actors(), func(a actor) error {
		st.cast(a)
		if err := st.play(ctx, f, a); err != nil {
			return fmt.Errorf("seed %s: %w", a.username, err)
		}
		return nil
	})
}

func (st *stage) addSamples() {
	production, test := st.servers[telegram.EnvironmentProduction], st.servers[telegram.EnvironmentTest]
	add := func(server *telegramtest.Server, id int64, dc int, name, username string, login telegramtest.Script) {
		server.AddBot(telegramtest.Bot{
			Token:   demoToken(id),
			DC:      dc,
			Profile: telegram.Profile{ID: id, FirstName: name, Username: username, Groups: true},
			Login:   login,
		})
	}
	add(production, sampleFine, 2, "Fine day", "fine_day_bot", telegramtest.Script{})
	add(production, sampleMoves, 4, "Moving van", "moving_van_bot", telegramtest.Script{})
	add(production, sampleRevoked, 2, "Gone", "gone_bot", telegramtest.Script{})
	production.RevokeToken(sampleRevoked)
	add(test, sampleTest, 2, "Test bench", "test_bench_bot", telegramtest.Script{})
	add(production, sampleFlooded, 2, "Eager", "eager_bot", telegramtest.Script{Error: "FLOOD_WAIT_1873"})
	add(production, sampleStalled, 2, "Sleeper", "sleeper_bot", telegramtest.Script{Stall: true})
}

// cast makes Telegram know an actor, and its part.
func (st *stage) cast(a actor) {
	bot := telegramtest.Bot{
		Token: demoToken(a.id),
		DC:    a.dc,
		Profile: telegram.Profile{
			ID: a.id, FirstName: a.name, Username: a.username, Groups: true, Inline: a.dc == 4, ManagesBots: manages(a.id) != nil,
		},
		Manages: manages(a.id),
	}
	server := st.servers[telegram.EnvironmentProduction]
	switch a.role {
	case flooded:
		// Long enough to see it tick, short enough to see it end.
		bot.Login = telegramtest.Script{Error: "FLOOD_WAIT_75", Times: 1}
		server.AddBot(bot)
	case duplicated:
		bot.Call = telegramtest.Script{Error: "AUTH_KEY_DUPLICATED", Code: 406, Times: 1}
		server.AddBot(bot)
	case works, loggedOut, waits:
		server.AddBot(bot)
	}
}

// castAgain makes Telegram know an actor whose part is over: what became of its token stays so.
func (st *stage) castAgain(a actor) {
	over := a
	over.role = works
	st.cast(over)
	if a.role == loggedOut {
		st.servers[telegram.EnvironmentProduction].RevokeToken(a.id)
	}
}

// play brings one actor into the fleet and into its state. All but the newest have logged in before.
func (st *stage) play(ctx context.Context, f *fleet.Fleet, a actor) error {
	key := fleet.Key{Environment: telegram.EnvironmentProduction, ID: a.id}
	bot := fleet.NewBot{Token: demoToken(a.id), APIID: a.app, Environment: key.Environment, Tags: a.tags}
	if a.role == waits {
		// Nobody has told the name of a bot that never logged in.
		bot.Label, bot.NoLogin = a.name, true
		_, err := f.Add(ctx, bot, nil)
		return err
	}
	server := st.servers[key.Environment]
	session, err := server.Session(a.id)
	if err != nil {
		return err
	}
	session.APIID = a.app
	profile := telegram.Profile{ID: a.id, FirstName: a.name, Username: a.username}
	if _, err := f.Adopt(ctx, bot, session, profile, store.Here); err != nil {
		return err
	}
	switch a.role {
	case works:
		_, err = f.Check(ctx, key, nil)
	case loggedOut:
		server.RevokeToken(a.id)
		_, err = f.Check(ctx, key, nil)
	case duplicated:
		_, err = f.Check(ctx, key, nil)
		// The session is gone for good; a new one can be made.
		server.RevokeToken(a.id)
		st.castAgain(a)
	case flooded:
		// The one login of the start: making its key takes longer than all the rest.
		if _, err := f.LogOut(ctx, key, nil); err != nil {
			return err
		}
		_, err = f.Login(ctx, key, false, nil)
	case waits:
	}
	return expect(err, a.role != works)
}

// expect lets pass what the part asks for: an answer of Telegram's where one is wanted.
func expect(err error, refused bool) error {
	var answer *telegram.Error
	var flood *fleet.FloodError
	if refused && (errors.As(err, &answer) && answer.Code != 0 || errors.As(err, &flood)) {
		return nil
	}
	if refused && err == nil {
		return errors.New("the demo's Telegram was too kind")
	}
	return err
}

// resume makes the demo's Telegram, which is a new one every time, know the bots of an earlier demo, and
// gives those that were well a session of it. Nothing else of them is touched.
func (st *stage) resume(ctx context.Context, f *fleet.Fleet, bots []fleet.Bot) error {
	for _, a := range actors() {
		st.castAgain(a)
	}
	return each(bots, func(bot fleet.Bot) error {
		server := st.servers[bot.Environment]
		if bot.Health.Status != store.OK || server == nil {
			return nil
		}
		token, err := f.Token(ctx, bot.Key)
		if err != nil {
			// A secret that is gone is a state like any other; the list shows it.
			return nil //nolint:nilerr // Said by the check, which comes to the same end.
		}
		profile := telegram.Profile{
			ID: bot.ID, FirstName: bot.Profile.FirstName, Username: bot.Profile.Username,
			Inline: bot.Profile.Inline, Groups: bot.Profile.Groups, ManagesBots: bot.Profile.ManagesBots,
		}
		server.AddBot(telegramtest.Bot{Token: token, DC: bot.Profile.DC, Profile: profile, Manages: manages(bot.ID)})
		session, err := server.Session(bot.ID)
		if err != nil {
			return err
		}
		session.APIID = bot.APIID
		// The session of the earlier Telegram is dead here, and only one that is known to be is replaced.
		_, err = f.Check(ctx, bot.Key, nil)
		if err := expect(err, true); err != nil {
			return err
		}
		if _, err := f.Adopt(ctx, fleet.NewBot{Token: token, APIID: bot.APIID, Environment: bot.Environment}, session, profile, store.Here); err != nil {
			return fmt.Errorf("resume %s: %w", bot.Key, err)
		}
		_, err = f.Check(ctx, bot.Key, nil)
		return err
	})
}

// each calls do for all items at the same time and returns what went wrong.
func each[T any](items []T, do func(T) error) error {
	errs := make([]error, len(items))
	var all sync.WaitGroup
	for i, item := range items {
		all.Go(func() { errs[i] = do(item) })
	}
	all.Wait()
	return errors.Join(errs...)
}
