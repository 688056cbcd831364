package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/botapi"
)

// A TokenVerdict is what is known of a token after its question.
type TokenVerdict int

// The verdicts. Their names are frozen.
const (
	// TokenUnknown: the question was not answered, and the error says why.
	TokenUnknown TokenVerdict = iota
	// TokenAlive: the bot answers to it.
	TokenAlive
	// TokenRevoked: the Bot API does not know it. It was revoked, its bot was deleted, or it never was one here.
	TokenRevoked
)

// String is the verdict's name.
func (v TokenVerdict) String() string {
	switch v {
	case TokenAlive:
		return "alive"
	case TokenRevoked:
		return "revoked"
	case TokenUnknown:
	}
	return "unknown"
}

// VerdictOf is what a question about a token has proved that ended with err.
func VerdictOf(err error) TokenVerdict {
	switch {
	case err == nil:
		return TokenAlive
	case errors.Is(err, botapi.ErrUnauthorized):
		return TokenRevoked
	}
	return TokenUnknown
}

// TokenAlive asks the Bot API whether a token works in an environment, without a login and without a look at what is
// saved. The error is nil unless the verdict is TokenUnknown.
func (f *Fleet) TokenAlive(ctx context.Context, environment string, token secret.Secret) (TokenVerdict, error) {
	_, err := f.AskTokenText(ctx, environment, token, nil)
	verdict := VerdictOf(err)
	if verdict == TokenRevoked {
		err = nil
	}
	return verdict, err
}

// AskTokenText asks the Bot API who a token is that need not be saved here. VerdictOf tells what the error proves.
func (f *Fleet) AskTokenText(ctx context.Context, environment string, token secret.Secret, report func(Step)) (profile Profile, err error) {
	token = secret.New(Trim(token.Reveal()))
	id, problem := CheckToken(token.Reveal())
	key := Key{Environment: environment, ID: id}
	ctx, op := f.begin(ctx, "token check", key)
	defer op.end(&err)
	if problem != nil && !problem.Warning() {
		return Profile{}, problem
	}
	told, err := f.askBotAPI(ctx, f.at.Load(), key, token, report)
	if err != nil {
		return Profile{}, err
	}
	return profileRow(told, 0), nil
}

// AskToken asks the Bot API whether a bot's saved token works, and records what that says of the bot: its session is
// not opened, and not said to work. The bot is current even when err is not nil. VerdictOf tells what err proves.
func (f *Fleet) AskToken(ctx context.Context, key Key, report func(Step)) (Bot, error) {
	return f.askToken(ctx, key, false, report)
}

// AskTokens asks about bots, some at a time and at the pace the server bears, and calls done for each as it ends, one
// call at a time. When ctx ends, what runs is cancelled and nothing more starts.
func (f *Fleet) AskTokens(ctx context.Context, keys []Key, done func(Outcome)) {
	_, op := f.begin(ctx, "token checks", Key{})
	_, refusal := f.unlockFor(ctx, keys, func(Bot) bool { return true })
	ended, works := 0, 0
	f.many(ctx, keys, func(ctx context.Context, key Key) (Bot, error) {
		if refusal != nil {
			return f.after(ctx, key, refusal)
		}
		return f.askToken(ctx, key, true, traceOf(ctx).steps(key))
	}, func(o Outcome) {
		if ended++; VerdictOf(o.Err) == TokenAlive {
			works++
		}
		done(o)
	})
	err := ctx.Err()
	op.note(slog.Int("bots", len(keys)), slog.Int("ended", ended), slog.Int("alive", works))
	op.detail = fmt.Sprintf("%d of %d, %d alive", ended, len(keys), works)
	op.end(&err)
}

// askToken is AskToken. Of one of many the history hears when it does not work.
func (f *Fleet) askToken(ctx context.Context, key Key, oneOfMany bool, report reporter) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "token check", key)
	defer op.end(&err)
	err = f.askSaved(ctx, f.at.Load(), key, report)
	op.unheard = oneOfMany && VerdictOf(err) != TokenRevoked
	return f.after(ctx, key, err)
}

// askSaved asks about the token in a bot's item and records the answer. The bot's turn is not taken: no session is
// opened, so that whatever else is done with the bot need not be waited for.
func (f *Fleet) askSaved(ctx context.Context, on *ground, key Key, report reporter) error {
	if _, err := on.Bot(ctx, key, f.now()); err != nil {
		return err
	}
	if _, err := f.botAPI(key.Environment); err != nil {
		return err
	}
	read := func() (item botItem, err error) {
		r, err := on.ring.get(ctx)
		if err == nil {
			item, err = f.readBot(ctx, on, r, key)
		}
		return item, err
	}
	var item botItem
	err := report.stage(OpeningKeyring, func() (err error) { item, err = read(); return err })
	if err != nil {
		return err
	}
	profile, answer := f.askBotAPI(ctx, on, key, item.Token, report)
	if VerdictOf(answer) == TokenRevoked {
		// Meanwhile it may have been replaced by a new one, which is another question.
		now, err := read()
		if err == nil && !now.Token.Equal(item.Token) {
			item = now
			profile, answer = f.askBotAPI(ctx, on, key, item.Token, report)
		}
	}
	// What was learnt is kept, also when the user turned away meanwhile.
	ctx, cancel := afterwards(ctx)
	defer cancel()
	err = on.Update(ctx, key, func(b *Bot) { f.afterAsk(b, item, profile, answer) })
	if errors.Is(err, store.ErrNotFound) {
		err = nil // it was removed meanwhile
	}
	if err != nil {
		err = fmt.Errorf("record the token check: %w", err)
	}
	return also(answer, err)
}

