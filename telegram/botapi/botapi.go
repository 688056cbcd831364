// Package botapi asks a Bot API server whether a bot's token works, with getMe, which needs neither an app nor a login
// of ours (core.telegram.org/bots/api#getme).
//
//	server, err := botapi.Parse("", false)
//	profile, err := server.GetMe(ctx, token, false, botapi.Options{})
//	if errors.Is(err, telegram.TokenRevoked) { … }
//
// The token is part of the URL, so nothing here ever puts a URL, or what a server said, into an error. One call makes
// one connection. No redirect is followed, nothing is read from the environment, and the system's proxies are not
// asked for: what leads to the server is given.
//
// What answers mean is from the documentation and from the server's published source (github.com/tdlib/telegram-bot-api,
// ClientManager.cpp and Client.cpp). Only what is certain counts: a token is alive when the server tells of the very bot
// that the token names, and refused when it says "Unauthorized" and nothing else in its own form.
package botapi

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// Op is what an *telegram.Error of this package was doing.
const Op = "getMe"

// Why it is not known whether a token works, as the Err of an *telegram.Error.
var (
	// ErrUnauthorized: the server knows no such token. It was revoked, the bot was deleted, or the token never was one
	// here: the Bot API does not tell these apart, as a login does.
	ErrUnauthorized = errors.New("the Bot API does not know this token")
	// ErrNotBotAPI: what answered does not speak as a Bot API does, such as the sign-in page of a network.
	ErrNotBotAPI = errors.New("the answer is not a Bot API's")
	// ErrOtherBot: the answer tells of another bot than the token names.
	ErrOtherBot = errors.New("the answer is about another bot")
	// ErrRedirect: the server would have the token taken elsewhere.
	ErrRedirect = errors.New("the answer leads elsewhere")
	// ErrNoMethod: 404. The path in the server's URL is wrong, or the server refuses the token's form.
	ErrNoMethod = errors.New("the server has nothing at this path")
	// ErrLoggedOut: the bot was logged out of this server with logOut, which for ten minutes asks Telegram nothing.
	ErrLoggedOut = errors.New("the bot is logged out of this server")
	// ErrServersApp: api_id and api_hash of the server are wrong, which it tells of every token.
	ErrServersApp = errors.New("Telegram refuses the server's own app")
	// ErrNotServed: the server was told to serve other bots.
	ErrNotServed = errors.New("the server does not serve this bot")
	// ErrOther: an answer in the right form that is none of these.
	ErrOther = errors.New("an answer that is not known")
	// What is wrong with the other end of a TLS connection. The token was not sent.
	ErrCertAuthority = errors.New("the certificate is from an authority that is not known")
	ErrCertName      = errors.New("the certificate is for another name")
	ErrCertTime      = errors.New("the certificate is not valid at this time")
	ErrTLS           = errors.New("the server does not speak TLS as it should")
)

// Options of a question. The zero value works.
type Options struct {
	// Timeout bounds it, telegram.DefaultTimeout when zero.
	Timeout time.Duration
	// Proxy is what leads to the server, unless it is on this computer. An MTProxy cannot: telegram.ErrMTProxyLeads.
	Proxy telegram.Proxy
	// Roots are the authorities whose certificates are believed, the system's when nil.
	Roots *x509.CertPool
}

const (
	// maxBody and maxHeader bound what is read of an answer, in bytes; getMe's has under 1,000.
	maxBody, maxHeader = 64 << 10, 16 << 10
	// agent is the User-Agent.
	agent = "botring"
)

// GetMe asks who a token is, in Telegram's test environment with test. Errors are *telegram.Error: TokenRevoked for a
// token that the server does not know, TokenInvalid for one that cannot be any, FloodWait, TelegramFault; all others
// leave open whether the token works. ManagesBots is false also where a server is too old to tell.
func (s Server) GetMe(ctx context.Context, token secret.Secret, test bool, opts Options) (telegram.Profile, error) {
	timeout := opts.Timeout
	if timeout <= 0 {
		timeout = telegram.DefaultTimeout
	}
	inner, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	profile, err := s.ask(inner, token, test, opts)
	if err == nil {
		return profile, nil
	}
	e := asError(err)
	e.Op, e.Addr = Op, s.Addr()
	if !s.Local() {
		e.Proxy, e.ProxyKind = opts.Proxy.Title(), opts.Proxy.Kind
	}
	if e.Code == 0 && inner.Err() != nil {
		if e.Err = inner.Err(); !e.Kind.OfProxy() {
			e.Kind = telegram.Timeout
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Kind, e.Err = telegram.Cancelled, context.Canceled
		}
	}
	return telegram.Profile{}, e
}

// ask makes the call. The transport is used without an http.Client: that one follows redirects, and puts the URL into
// its errors.
func (s Server) ask(ctx context.Context, token secret.Secret, test bool, opts Options) (telegram.Profile, error) {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			if s.Local() {
				return dialLocal(ctx, addr)
			}
			return opts.Proxy.Dial(ctx, addr)
		},
		TLSClientConfig:        tlsConfig(opts.Roots),
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
	defer transport.CloseIdleConnections()
	// A POST is kept by no cache on the way.
	request := (&http.Request{
		Method: http.MethodPost, URL: s.getMe(token, test), Host: s.host,
		Header: http.Header{"User-Agent": {agent}, "Accept": {"application/json"}},
	}).WithContext(ctx)
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return telegram.Profile{}, transportFailed(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return judge(answer, token)
}

// getMe is the URL that holds the token.
func (s Server) getMe(token secret.Secret, test bool) *url.URL {
	path := s.path + "/bot" + token.Reveal()
	if test {
		path += "/test"
	}
	return &url.URL{Scheme: s.scheme, Host: s.host, Path: path + "/getMe"}
}

// botID is the number that a token begins with, "" where it has none.
func botID(token secret.Secret) string {
	id, _, _ := strings.Cut(token.Reveal(), ":")
	return id
}
