package fleet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// A NewBot is what Add needs.
type NewBot struct {
	Token secret.Secret
	// APIID names a saved app; 0 is the bot's own if it is known, or the only one there is. With APIHash it
	// is a new app (or a new hash for a known one), which is saved together with the bot, under AppName or
	// "main" (then "app 2" …).
	APIID   int
	APIHash secret.Secret
	AppName string
	// Environment is the fleet's own when empty.
	Environment string
	Label       string
	Tags        []string
	// NoLogin saves without logging in. Then there may be no app yet.
	NoLogin bool
}

// An order is a NewBot that has been checked.
type order struct {
	key   Key
	token secret.Secret
	label string
	tags  []string
	app   appItem
	// hashGiven: the app's hash was typed, and is not in the keyring yet.
	hashGiven bool
}

// Add logs a bot in and saves it, in this order: input checked, known floods honoured, keyring
// preflighted, logged in, written, read back, entered into the catalogue. A bot that is known with the
// same token and a session that works is not logged in again: ErrSessionWorks, with the bot in Saved.
// With another token it is a replacement: *TokenDiffersError.
//
// Errors are *InputError, *FloodError, *telegram.Error, those of keyring, and *UnsavedError when Telegram
// granted the login and the keyring then did not take it. report may be nil. When ctx is cancelled nothing
// is saved, and a login that was granted at that very moment is ended.
func (f *Fleet) Add(ctx context.Context, bot NewBot, report func(Step)) (saved Saved, err error) {
	ctx, op := f.begin(ctx, "add", Key{})
	defer op.end(&err)
	on := f.at.Load()
	o, err := f.judge(ctx, on, bot)
	if err != nil {
		return Saved{}, err
	}
	op.about(o.key)
	release, err := on.guard.take(ctx, o.key)
	if err != nil {
		return Saved{}, err
	}
	defer release()
	row, known, err := f.known(ctx, on, o.key)
	if err != nil {
		return Saved{}, err
	}
	if err := f.settleApp(ctx, on, &o, row, bot.NoLogin); err != nil {
		return Saved{}, err
	}
	if !bot.NoLogin && !hasLive(row) {
		if err := f.free(ctx, on, o.key, o.app.APIID, store.MethodLogin); err != nil {
			return Saved{}, err
		}
	}
	r, err := f.preflight(ctx, on, report)
	if err != nil {
		return Saved{}, err
	}
	item, err := f.merge(ctx, on, r, o, row, known)
	if err != nil {
		return Saved{}, err
	}
	s := &save{
		key: o.key, item: item, app: o.app, newApp: o.hashGiven,
		relabel: o.label != "", retag: len(o.tags) > 0,
	}
	if bot.NoLogin {
		return f.saveOnly(ctx, on, s, report)
	}
	err = f.prove(ctx, on, row, item.Session, report)
	switch {
	case errors.Is(err, ErrSessionWorks):
		return f.alreadyThere(ctx, on, r, s, known)
	case err != nil:
		return Saved{}, err
	}
	return f.logInAndSave(ctx, on, r, s, known, report)
}

// judge checks what was given, with nothing but the catalogue.
func (f *Fleet) judge(ctx context.Context, on *ground, bot NewBot) (order, error) {
	token := Trim(bot.Token.Reveal())
	id, problem := CheckToken(token)
	if problem != nil && !problem.Warning() {
		return order{}, problem
	}
	o := order{key: Key{Environment: bot.Environment, ID: id}, token: secret.New(token), label: strings.TrimSpace(bot.Label)}
	if o.key.Environment == "" {
		o.key.Environment = f.envs.current
	}
	if err := f.envs.require(o.key.Environment); err != nil {
		return order{}, err
	}
	var err error
	if o.tags, err = cleanTags(bot.Tags); err != nil {
		return order{}, err
	}
	if err := f.checkLabel(ctx, on, o.key, o.label); err != nil {
		return order{}, err
	}
	o.app.APIID = bot.APIID
	if bot.APIID != 0 || !bot.APIHash.Empty() {
		if _, problem := CheckAPIID(strconv.Itoa(bot.APIID)); problem != nil && !problem.Warning() {
			return order{}, problem
		}
	}
	if bot.APIHash.Empty() {
		return o, nil
	}
	o.hashGiven = true
	o.app, err = f.newApp(ctx, on, strings.TrimSpace(bot.AppName), bot.APIID, bot.APIHash)
	return o, err
}

// known returns the bot's row, if it has one.
func (f *Fleet) known(ctx context.Context, on *ground, key Key) (row Bot, known bool, err error) {
	row, err = on.Bot(ctx, key, f.now())
	if errors.Is(err, store.ErrNotFound) {
		return Bot{Key: key}, false, nil
	}
	return row, err == nil, err
}

