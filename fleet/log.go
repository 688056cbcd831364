package fleet

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"botring/fleet/plain"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// An operation is a call of a fleet's as log and history keep it: what it was about, where it went, how long
// it took and how it ended. It travels in the call's context, so that the conversation with Telegram can note
// the address.
type operation struct {
	fleet *Fleet
	log   *slog.Logger // nil for none
	name  string
	bot   Key
	began time.Time
	more  []slog.Attr
	// called and detail are what the history says of the bot and of the action, "" for nothing more;
	// unheard: the history need not hear of it.
	called, detail string
	unheard        bool

	mu   sync.Mutex // steps may come while the call already returns
	dc   int
	addr string
	// proxy is what the one that led there is called.
	proxy string
}

type operationKey struct{}

// begin begins an operation; its end belongs into a defer. bot is the zero Key where it is about none.
func (f *Fleet) begin(ctx context.Context, name string, bot Key) (context.Context, *operation) {
	op := &operation{fleet: f, log: f.at.Load().log, name: name, bot: bot, began: time.Now()}
	return context.WithValue(ctx, operationKey{}, op), op
}

// about says which bot it is about, where that was not known at the beginning.
func (op *operation) about(bot Key) { op.bot = bot }

// note adds what only this operation knows of itself.
func (op *operation) note(attrs ...slog.Attr) { op.more = append(op.more, attrs...) }

// end writes the record and the entry. A mistake in what was typed is not worth one: nothing was sent or
// written.
func (op *operation) end(err *error) {
	if broken := recover(); broken != nil {
		op.record(slog.LevelError, slog.String("outcome", "panic"))
		panic(broken)
	}
	var typed *InputError
	switch {
	case *err == nil:
		op.record(slog.LevelInfo, slog.String("outcome", OutcomeOK))
		op.enter(OutcomeOK)
	case !errors.As(*err, &typed):
		op.record(slog.LevelWarn, slog.Any("error", *err))
		op.enter(op.fleet.kindOf(*err))
	}
}

// enter enters the operation into the history, where that keeps its kind.
func (op *operation) enter(outcome string) {
	if !keeps(op.name) || op.unheard {
		return
	}
	// After a move that is the new one's history.
	op.fleet.record(op.fleet.at.Load(), Entry{
		At: op.fleet.now(), Key: op.bot, Name: op.called, Action: op.name, Outcome: outcome, Detail: op.detail,
	})
}

func (f *Fleet) kindOf(err error) string {
	if f.opts.KindOf == nil {
		return "failed"
	}
	return f.opts.KindOf(err)
}

func (op *operation) record(level slog.Level, outcome slog.Attr) {
	if op.log == nil {
		return
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	var attrs []slog.Attr
	if op.bot != (Key{}) {
		attrs = append(attrs, slog.String("bot", plain.Line(op.bot.String())))
	}
	if op.dc != 0 {
		attrs = append(attrs, slog.Int("dc", op.dc))
	}
	if op.addr != "" {
		attrs = append(attrs, slog.String("addr", plain.Line(op.addr)))
	}
	if op.proxy != "" {
		attrs = append(attrs, slog.String("proxy", plain.Line(op.proxy)))
	}
	attrs = append(attrs, op.more...)
	attrs = append(attrs, slog.Duration("took", time.Since(op.began).Round(time.Microsecond)), outcome)
	op.log.LogAttrs(context.Background(), level, op.name, attrs...)
}

// observed is a conversation that tells the operation it is held for where it goes.
type observed struct{ conversation }

func (o observed) LoginAt(ctx context.Context, dc int, app telegram.App, token secret.Secret, report func(telegram.Step)) (telegram.Login, error) {
	return o.conversation.LoginAt(ctx, dc, app, token, observe(ctx, report))
}

func (o observed) Check(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) (telegram.Profile, error) {
	return o.conversation.Check(ctx, app, session, observe(ctx, report))
}

func (o observed) LogOut(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) error {
	return o.conversation.LogOut(ctx, app, session, observe(ctx, report))
}

func (o observed) ExportBotToken(ctx context.Context, app telegram.App, manager telegram.Session, bot int64, revoke bool, report func(telegram.Step)) (secret.Secret, error) {
	return o.conversation.ExportBotToken(ctx, app, manager, bot, revoke, observe(ctx, report))
}

// observe has the operation of ctx look at the steps too.
func observe(ctx context.Context, report func(telegram.Step)) func(telegram.Step) {
	op, _ := ctx.Value(operationKey{}).(*operation)
	if op == nil {
		return report
	}
	return func(step telegram.Step) {
		op.mu.Lock()
		op.dc, op.proxy = step.DC, step.Proxy
		if step.Addr != "" {
			op.addr = step.Addr
		}
		op.mu.Unlock()
		if report != nil {
			report(step)
		}
	}
}

// logOpening has the log keep why a keyring could not be opened. Which one was opened is told by the first
// look at it: asking for its name now would hold up the call that needs a secret.
func logOpening(log *slog.Logger, open openRing) openRing {
	if log == nil {
		return open
	}
	return func(ctx context.Context) (*keyring.Ring, error) {
		r, err := open(ctx)
		if err != nil {
			log.LogAttrs(ctx, slog.LevelWarn, "open keyring", slog.Any("error", err))
		}
		return r, err
	}
}

// logKeyring keeps which keyring is in use, once.
func (on *ground) logKeyring(ctx context.Context, status KeyringStatus, err error) {
	switch {
	case on.log == nil:
	case err != nil:
		on.log.LogAttrs(ctx, slog.LevelWarn, "look at keyring", slog.Any("error", err))
	default:
		on.named.Do(func() {
			on.log.LogAttrs(ctx, slog.LevelInfo, "keyring opened",
				slog.String("kind", status.Kind), slog.String("provider", plain.Line(status.Provider)),
				slog.String("collection", plain.Line(status.Collection)), slog.Bool("locked", status.Locked))
		})
	}
}
