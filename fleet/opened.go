package fleet

import (
	"context"
	"errors"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// A Use says what a session is handed out for: an action that the history keeps and what it says of it, which is
// nothing secret.
type Use struct {
	Action, Detail string
}

// ErrRunsHere says that a session runs here, and would be destroyed once it ran in another place too.
var ErrRunsHere = errors.New("session runs here")

// An OpenedSession is all that a program needs to be a bot: its token and app, and one of its sessions.
type OpenedSession struct {
	Bot  Bot
	Name string
	// Session is without a key where no session was asked for.
	telegram.Session
	// APIHash belongs to the session's APIID; it is empty where that app is not in the keyring.
	APIHash secret.Secret
	Token   secret.Secret
	// Test: it belongs to Telegram's test environment, or one like it.
	Test bool
}

// OpenSession hands out a session that runs elsewhere, and the history keeps for what. One that runs here is
// ErrRunsHere: MarkElsewhere comes first. A session that the bot does not have is ErrNoSession. Without a name it
// hands out token and app alone.
func (f *Fleet) OpenSession(ctx context.Context, key Key, name string, use Use) (opened OpenedSession, err error) {
	ctx, op := f.begin(ctx, use.Action, key)
	defer op.end(&err)
	op.detail = use.Detail
	on := f.at.Load()
	if err := f.envs.require(key.Environment); err != nil {
		return OpenedSession{}, err
	}
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return OpenedSession{}, err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return OpenedSession{}, err
	}
	item, session, err := f.readToOpen(ctx, on, r, row, name)
	if err != nil {
		return OpenedSession{}, err
	}
	f.noteToken(ctx, on, key, item.Token)
	app, err := on.readApp(ctx, r, session.APIID)
	if err != nil && !errors.Is(err, ErrSecretMissing) {
		return OpenedSession{}, err
	}
	return OpenedSession{
		Bot: row, Name: name, Session: session, APIHash: app.Hash, Token: item.Token,
		Test: f.envs.known[key.Environment]().Test,
	}, nil
}

// readToOpen reads what OpenSession hands out, as far as it may.
func (f *Fleet) readToOpen(ctx context.Context, on *ground, r *keyring.Ring, row Bot, name string) (botItem, telegram.Session, error) {
	if name == "" {
		item, err := f.readBot(ctx, on, r, row.Key)
		return item, telegram.Session{Environment: row.Environment, APIID: row.APIID, UserID: row.ID}, err
	}
	session, item, err := f.readSession(ctx, on, r, row.Key, name)
	switch {
	case err != nil:
		return botItem{}, telegram.Session{}, err
	case session.Runs == store.Here:
		return botItem{}, telegram.Session{}, ErrRunsHere
	}
	return item, session.Session, nil
}
