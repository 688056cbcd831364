// Package telegram holds the conversation with Telegram: it logs a bot in with
// auth.importBotAuthorization, asks whether a session still works, and logs a session out.
//
// One call makes one connection, as short as possible, and ends with it; nothing reconnects by itself.
// It stands on gotd's mtproto.Conn and lets no type of gotd's out.
package telegram

import (
	"context"
	"errors"
	"net"
	"time"

	"botring/internal/secret"
)

// DefaultTimeout bounds one call to Login, Check or LogOut.
const DefaultTimeout = 30 * time.Second

// An App is a registered application: api_id and api_hash of my.telegram.org/apps.
type App struct {
	ID   int
	Hash secret.Secret
}

// A Profile is who a bot is, as Telegram says. Its strings are whatever somebody typed into @BotFather
// and must be cleaned before they meet a terminal.
type Profile struct {
	ID        int64
	Username  string
	FirstName string
	// Inline: the bot can be used inline in other chats.
	Inline bool
	// Groups: the bot may be added to groups.
	Groups bool
	// ReadsAll: privacy mode is off, it reads all messages of its groups.
	ReadsAll bool
	// ManagesBots: the bot may manage other bots.
	ManagesBots bool
}

// A Session is a permanent authorization of one bot: Telegram knows it by its auth key alone.
type Session struct {
	// DC is the data centre the bot lives in, Addr the address it was reached at there.
	DC   int
	Addr string
	// Environment is the name of the Network the session belongs to.
	Environment string
	// Key is the auth key, 256 bytes.
	Key secret.Secret
	// Salt is the server salt last seen; a wrong one costs one round trip.
	Salt int64
	// APIID is the application it was made with.
	APIID int
	// UserID is the bot's.
	UserID int64
	// MadeAt is when it was made, or zero.
	MadeAt time.Time
}

// A Login is what a granted login yields.
type Login struct {
	Session Session
	Profile Profile
}

// A Stage is a part of a call that takes long enough to be watched.
type Stage int

// The stages in their order; Moving may come between Securing and the call, and starts the first two anew
// at another data centre.
const (
	// Connecting dials a data centre.
	Connecting Stage = iota
	// Securing makes an authorization key.
	Securing
	// Moving goes to the data centre the bot lives in.
	Moving
	// LoggingIn is auth.importBotAuthorization.
	LoggingIn
	// Asking is the call of a Check.
	Asking
	// LoggingOut is auth.logOut.
	LoggingOut
)

// A Step is a stage that began or, with Done, ended.
type Step struct {
	Stage Stage
	// DC is the data centre spoken to, or for Moving the one moved to; Addr is the address dialled.
	DC   int
	Addr string
	Done bool
	// Took is how long the stage lasted, with Done.
	Took time.Duration
}

// Options of a Client. The zero value works.
type Options struct {
	// Timeout bounds a call, DefaultTimeout when zero.
	Timeout time.Duration
	// Dial opens connections, a net.Dialer's when nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Version is the app_version sent to Telegram, "dev" when empty.
	Version string
}

// A Client speaks with one Network. It holds no connection; its methods may be called at the same time.
type Client struct {
	network Network
	opts    Options
}

// New makes a Client of network.
func New(network Network, opts Options) *Client { return &Client{network, opts} }

// Login logs a bot in and returns its new session. It is one attempt: what may be retried before the
// token was sent is retried inside, nothing after. report may be nil; it is called from one goroutine.
// Errors are *Error.
func (c *Client) Login(ctx context.Context, app App, token secret.Secret, report func(Step)) (Login, error) {
	return Login{}, errors.New("telegram: contract only")
}

// Check opens a session and asks who it is. It never logs in and never makes a key. The session must
// run nowhere else: two connections at once destroy it. Errors are *Error.
func (c *Client) Check(ctx context.Context, app App, session Session, report func(Step)) (Profile, error) {
	return Profile{}, errors.New("telegram: contract only")
}

// LogOut ends a session at Telegram with auth.logOut. A session that is dead already is no error.
// Errors are *Error.
func (c *Client) LogOut(ctx context.Context, app App, session Session, report func(Step)) error {
	return errors.New("telegram: contract only")
}
