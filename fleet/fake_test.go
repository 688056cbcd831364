package fleet

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// A fakeTelegram grants every login, unless its hooks say otherwise, and knows the sessions it made. It
// sees what no server may: two connections of one session.
type fakeTelegram struct {
	// onLogin and onCheck are asked before an answer, onGrant after a login was granted.
	onLogin, onCheck func(ctx context.Context, id int64) error
	onGrant          func()
	// onExport is asked before a token is exported, afterExport once it was and its answer is on the way.
	onExport, afterExport func(ctx context.Context, manager, bot int64, revoke bool) error
	// onContact answers a contact.
	onContact func(ctx context.Context, dc int, addr string) (telegram.Contact, error)
	// hold is how long a check keeps its session open.
	hold time.Duration

	mu                             sync.Mutex
	alive                          map[string]int64 // by auth key
	open                           map[string]int
	logins, checks, logOuts, twice int
	contacts                       int
	manages                        map[int64]int64         // the manager of each bot that has one
	current                        map[int64]secret.Secret // tokens that are not those bots were added with
	revoked                        map[string]bool
	exports, revokes               int
	last                           telegram.App
	lastDC                         int // where the last login began
}

func (t *fakeTelegram) LoginAt(ctx context.Context, dc int, app telegram.App, token secret.Secret, report func(telegram.Step)) (telegram.Login, error) {
	digits, _, _ := strings.Cut(token.Reveal(), ":")
	id, _ := strconv.ParseInt(digits, 10, 64)
	t.mu.Lock()
	t.logins++
	t.last, t.lastDC = app, dc
	number := t.logins
	t.mu.Unlock()
	if t.onLogin != nil {
		if err := t.onLogin(ctx, id); err != nil {
			return telegram.Login{}, err
		}
	}
	t.mu.Lock()
	revoked := t.revoked[token.Reveal()]
	t.mu.Unlock()
	if revoked {
		return telegram.Login{}, &telegram.Error{Kind: telegram.TokenRevoked, Code: 400, Type: "ACCESS_TOKEN_EXPIRED", Sent: true}
	}
	session := fakeSession(id, number)
	t.mu.Lock()
	t.alive[session.Key.Reveal()] = id
	t.mu.Unlock()
	if t.onGrant != nil {
		t.onGrant()
	}
	return telegram.Login{Session: session, Profile: t.profile(id)}, nil
}

func (t *fakeTelegram) Check(ctx context.Context, _ telegram.App, session telegram.Session, _ func(telegram.Step)) (telegram.Profile, error) {
	k := session.Key.Reveal()
	t.mu.Lock()
	t.checks++
	if t.open[k]++; t.open[k] > 1 {
		t.twice++
	}
	alive := t.alive[k] != 0
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.open[k]--
	}()
	if t.hold > 0 {
		select {
		case <-time.After(t.hold):
		case <-ctx.Done():
			return telegram.Profile{}, &telegram.Error{Kind: telegram.Cancelled, Err: ctx.Err()}
		}
	}
	if t.onCheck != nil {
		if err := t.onCheck(ctx, session.UserID); err != nil {
			return telegram.Profile{}, err
		}
	}
	if !alive {
		return telegram.Profile{}, &telegram.Error{Kind: telegram.SessionDead, Code: 401, Type: "AUTH_KEY_UNREGISTERED"}
	}
	return t.profile(session.UserID), nil
}

// profile is a bot's, which manages others if it is any's manager.
func (t *fakeTelegram) profile(id int64) telegram.Profile {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := fakeProfile(id)
	for _, manager := range t.manages {
		p.ManagesBots = p.ManagesBots || manager == id
	}
	return p
}

func (t *fakeTelegram) ExportBotToken(ctx context.Context, _ telegram.App, manager telegram.Session, bot int64, revoke bool, _ func(telegram.Step)) (secret.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secret.Secret{}, &telegram.Error{Kind: telegram.Cancelled, Err: err}
	}
	k := manager.Key.Reveal()
	t.mu.Lock()
	if t.open[k]++; t.open[k] > 1 {
		t.twice++
	}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.open[k]--
	}()
	if t.onExport != nil {
		if err := t.onExport(ctx, manager.UserID, bot, revoke); err != nil {
			return secret.Secret{}, err
		}
	}
	token, err := t.export(manager, bot, revoke)
	if err == nil && t.afterExport != nil {
		err = t.afterExport(ctx, manager.UserID, bot, revoke)
	}
	return token, err
}

func (t *fakeTelegram) export(manager telegram.Session, bot int64, revoke bool) (secret.Secret, error) {
	k := manager.Key.Reveal()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.exports++
	switch {
	case t.alive[k] == 0:
		return secret.Secret{}, &telegram.Error{Kind: telegram.SessionRevoked, Code: 401, Type: "SESSION_REVOKED"}
	case t.manages[bot] != manager.UserID:
		return secret.Secret{}, &telegram.Error{Kind: telegram.NotManaged, Code: 400, Type: "BOT_INVALID", Sent: revoke}
	}
	token, replaced := t.current[bot]
	if !replaced {
		token = tokenOf(bot, "x")
	}
	if !revoke {
		return token, nil
	}
	t.revokes++
	t.revokeLocked(bot, token)
	fresh := tokenOf(bot, string(rune('a'+t.revokes)))
	t.current[bot] = fresh
	return fresh, nil
}

// revokeLocked kills a token and all sessions that stand on it.
func (t *fakeTelegram) revokeLocked(bot int64, token secret.Secret) {
	t.revoked[token.Reveal()] = true
	for k, id := range t.alive {
		if id == bot {
			delete(t.alive, k)
		}
	}
}

func (t *fakeTelegram) LogOut(ctx context.Context, _ telegram.App, session telegram.Session, _ func(telegram.Step)) error {
	if err := ctx.Err(); err != nil {
		return &telegram.Error{Kind: telegram.Cancelled, Err: err}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logOuts++
	delete(t.alive, session.Key.Reveal())
	return nil
}

func (t *fakeTelegram) Contact(ctx context.Context, dc int, addr string) (telegram.Contact, error) {
	t.mu.Lock()
	t.contacts++
	t.mu.Unlock()
	if t.onContact == nil {
		return telegram.Contact{}, nil
	}
	return t.onContact(ctx, dc, addr)
}

// sessions is how many sessions are alive.
func (t *fakeTelegram) sessions() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.alive)
}

func fakeSession(id int64, number int) telegram.Session {
	authKey := []byte(strings.Repeat(fmt.Sprintf("%016d", number), 16))
	authKey[0], authKey[1] = 0xff, 0 // as little text as a real one
	return telegram.Session{
		DC: 2, Addr: "127.0.0.1:443", Environment: env, Key: secret.New(string(authKey)), Salt: -1 << 62,
		APIID: testApp, UserID: id, MadeAt: time.UnixMilli(1_700_000_000_123),
	}
}

func fakeProfile(id int64) telegram.Profile {
	return telegram.Profile{ID: id, Username: fmt.Sprintf("x%d_bot", id), FirstName: fmt.Sprint("Bot ", id), Groups: true}
}

// floodWait is Telegram's answer to too many logins.
func floodWait(d time.Duration) error {
	return &telegram.Error{Kind: telegram.FloodWait, Code: 420, Type: fmt.Sprintf("FLOOD_WAIT_%d", int(d.Seconds())), Wait: d, Sent: true}
}
