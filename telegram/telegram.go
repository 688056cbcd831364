// Package telegram holds the conversation with Telegram: it logs a bot in with
// auth.importBotAuthorization, asks whether a session still works, and logs a session out.
//
//	client := telegram.New(telegram.Production(), telegram.Options{})
//	login, err := client.Login(ctx, app, token, nil)
//	if errors.Is(err, telegram.TokenRevoked) { … }
//
// One call makes one connection, as short as possible, and ends with it; nothing reconnects by itself and
// nothing is left running. A call goes through three layers: a link is a connection that remembers why it
// broke; a line is a link with an authorization key, on which gotd's mtproto.Conn makes one request; a
// witness reads along and keeps what mtproto.Conn does not tell. The key is made before mtproto.Conn
// begins, so that it never makes one itself.
//
// No type of gotd's leaves the package; every error of a call is an *Error, every one of a network's
// description a *NetworkError.
package telegram

import (
	"context"
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
	// Exporting is bots.exportBotToken.
	Exporting
)

// String names the stage in a log.
func (s Stage) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Securing:
		return "securing"
	case Moving:
		return "moving"
	case LoggingIn:
		return "logging in"
	case Asking:
		return "asking"
	case LoggingOut:
		return "logging out"
	case Exporting:
		return "exporting a token"
	}
	return "unknown stage"
}

// A Step is a stage that began or, with Done, went well. A stage that fails has no Done, and neither has
// a LoggingIn that Telegram answers with another data centre: then Moving begins, which is done when
// Connecting and Securing are done there, and LoggingIn begins anew. Connecting begins once for each
// address that is tried.
type Step struct {
	Stage Stage
	// DC is the data centre spoken to, or for Moving the one moved to; Addr is the address dialled. An MTProxy
	// is told the data centre alone, and finds its address itself.
	DC   int
	Addr string
	// Proxy is what the proxy that leads there is called, "" without one.
	Proxy string
	Done  bool
	// Took is how long the stage lasted, with Done.
	Took time.Duration
	// Skew is how far this computer's clock was found to be ahead of Telegram's (negative: behind), with
	// Done; 0 when it is right. Telegram's time is used for the rest of the call.
	Skew time.Duration
}

// Options of a Client. The zero value works.
type Options struct {
	// Timeout bounds a call, DefaultTimeout when zero.
	Timeout time.Duration
	// Proxy is what all connections go through; the zero Proxy is none.
	Proxy Proxy
	// Dial opens connections, also those to the proxy; a net.Dialer's when nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Version is the app_version sent to Telegram, "dev" when empty.
	Version string
}
