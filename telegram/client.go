package telegram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gotd/td/tg"

	"botring/internal/secret"
)

// maxHops bounds how often one login follows Telegram to another data centre.
const maxHops = 3

// A Client speaks with one Network. It holds no connection; its methods may be called at the same time.
type Client struct {
	network   Network
	opts      Options
	handshake handshake
	// invalid is why the network cannot be used.
	invalid error
}

// New makes a Client of network. A network that Validate refuses makes every call fail.
func New(network Network, opts Options) *Client {
	return &Client{network: network, opts: opts, handshake: exchangeKeys, invalid: network.Validate()}
}

// Login logs a bot in and returns its new session. It is one attempt: what may be retried before the
// token was sent is retried inside, nothing after. report may be nil; it is called from the caller's own
// goroutine. A login that Telegram granted is returned even when ctx ended at that moment.
// Errors are *Error.
func (c *Client) Login(ctx context.Context, app App, token secret.Secret, report func(Step)) (Login, error) {
	l, ctx, end := c.begin(ctx, "auth.importBotAuthorization", report)
	defer end()
	if err := l.refuse(ctx, app); err != nil {
		return Login{}, err
	}
	login, err := l.logIn(ctx, app, token)
	if err != nil {
		return Login{}, err
	}
	return login, nil
}

// Check opens a session and asks who it is. It never logs in and never makes a key. The session must
// run nowhere else: two connections at once destroy it. report is as in Login. Errors are *Error.
func (c *Client) Check(ctx context.Context, app App, session Session, report func(Step)) (Profile, error) {
	l, ctx, end := c.begin(ctx, "users.getUsers", report)
	defer end()
	var answer tg.UserClassVector
	query := &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
	line, err := l.resume(ctx, app, session)
	if err != nil {
		return Profile{}, err
	}
	defer line.close()
	done := l.stage(Asking, line.dc, line.addr)
	err = line.ask(ctx, c.request(app.ID, query), &answer, true)
	var profile Profile
	if err == nil {
		profile, err = profileOfSelf(answer.Elems)
	}
	if err != nil {
		return Profile{}, l.failure(ctx, l.op, line.dc, line.addr, elsewhere(err))
	}
	done(line.addr)
	return profile, nil
}

// LogOut ends a session at Telegram with auth.logOut. A session that is dead already is no error.
// report is as in Login. Errors are *Error.
func (c *Client) LogOut(ctx context.Context, app App, session Session, report func(Step)) error {
	l, ctx, end := c.begin(ctx, "auth.logOut", report)
	defer end()
	line, err := l.resume(ctx, app, session)
	if err != nil {
		return err
	}
	defer line.close()
	done := l.stage(LoggingOut, line.dc, line.addr)
	var answer tg.AuthLoggedOut
	err = line.ask(ctx, c.request(app.ID, &tg.AuthLogOutRequest{}), &answer, true)
	if err != nil && !isGone(err) {
		return l.failure(ctx, l.op, line.dc, line.addr, elsewhere(err))
	}
	done(line.addr)
	return nil
}

// logIn asks for a login at the first data centre and follows Telegram to the bot's.
func (c *call) logIn(ctx context.Context, app App, token secret.Secret) (Login, error) {
	l, err := c.open(ctx, c.network.first())
	renewed := false
	for hops := 0; err == nil; {
		login, failure := c.importAt(ctx, l, app, token)
		dc, moved := DC{}, false
		if failure != nil {
			dc.ID, moved = failure.migration()
		}
		switch {
		case failure == nil:
			return login, nil
		case moved:
			if dc, err = c.destination(failure, dc.ID, hops); err == nil {
				l, err = c.move(ctx, dc)
			}
			hops++
		case failure.Code == -404 && !renewed:
			// Telegram does not know the key it has just agreed on, so it read nothing: one more, unasked.
			dc, _ := c.network.dc(l.dc)
			l, err = c.open(ctx, dc)
			renewed = true
		default:
			return Login{}, failure
		}
	}
	return Login{}, err
}

// importAt sends the token over a line, and closes that.
func (c *call) importAt(ctx context.Context, l *line, app App, token secret.Secret) (Login, *Error) {
	defer l.close()
	l.forgetWrites()
	done := c.stage(LoggingIn, l.dc, l.addr)
	var answer tg.AuthAuthorizationBox
	err := l.ask(ctx, c.request(app.ID, &tg.AuthImportBotAuthorizationRequest{
		APIID:        app.ID,
		APIHash:      app.Hash.Reveal(),
		BotAuthToken: token.Reveal(),
	}), &answer, false)
	var profile Profile
	if err == nil {
		profile, err = profileOfLogin(answer.Authorization)
	}
	if err != nil {
		e := c.failure(ctx, c.op, l.dc, l.addr, err)
		// A message id that was refused and a key that is not known leave the rest unread.
		e.Sent = l.wroteAny() && e.Kind != ClockWrong && e.Code != -404
		return Login{}, e
	}
	done(l.addr)
	return Login{
		Profile: profile,
		Session: Session{
			DC:          l.dc,
			Addr:        l.addr,
			Environment: c.network.Name,
			Key:         secret.New(string(l.auth.key.Value[:])),
			Salt:        l.auth.salt,
			APIID:       app.ID,
			UserID:      profile.ID,
			MadeAt:      c.now(),
		},
	}, nil
}