// settleApp finds the app where none was named.
func (f *Fleet) settleApp(ctx context.Context, on *ground, o *order, row Bot, noLogin bool) error {
	if o.app.APIID != 0 {
		return nil
	}
	id, err := f.appOf(ctx, on, row)
	switch {
	case err == nil:
		o.app.APIID = id
	case errors.Is(err, ErrNoApp) && noLogin:
	case errors.Is(err, ErrNoApp):
		return &InputError{Field: FieldAPIID, Problem: ProblemEmpty, Err: err}
	default:
		return err
	}
	return nil
}

// appOf is the app a bot logs in with: its own, or the only one there is.
func (f *Fleet) appOf(ctx context.Context, on *ground, row Bot) (int, error) {
	if row.APIID != 0 {
		return row.APIID, nil
	}
	apps, err := on.Apps(ctx)
	switch {
	case err != nil:
		return 0, err
	case len(apps) == 1:
		return apps[0].APIID, nil
	}
	return 0, ErrNoApp
}

// preflight makes sure that what a login yields can be saved.
func (f *Fleet) preflight(ctx context.Context, on *ground, report reporter) (r *keyring.Ring, err error) {
	err = report.stage(OpeningKeyring, func() error {
		if r, err = on.ring.get(ctx); err != nil {
			return err
		}
		return r.Preflight(ctx, maxItem)
	})
	return r, err
}

// merge is the item to be: what the keyring holds, if anything, with what was ordered.
func (f *Fleet) merge(ctx context.Context, on *ground, r *keyring.Ring, o order, row Bot, known bool) (botItem, error) {
	item, err := f.readBot(ctx, on, r, o.key)
	switch {
	case errors.Is(err, ErrSecretMissing), errors.Is(err, ErrItemDamaged):
		item = botItem{}
	case err != nil:
		return botItem{}, err
	case !item.Token.Equal(o.token):
		if !known {
			// The catalogue was lost, the keyring was not.
			row = (&save{key: o.key, item: item}).row(f, row)
		}
		return botItem{}, &TokenDiffersError{Bot: row, Token: o.token}
	}
	item.Token, item.APIID = o.token, o.app.APIID
	if known {
		// The item's are as of its last write.
		item.Label, item.Tags, item.Profile = row.Label, row.Tags, row.Profile
	}
	if o.label != "" {
		item.Label = o.label
	}
	if len(o.tags) > 0 {
		item.Tags = o.tags
	}
	return item, nil
}

// saveOnly saves without logging in. A session that is there stays.
func (f *Fleet) saveOnly(ctx context.Context, on *ground, s *save, report reporter) (Saved, error) {
	if s.item.APIID != 0 && !s.newApp {
		if err := f.fetchApp(ctx, on, nil, s); err != nil {
			return Saved{}, err
		}
	}
	if err := s.begin(ctx, f, on, false); err != nil {
		return Saved{}, err
	}
	return f.finish(ctx, on, s, report)
}

// alreadyThere answers for a bot whose session works: nothing is written, unless the catalogue has lost
// the bot.
func (f *Fleet) alreadyThere(ctx context.Context, on *ground, r *keyring.Ring, s *save, known bool) (Saved, error) {
	if !known {
		s.status, s.newApp = store.OK, false
		if err := f.recoverApp(ctx, on, r, s); err != nil {
			return Saved{}, err
		}
		if err := f.enter(ctx, on, s); err != nil {
			return Saved{}, err
		}
	}
	bot, err := on.Bot(ctx, s.key, f.now())
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{Bot: bot, Existed: true}
	saved.Keyring, _ = describe(ctx, r)
	return saved, ErrSessionWorks
}

// fetchApp reads the hash of a save's app, with r nil only where the catalogue does not know the app.
func (f *Fleet) fetchApp(ctx context.Context, on *ground, r *keyring.Ring, s *save) error {
	row, err := on.App(ctx, s.item.APIID)
	inCatalogue := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if r == nil {
		if inCatalogue {
			s.app = appItem{Name: row.Name, APIID: row.APIID}
			return nil
		}
		if r, err = on.ring.get(ctx); err != nil {
			return err
		}
	}
	s.app, err = on.readApp(ctx, r, s.item.APIID)
	switch {
	case err == nil && inCatalogue:
		s.app.Name = row.Name
	case err == nil:
		s.newApp = true // new to the catalogue
	case errors.Is(err, ErrSecretMissing) && !inCatalogue:
		return fmt.Errorf("%w: %d", ErrNoApp, s.item.APIID)
	}
	return err
}
