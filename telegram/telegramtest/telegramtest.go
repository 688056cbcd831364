// Package telegramtest is a Telegram on loopback: several data centres with real key exchange and
// encryption, whose answers a script decides bot by bot. Tests, the demo and benchmarks run against it.
//
// It stands on gotd's transport, exchange, crypto and mt packages with an accept loop of its own.
package telegramtest

import (
	"crypto/rsa"
	"errors"
	"net"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// Options of a Server. The zero value is a Telegram with data centres 1 to 5 that admits any api_id.
type Options struct {
	// Environment names the network, "test-loopback" when empty; Test makes it one of Telegram's test kind.
	Environment string
	Test        bool
	// DCs is the number of data centres, 5 when zero.
	DCs int
	// Apps are the api_id/api_hash pairs that are admitted; none means every pair.
	Apps []telegram.App
	// Key proves the server; a new one when nil.
	Key *rsa.PrivateKey
	// Delay comes before every answer to a call, Handshake before every answer of the key exchange, for
	// people who want to watch.
	Delay, Handshake time.Duration
	// Skew is how far the server's clock is ahead of this computer's.
	Skew time.Duration
}

// A Server is the running thing.
type Server struct{}

// Start listens on loopback, one port a data centre. Call Close when done.
func Start(opts Options) (*Server, error) { return nil, errors.New("telegramtest: contract only") }

// Close stops the server and waits for its goroutines.
func (s *Server) Close() error { return nil }

// Network is what a telegram.Client needs to reach this server.
func (s *Server) Network() telegram.Network { return telegram.Network{} }

// Dial is a telegram.Options.Dial that reaches this server's addresses over net.Pipe instead of sockets,
// for tests in virtual time.
func (s *Server) Dial() func() (net.Conn, error) { return nil }

// A Bot is a bot this Telegram knows, and how it answers.
type Bot struct {
	Token   secret.Secret
	Profile telegram.Profile
	// DC is where the bot lives, 2 when zero; a login elsewhere is answered with USER_MIGRATE_X.
	DC int
	// Login and Call script the answers to auth.importBotAuthorization and to every later call;
	// the zero Script answers as Telegram does when all is well.
	Login, Call Script
}

// A Script is a way of answering. At most one of Error, Stall and Drop is set.
type Script struct {
	// Error is an RPC error such as "FLOOD_WAIT_31" with its Code; 0 means 400.
	Error string
	Code  int
	// Transport is a transport error such as -429, sent instead of an answer.
	Transport int
	// Stall: never answer. Drop: close the connection instead of answering.
	Stall, Drop bool
	// Delay comes before the answer.
	Delay time.Duration
	// Times is how often this script is followed before all is well again, 0 for always.
	Times int
}

// AddBot makes a bot known, in place of the one with its id.
func (s *Server) AddBot(bot Bot) {}

// RevokeToken makes a bot's token answer ACCESS_TOKEN_EXPIRED and its sessions SESSION_REVOKED.
func (s *Server) RevokeToken(id int64) {}

// Session makes a session of a known bot without a key exchange.
func (s *Server) Session(id int64) (telegram.Session, error) { return telegram.Session{}, nil }

// Stats counts what the server has seen.
type Stats struct {
	// Connections accepted, Exchanges finished, Logins asked for, Calls answered (logins included),
	// and Open connections now.
	Connections, Exchanges, Logins, Calls, Open int
	// Sessions alive.
	Sessions int
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats { return Stats{} }