// destination finds the data centre that Telegram names, or says why the login does not go there.
func (c *call) destination(failure *Error, id, hops int) (DC, error) {
	dc, known := c.network.dc(id)
	switch {
	case !known:
		failure.Err = fmt.Errorf("data centre %d is not in the list of %s", id, c.network.Name)
	case hops == maxHops:
		failure.Err = fmt.Errorf("moved %d times already", hops)
	default:
		return dc, nil
	}
	failure.Kind, failure.Sent = WrongDC, false
	return DC{}, failure
}

// move opens a line to another data centre.
func (c *call) move(ctx context.Context, dc DC) (*line, error) {
	done := c.stage(Moving, dc.ID, "")
	l, err := c.open(ctx, dc)
	if err != nil {
		return nil, err
	}
	done(l.addr)
	return l, nil
}

// resume opens a line with a session's key.
func (c *call) resume(ctx context.Context, app App, session Session) (*line, error) {
	if err := c.refuse(ctx, app); err != nil {
		return nil, err
	}
	refused := func(kind Kind, format string, args ...any) error {
		return &Error{Kind: kind, Op: c.op, DC: session.DC, Err: fmt.Errorf(format, args...)}
	}
	dc, known := c.network.dc(session.DC)
	switch {
	case session.Environment != c.network.Name:
		return nil, refused(Unexpected, "a session of %.40q is not taken to %q", session.Environment, c.network.Name)
	case !known:
		return nil, refused(WrongDC, "data centre %d is not in the list of %s", session.DC, c.network.Name)
	}
	auth := &authorization{salt: session.Salt}
	defer auth.wipe()
	if copy(auth.key.Value[:], session.Key.Reveal()) != len(auth.key.Value) || session.Key.Len() != len(auth.key.Value) {
		return nil, refused(Unexpected, "an auth key has %d bytes, not %d", len(auth.key.Value), session.Key.Len())
	}
	auth.key.ID = auth.key.Value.ID()
	return c.reach(ctx, dc.ID, dc.addrs(session.Addr), auth)
}

// refuse says what cannot be right before anything is dialled.
func (c *call) refuse(ctx context.Context, app App) error {
	switch {
	case ctx.Err() != nil:
		return c.failure(ctx, c.op, 0, "", ctx.Err())
	case c.invalid != nil:
		return &Error{Kind: Unexpected, Op: c.op, Err: c.invalid}
	case app.ID < 1 || app.ID > 1<<31-1:
		return &Error{Kind: APIIDInvalid, Op: c.op, Err: errors.New("api_id is not a positive 32-bit number")}
	}
	return nil
}

// profileOfSelf reads the answer to users.getUsers for oneself.
func profileOfSelf(users []tg.UserClass) (Profile, error) {
	if len(users) != 1 {
		return Profile{}, fmt.Errorf("%d users in the answer, not one", len(users))
	}
	return profileOf(users[0])
}

// profileOfLogin reads the answer to a login.
func profileOfLogin(answer tg.AuthAuthorizationClass) (Profile, error) {
	granted, ok := answer.(*tg.AuthAuthorization)
	if !ok {
		return Profile{}, errors.New("Telegram wants this account to sign up, as no bot does")
	}
	return profileOf(granted.User)
}

// elsewhere turns a redirection into an error: a session cannot be carried to another data centre.
func elsewhere(err error) error {
	var e *Error
	if errors.As(err, &e) {
		if dc, ok := e.migration(); ok {
			e.Kind, e.Err = WrongDC, fmt.Errorf("the session belongs to data centre %d", dc)
		}
	}
	return err
}

// isGone reports whether an error means that the session does not exist any more.
func isGone(err error) bool {
	for _, kind := range []Kind{SessionDead, SessionRevoked, SessionDuplicated, AuthKeyInvalid, BotDeactivated} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (c *Client) timeout() time.Duration {
	if c.opts.Timeout > 0 {
		return c.opts.Timeout
	}
	return DefaultTimeout
}

func (c *Client) now() time.Time {
	if c.opts.Now != nil {
		return c.opts.Now()
	}
	return time.Now()
}

func (c *Client) version() string {
	if c.opts.Version != "" {
		return c.opts.Version
	}
	return "dev"
}

func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if c.opts.Dial != nil {
		return c.opts.Dial(ctx, network, addr)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, addr)
}
