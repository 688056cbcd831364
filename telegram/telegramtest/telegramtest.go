// Package telegramtest is a Telegram on loopback: several data centres with real key exchange and
// encryption, whose answers a script decides bot by bot. Tests, the demo and benchmarks run against it.
//
//	server, err := telegramtest.Start(telegramtest.Options{})
//	…
//	defer server.Close()
//	server.AddBot(telegramtest.Bot{Token: token, Profile: telegram.Profile{ID: 123, Username: "x_bot"}, DC: 4})
//	client := telegram.New(server.Network(), telegram.Options{})
//
// It stands on gotd's transport, exchange, crypto and mt packages with an accept loop of its own: every
// connection is a goroutine from its first byte on, so that one that says nothing holds up nobody.
//
// What it does as Telegram does: auth keys are known to the one data centre that made them, and unknown
// elsewhere (transport error -404); a key exchange naming another data centre is refused (-444); server
// salts expire; message ids too far from the server's clock are turned down (bad_msg_notification 16 and
// 17); calls before initConnection and calls without a login are refused; a session that two connections
// use at the same time is destroyed (the second of them waits 300 ms for the first to turn out closed); a bot
// that manages others is told their tokens, and revokes them with all their sessions.
//
// What it does not do as Telegram does: p and q, the work that the key exchange asks for, are not checked.
// A key made here protects nothing.
package telegramtest

import (
	"crypto/rsa"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// DefaultEnvironment is the name of a Server's network when Options name none.
const DefaultEnvironment = "test-loopback"

// Options of a Server. The zero value is a Telegram with data centres 1 to 5 that admits any api_id.
type Options struct {
	// Environment names the network, DefaultEnvironment when empty; Test makes it one of Telegram's test
	// kind, where data centre ids travel as id+10000 in the key exchange.
	Environment string
	Test        bool
	// DCs is the number of data centres, 5 when zero.
	DCs int
	// Apps are the api_id/api_hash pairs that are admitted; none means every pair.
	Apps []telegram.App
	// Key proves the server, RSA with 2048 bits; a new one when nil, which takes a few hundred
	// milliseconds to make.
	Key *rsa.PrivateKey
	// Delay comes before every answer to a call, Handshake before every answer of the key exchange, for
	// people who want to watch.
	Delay, Handshake time.Duration
	// Skew is how far the server's clock is ahead of this computer's.
	Skew time.Duration
	// Pipe opens no sockets: the server is reached by its Dial alone. For testing/synctest, which real
	// sockets stall; Start must then be called inside the bubble.
	Pipe bool
}

// A Bot is a bot this Telegram knows, and how it answers.
type Bot struct {
	Token   secret.Secret
	Profile telegram.Profile
	// DC is where the bot lives, 2 when zero; a login elsewhere is answered with USER_MIGRATE_X.
	DC int
	// Manages are the ids of the bots whose tokens it may ask for and revoke, with Profile.ManagesBots.
	Manages []int64
	// Person: its sessions say that it is a person's account, not a bot.
	Person bool
	// Login and Call script the answers to auth.importBotAuthorization and to every later call;
	// the zero Script answers as Telegram does when all is well. A login in the wrong data centre is
	// sent on without regard to Login.
	Login, Call Script
}

// Stats counts what the server has seen.
type Stats struct {
	// Connections accepted, Exchanges finished, Logins asked for, Calls answered (logins included),
	// and Open connections now.
	Connections, Exchanges, Logins, Calls, Open int
	// Sessions alive.
	Sessions int
	// LoginsOf counts Logins by the bot's id in the token, whether the token is known or not.
	LoginsOf map[int64]int
	// Methods counts calls by what they asked for, such as "users.getUsers", answered or not.
	Methods map[string]int
	// Init is what the last initConnection said.
	Init Init
}

// Init is what a client says of itself with invokeWithLayer and initConnection.
type Init struct {
	Layer, APIID                                                               int
	DeviceModel, SystemVersion, AppVersion, SystemLangCode, LangPack, LangCode string
	// NoUpdates: the call was wrapped in invokeWithoutUpdates.
	NoUpdates bool
}