// afterAsk is what a bot's row says after a question about its token ended with err. What works is a token: of the
// session only a check tells. A token that the Bot API does not know is what keeps a bot from being logged in that is
// not; beside a session that may work it is a reason to look, since for a while after a revocation some of the Bot
// API's servers refuse the new token as well (github.com/tdlib/telegram-bot-api/issues/77).
func (f *Fleet) afterAsk(b *Bot, item botItem, profile telegram.Profile, err error) {
	status := b.Health.Status
	switch VerdictOf(err) {
	case TokenAlive:
		dc, manages := b.Profile.DC, b.Profile.ManagesBots
		b.Profile = profileRow(profile, dc)
		b.Profile.ManagesBots = manages || profile.ManagesBots // an older server leaves it out
		if status == store.TokenRevoked {
			b.Health = f.health(b.Health, store.Health{Status: unproven(item.Session)})
		}
	case TokenRevoked:
		var answer *telegram.Error
		if !errors.As(err, &answer) || answer.Kind != telegram.TokenRevoked || status == store.Deactivated ||
			!dead(status) && status != store.NotLoggedIn {
			return
		}
		b.Health = f.health(b.Health, store.Health{
			Status: store.TokenRevoked, Kind: answer.Kind.String(), Code: answer.Code, CheckedAt: f.now(),
		})
	case TokenUnknown:
	}
}

// methodGetMe begins the name by which a wait that a Bot API asked for is remembered. Each server counts for itself.
const methodGetMe = "getMe@"

// askBotAPI puts one question, when it is its turn.
func (f *Fleet) askBotAPI(ctx context.Context, on *ground, key Key, token secret.Secret, report reporter) (telegram.Profile, error) {
	server, err := f.botAPI(key.Environment)
	if err != nil {
		return telegram.Profile{}, err
	}
	bound := Key{Environment: key.Environment}
	if server == botapi.Telegram() {
		bound.Environment = telegram.EnvironmentProduction // one server for both
	}
	method := methodGetMe + server.Addr()
	if err := f.freeToAsk(ctx, on, key, bound, method); err != nil {
		return telegram.Profile{}, err
	}
	proxy, err := f.wayTo(ctx, server)
	if err != nil {
		return telegram.Profile{}, err
	}
	var leave func()
	if server.Local() {
		leave, err = f.schedule.place(ctx) // it counts nobody on its own computer
	} else {
		leave, err = f.schedule.takeAsk(ctx, server.Addr(), report)
	}
	if err != nil {
		return telegram.Profile{}, err
	}
	defer leave()
	// The turn may have been long in coming.
	if err := f.freeToAsk(ctx, on, key, bound, method); err != nil {
		return telegram.Profile{}, err
	}
	step := telegram.Step{Stage: telegram.Asking, Addr: server.Addr(), Proxy: proxy.Title()}
	tell := observe(ctx, report.telegram())
	if tell == nil {
		tell = func(telegram.Step) {}
	}
	tell(step)
	began := time.Now()
	profile, err := f.getMe(server, ctx, token, key.Environment == telegram.EnvironmentTest, botapi.Options{Timeout: f.opts.Timeout, Proxy: proxy})
	if err == nil {
		step.Done, step.Took = true, time.Since(began)
		tell(step)
	}
	return profile, f.rememberAsk(ctx, on, key, bound, method, err)
}

// freeToAsk returns a *FloodError while a server is not to be asked, from what is remembered.
func (f *Fleet) freeToAsk(ctx context.Context, on *ground, key, bound Key, method string) error {
	floods, err := f.floods(ctx, on)
	if err != nil {
		return fmt.Errorf("read floods: %w", err)
	}
	for _, flood := range floods {
		if flood.Key == bound && flood.Method == method {
			return &FloodError{Key: key, Until: flood.Until, Remembered: true, Address: true, BotAPI: hostOf(method)}
		}
	}
	return nil
}

// rememberAsk is remember for a Bot API, which binds this address and no login or check over MTProto.
func (f *Fleet) rememberAsk(ctx context.Context, on *ground, key, bound Key, method string, err error) error {
	var answer *telegram.Error
	if !errors.As(err, &answer) || answer.Kind != telegram.FloodWait {
		return err
	}
	now := f.now()
	flood := store.Flood{Key: bound, Method: method, SeenAt: now, Until: now.Add(answer.Wait)}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	told := &FloodError{Key: key, Until: flood.Until, Address: true, BotAPI: hostOf(method), Err: err}
	if err := on.PutFlood(ctx, flood); err != nil {
		return also(told, fmt.Errorf("remember flood: %w", err))
	}
	return told
}

func hostOf(method string) string { return strings.TrimPrefix(method, methodGetMe) }
