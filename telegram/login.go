package telegram

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"botring/internal/secret"
)

// maxHops bounds how often one login follows Telegram to another data centre.
const maxHops = 3

// Login logs a bot in and returns its new session. It is one attempt: what may be retried before the
// token was sent is retried inside, nothing after. report may be nil; it is called from the caller's own
// goroutine. A login that Telegram granted is returned even when ctx ended at that moment.
// Errors are *Error.
//
// A login takes five round trips: one to connect, three for the key, one for the call. Where Telegram sends
// the bot on to another data centre, five more: LoginAt saves them.
func (c *Client) Login(ctx context.Context, app App, token secret.Secret, report func(Step)) (Login, error) {
	return c.LoginAt(ctx, 0, app, token, report)
}

// LoginAt is Login that begins at a data centre, such as the one where the bot was at home when it last
// logged in. 0, or one that the network does not have, begins where Login does.
func (c *Client) LoginAt(ctx context.Context, dc int, app App, token secret.Secret, report func(Step)) (Login, error) {
	call, ctx, end := c.begin(ctx, "auth.importBotAuthorization", report)
	defer end()
	if err := call.refuse(ctx, app); err != nil {
		return Login{}, err
	}
	return call.logIn(ctx, c.network.first(dc), app, token)
}

// logIn asks for a login at a data centre and follows Telegram to the bot's.
func (c *call) logIn(ctx context.Context, first DC, app App, token secret.Secret) (Login, error) {
	l, err := c.open(ctx, first)
	renewed := false
	for hops := 0; ; {
		if err != nil {
			return Login{}, err
		}
		login, failure := c.importAt(ctx, l, app, token)
		if failure == nil {
			return login, nil
		}
		if id, moved := failure.migration(); moved {
			l, err = c.follow(ctx, failure, id, hops)
			hops++
			continue
		}
		if failure.Code != -404 || renewed {
			return Login{}, failure
		}
		// Telegram does not know the key it has just agreed on, so it read nothing: one more, unasked.
		renewed = true
		dc, _ := c.network.dc(l.dc)
		l, err = c.open(ctx, dc)
	}
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
		e.Sent = l.reached(e)
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

// follow opens a line to the data centre that Telegram names, or says why it does not.
func (c *call) follow(ctx context.Context, failure *Error, id, hops int) (*line, error) {
	dc, known := c.network.dc(id)
	if !known || hops == maxHops {
		failure.Kind, failure.Sent = WrongDC, false
		failure.Err = fmt.Errorf("data centre %d is not in the list of %s", id, c.network.Name)
		if known {
			failure.Err = fmt.Errorf("moved %d times already", hops)
		}
		return nil, failure
	}
	moved := c.stage(Moving, dc.ID, "")
	l, err := c.open(ctx, dc)
	if err != nil {
		return nil, err
	}
	moved(l.addr)
	return l, nil
}

// profileOfLogin reads the answer to a login.
func profileOfLogin(answer tg.AuthAuthorizationClass) (Profile, error) {
	granted, ok := answer.(*tg.AuthAuthorization)
	if !ok {
		return Profile{}, errors.New("an account that is to sign up, as no bot does")
	}
	return profileOf(granted.User)
}
