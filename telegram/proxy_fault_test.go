package telegram_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// says is a proxy that answers whatever comes with the pieces one after the other, and then hangs up.
func says(t *testing.T, pieces ...string) string {
	t.Helper()
	return listen(t, func(c net.Conn) {
		for _, piece := range pieces {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, piece)
		}
	})
}

// TestProxyFaults: what is wrong with a proxy has kinds of its own, and the secret is in none of them.
func TestProxyFaults(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	_, plain := mtproxy(t, s, telegramtest.MTProxyOptions{})
	_, dd := mtproxy(t, s, telegramtest.MTProxyOptions{Padded: true})
	_, ee := mtproxy(t, s, telegramtest.MTProxyOptions{Cloak: cloak})
	locked := microsocks(t, "-u", "me", "-P", proxyPassword)
	guarded := (&connectProxy{user: "me", password: proxyPassword}).serve(t)
	const wrong = "hunter2hunter2"
	withUser := func(p telegram.Proxy, password string) telegram.Proxy {
		p.User, p.Secret = "me", secret.New(password)
		return p
	}
	withSecret := func(p telegram.Proxy, text string) telegram.Proxy {
		p.Secret = secret.New(text)
		return p
	}
	socks := func(addr string) telegram.Proxy { return telegram.Proxy{Kind: telegram.SOCKS5, Addr: addr} }
	http := func(addr string) telegram.Proxy { return telegram.Proxy{Kind: telegram.HTTPProxy, Addr: addr} }
	for name, test := range map[string]struct {
		proxy telegram.Proxy
		kind  telegram.Kind
		cause error
	}{
		"socks5, nobody there":     {socks(closedPort(t)), telegram.ProxyUnreachable, syscall.ECONNREFUSED},
		"http, nobody there":       {http(closedPort(t)), telegram.ProxyUnreachable, syscall.ECONNREFUSED},
		"mtproxy, nobody there":    {withSecret(telegram.Proxy{Kind: telegram.MTProxy, Addr: closedPort(t)}, cloakSecret), telegram.ProxyUnreachable, syscall.ECONNREFUSED},
		"socks5, no user":          {locked, telegram.ProxyDenied, nil},
		"socks5, wrong password":   {withUser(locked, wrong), telegram.ProxyDenied, nil},
		"http, no user":            {http(guarded.Addr), telegram.ProxyDenied, nil},
		"http, wrong password":     {withUser(guarded, wrong), telegram.ProxyDenied, nil},
		"socks5, hangs up":         {socks(says(t, "")), telegram.ProxyBroken, io.EOF},
		"socks5, in the answer":    {socks(says(t, "\x05")), telegram.ProxyBroken, io.ErrUnexpectedEOF},
		"socks5, half-way":         {socks(says(t, "\x05\x00")), telegram.ProxyBroken, io.EOF},
		"socks5, in the reply":     {socks(says(t, "\x05\x00", "\x05\x00\x00\x03\xff")), telegram.ProxyBroken, io.EOF},
		"socks5, refuses":          {socks(says(t, "\x05\x00", "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")), telegram.ProxyRefused, nil},
		"socks5, another way":      {socks(says(t, "\x05\x01")), telegram.ProxyBroken, nil},
		"socks5, HTTP":             {socks(says(t, "HTTP/1.1 400 Bad Request\r\n\r\n")), telegram.ProxyBroken, nil},
		"socks5, then nothing":     {socks(says(t, "\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", "")), telegram.Unreachable, io.EOF},
		"http, hangs up":           {http(says(t, "")), telegram.ProxyBroken, nil},
		"http, half-way":           {http(says(t, "HTTP/1.1 200 OK\r\nVia: x")), telegram.ProxyBroken, io.ErrUnexpectedEOF},
		"http, SOCKS":              {http(says(t, "\x05\xff")), telegram.ProxyBroken, nil},
		"http, forbids":            {(&connectProxy{status: 403}).serve(t), telegram.ProxyRefused, nil},
		"http, cannot":             {(&connectProxy{status: 502}).serve(t), telegram.ProxyRefused, nil},
		"http, endless":            {http(says(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<17))), telegram.ProxyBroken, nil},
		"http, then nothing":       {http(says(t, "HTTP/1.1 200 OK\r\n\r\n", "")), telegram.Unreachable, io.EOF},
		"mtproxy, wrong secret":    {withSecret(plain, plainSecret), telegram.ProxySecret, nil},
		"mtproxy dd, wrong secret": {withSecret(dd, "dd"+plainSecret), telegram.ProxySecret, nil},
		"mtproxy ee, wrong secret": {withSecret(ee, cloakSecret), telegram.ProxySecret, nil},
		"mtproxy ee, half-way":     {withSecret(telegram.Proxy{Kind: telegram.MTProxy, Addr: says(t, "\x16\x03\x03\x00\x10")}, cloakSecret), telegram.ProxyBroken, io.EOF},
		"mtproxy ee, an alert":     {withSecret(telegram.Proxy{Kind: telegram.MTProxy, Addr: says(t, "\x15\x03\x03\x00\x02\x02\x28")}, cloakSecret), telegram.ProxySecret, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := test.proxy
			c := telegram.New(s.Network(), telegram.Options{Proxy: proxy})
			_, err := c.Login(t.Context(), theApp(), theToken(), nil)
			e := failed(t, err, test.kind)
			if e.Sent || e.Code != 0 || e.Proxy != proxy.String() || e.ProxyKind != proxy.Kind {
				t.Errorf("error %+v", e)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("%v does not come of %v", err, test.cause)
			}
			for _, leak := range []string{wrong, proxyPassword, plainSecret} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("the error shows a secret: %v", err)
				}
			}
			// The same with a session: nothing of it is about the bot.
			_, err = c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
			failed(t, err, test.kind)
		})
	}
}

