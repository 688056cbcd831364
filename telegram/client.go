package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// A Client speaks with one Network. It holds no connection; its methods may be called at the same time.
type Client struct {
	network   Network
	opts      Options
	handshake keyMaker
	// invalid is why the network cannot be used.
	invalid error
}

// New makes a Client of network. A network or a proxy that Validate refuses makes every call fail.
func New(network Network, opts Options) *Client {
	return &Client{network: network, opts: opts, handshake: makeKeys(), invalid: errors.Join(network.Validate(), opts.Proxy.Validate())}
}

// Check opens a session and asks who it is, in two round trips: one to connect, one for the call. It never
// logs in and never makes a key. The session must run nowhere else: two connections at once destroy it.
// report is as in Login. Errors are *Error.
func (c *Client) Check(ctx context.Context, app App, session Session, report func(Step)) (Profile, error) {
	call, ctx, end := c.begin(ctx, "users.getUsers", report)
	defer end()
	query := &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
	var answer tg.UserClassVector
	var profile Profile
	err := call.use(ctx, app, session, Asking, query, &answer, func(err error) error {
		if err == nil {
			profile, err = profileOfSelf(answer.Elems)
		}
		return err
	})
	return profile, err
}

// LogOut ends a session at Telegram with auth.logOut. A session that is dead already is no error, if Telegram
// itself says so: transport error -404 comes in plain text, from Telegram or from somebody who kept the
// request from it, and is SessionDead. report is as in Login. Errors are *Error.
func (c *Client) LogOut(ctx context.Context, app App, session Session, report func(Step)) error {
	call, ctx, end := c.begin(ctx, "auth.logOut", report)
	defer end()
	var answer tg.AuthLoggedOut
	return call.use(ctx, app, session, LoggingOut, &tg.AuthLogOutRequest{}, &answer, func(err error) error {
		if isGone(err) {
			return nil
		}
		return err
	})
}

// use makes one call with a session's key. judge sees how it ended and has the last word on that.
func (c *call) use(ctx context.Context, app App, session Session, stage Stage, query bin.Encoder, answer bin.Decoder, judge func(error) error) error {
	l, err := c.resume(ctx, app, session)
	if err != nil {
		return err
	}
	defer l.close()
	l.forgetWrites()
	done := c.stage(stage, l.dc, l.addr)
	if err := judge(l.ask(ctx, c.request(app.ID, query), answer, !c.once)); err != nil {
		e := c.failure(ctx, c.op, l.dc, l.addr, elsewhere(err))
		e.Sent = c.once && l.reached(e)
		return e
	}
	done(l.addr)
	return nil
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

// isGone reports whether an error proves that the session does not exist any more: an answer that was
// encrypted with its key, which a transport error is not.
func isGone(err error) bool {
	var e *Error
	if errors.As(err, &e) && e.Code < 0 {
		return false
	}
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
