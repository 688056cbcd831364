package botapi

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// A Server is a Bot API server's address. The zero Server is none.
type Server struct {
	scheme, host, path string
}

// Telegram is the Bot API of Telegram's own, for its production and its test environment.
func Telegram() Server { return Server{scheme: "https", host: "api.telegram.org"} }

// What is wrong with the URL of a server. None of them quotes it: a token may stand in it.
var (
	ErrURL     = errors.New("the URL of a Bot API server is https://HOST[:PORT][/PATH], or http:// for one on this computer")
	ErrURLUser = errors.New("the URL of a Bot API server holds no user, password or query")
	ErrURLBot  = errors.New("the URL of a Bot API server ends before /bot and the token, which are added to it")
	ErrPlain   = errors.New("http:// would show tokens to everybody on the way: it is for a server on this computer, such as http://127.0.0.1:8081")
)

// Parse reads the URL of a server that somebody runs. Without TLS it has to be on this computer, unless insecure.
func Parse(text string, insecure bool) (Server, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil, u.Opaque != "":
		return Server{}, ErrURL
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "", strings.Contains(text, "#"):
		return Server{}, ErrURLUser
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", strings.HasSuffix(u.Host, ":"):
		return Server{}, ErrURL
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if strings.HasPrefix(part, "bot") || strings.Contains(part, ":") {
			return Server{}, ErrURLBot
		}
	}
	s := Server{scheme: u.Scheme, host: u.Host, path: strings.TrimRight(u.Path, "/")}
	if s.scheme == "http" && !s.Local() && !insecure {
		return Server{}, ErrPlain
	}
	return s, nil
}

// Addr is the server's HOST, or HOST:PORT where a port was given.
func (s Server) Addr() string { return s.host }

// String is the server's URL.
func (s Server) String() string { return s.scheme + "://" + s.host + s.path }

// Local reports whether the server is on this computer. A connection to it leaves by no proxy, and is refused where
// the name turns out to mean another computer.
func (s Server) Local() bool {
	name := (&url.URL{Host: s.host}).Hostname()
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// errNotLocal is for a "localhost" that is somewhere else.
var errNotLocal = errors.New("the address is not this computer's")

// dialLocal connects to this computer and nowhere else.
func dialLocal(ctx context.Context, addr string) (net.Conn, error) {
	dialer := net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
			return errNotLocal
		}
		return nil
	}}
	return dialer.DialContext(ctx, "tcp", addr)
}