// TestProxyRefusesOneAddress: another address of the data centre may be one that the proxy does lead to.
func TestProxyRefusesOneAddress(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	addr := s.Network().DCs[1].Addrs[0]
	proxy := (&connectProxy{names: map[string]string{"blocked.invalid:443": closedPort(t)}}).serve(t)
	c := telegram.New(at(s, "blocked.invalid:443", addr), telegram.Options{Proxy: proxy})
	if _, err := c.Login(t.Context(), theApp(), theToken(), nil); err != nil {
		t.Error(err)
	}
	// One that cannot be reached itself is asked once.
	dials := 0
	c = telegram.New(at(s, "blocked.invalid:443", addr), telegram.Options{Proxy: proxy, Dial: func(context.Context, string, string) (net.Conn, error) {
		dials++
		return nil, syscall.ECONNREFUSED
	}})
	_, err := c.Login(t.Context(), theApp(), theToken(), nil)
	if failed(t, err, telegram.ProxyUnreachable); dials != 1 {
		t.Errorf("%d dials", dials)
	}
}

// mute is a proxy over net.Pipe that gives the answers and then none.
func mute(answers ...string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			for _, answer := range answers {
				_, _ = far.Read(make([]byte, 4096))
				_, _ = io.WriteString(far, answer)
			}
			_, _ = io.Copy(io.Discard, far)
		}()
		return near, nil
	}
}

// TestSilentProxies: wherever a proxy falls silent, deadlines and cancels hold, and it is told whose silence it
// was as far as that can be known.
func TestSilentProxies(t *testing.T) {
	mt := func(text string) telegram.Proxy {
		return telegram.Proxy{Kind: telegram.MTProxy, Addr: "192.0.2.200:443", Secret: secret.New(text)}
	}
	socks := telegram.Proxy{Kind: telegram.SOCKS5, Addr: "192.0.2.200:1080"}
	http := telegram.Proxy{Kind: telegram.HTTPProxy, Addr: "192.0.2.200:3128"}
	swallows := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, os.ErrDeadlineExceeded
	}
	for name, test := range map[string]struct {
		proxy telegram.Proxy
		dial  func(context.Context, string, string) (net.Conn, error)
		kind  telegram.Kind
	}{
		"dialling":                 {socks, swallows, telegram.ProxyUnreachable},
		"socks5, greeting":         {socks, mute(), telegram.ProxyUnreachable},
		"socks5, asked":            {socks, mute("\x05\x00"), telegram.Timeout},
		"socks5, led":              {socks, mute("\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"), telegram.Timeout},
		"http, asked":              {http, mute(), telegram.Timeout},
		"http, led":                {http, mute("HTTP/1.1 200 OK\r\n\r\n"), telegram.Timeout},
		"mtproxy":                  {mt(plainSecret), mute(), telegram.ProxySecret},
		"mtproxy dd":               {mt("dd" + plainSecret), mute(), telegram.ProxySecret},
		"mtproxy ee":               {mt(cloakSecret), mute(), telegram.ProxyUnreachable},
		"mtproxy, after an answer": {mt(plainSecret), mute("\x00"), telegram.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := serverKey(); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, telegramtest.Options{Pipe: true}, theBot())
				session := sessionOf(t, s)
				c := telegram.New(s.Network(), telegram.Options{Proxy: test.proxy, Dial: test.dial})
				for what, do := range map[string]func(context.Context) error{
					"login": func(ctx context.Context) error { return loginWithExchange(ctx, c, session) },
					"check": func(ctx context.Context) error { return check(ctx, c, session) },
				} {
					start := time.Now()
					failed(t, do(t.Context()), test.kind)
					if took := time.Since(start); took != telegram.DefaultTimeout {
						t.Errorf("%s: took %v", what, took)
					}
					ctx, cancel := context.WithCancel(t.Context())
					time.AfterFunc(time.Second, cancel)
					start = time.Now()
					failed(t, do(ctx), telegram.Cancelled)
					if took := time.Since(start); took != time.Second {
						t.Errorf("%s: ended %v after the cancel", what, took-time.Second)
					}
					wantNothingLeft(t)
				}
			})
		})
	}
}
