package telegram_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/internal/testneeds"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

const proxyPassword = "correct horse:battery"

// microsocks starts Debian's SOCKS5 server.
func microsocks(t testing.TB, args ...string) telegram.Proxy {
	t.Helper()
	program := testneeds.Program(t, "microsocks")
	addr := closedPort(t)
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(program, append([]string{"-i", "127.0.0.1", "-p", port}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 200 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return telegram.Proxy{Kind: telegram.SOCKS5, Addr: addr}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("microsocks does not listen")
	return telegram.Proxy{}
}

// A connectProxy is an HTTP proxy that knows names nobody else does.
type connectProxy struct {
	user, password string
	names          map[string]string
	status         int // answered to every request, if not 0

	mu    sync.Mutex
	asked []string
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	switch {
	case p.status != 0:
		w.WriteHeader(p.status)
		return
	case p.user != "" && r.Header.Get("Proxy-Authorization") != want:
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	addr := r.Host
	if known, ok := p.names[addr]; ok {
		addr = known
	}
	far, err := net.Dial("tcp", addr)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	pipe(near, buffered.Reader, far)
}

// pipe hands on what comes from either side until one of them closes, both of which it closes.
func pipe(near net.Conn, from io.Reader, far net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	})
	_, _ = io.Copy(far, from)
	_ = far.Close()
	wg.Wait()
}

func (p *connectProxy) serve(t testing.TB) telegram.Proxy {
	t.Helper()
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return telegram.Proxy{
		Kind: telegram.HTTPProxy, Addr: strings.TrimPrefix(s.URL, "http://"), User: p.user, Secret: secret.New(p.password),
	}
}

func mtproxy(t testing.TB, s *telegramtest.Server, opts telegramtest.MTProxyOptions) (*telegramtest.MTProxy, telegram.Proxy) {
	t.Helper()
	p, err := s.MTProxy(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, p.Proxy()
}

// dialsOnly is a dialler that fails the test for any address but one.
func dialsOnly(t testing.TB, only string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != only {
			t.Errorf("%s was dialled past the proxy", addr)
			return nil, net.ErrClosed
		}
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}
}

func dialsNothing(t testing.TB) func(context.Context, string, string) (net.Conn, error) {
	return dialsOnly(t, "nothing")
}

const cloak = "www.example.com"

// everyProxy makes one proxy of each sort, which lead to s.
func everyProxy(t testing.TB, s *telegramtest.Server) map[string]telegram.Proxy {
	t.Helper()
	withUser := microsocks(t, "-u", "me", "-P", proxyPassword)
	withUser.User, withUser.Secret = "me", secret.New(proxyPassword)
	_, plain := mtproxy(t, s, telegramtest.MTProxyOptions{})
	_, dd := mtproxy(t, s, telegramtest.MTProxyOptions{Padded: true})
	_, ee := mtproxy(t, s, telegramtest.MTProxyOptions{Cloak: cloak})
	return map[string]telegram.Proxy{
		"socks5":           microsocks(t),
		"socks5 with user": withUser,
		"http":             (&connectProxy{}).serve(t),
		"http with user":   (&connectProxy{user: "me", password: proxyPassword}).serve(t),
		"mtproxy":          plain,
		"mtproxy dd":       dd,
		"mtproxy ee":       ee,
	}
}

// TestThroughProxies: a bot's whole life, and a move to another data centre, through each sort of proxy and
// past none.
func TestThroughProxies(t *testing.T) {
	bot := theBot()
	bot.DC = 4
	s := serve(t, telegramtest.Options{}, bot)
	for name, proxy := range everyProxy(t, s) {
		t.Run(name, func(t *testing.T) {
			proxy.Name = "office"
			c := telegram.New(s.Network(), telegram.Options{Proxy: proxy, Dial: dialsOnly(t, proxy.Addr)})
			var seen []telegram.Step
			login, err := c.Login(t.Context(), theApp(), theToken(), steps(&seen))
			if err != nil {
				t.Fatal(err)
			}
			if login.Session.DC != 4 || login.Session.Addr != s.Network().DCs[3].Addrs[0] {
				t.Errorf("session %+v", login.Session)
			}
			for _, step := range seen {
				if step.Proxy != "office" {
					t.Errorf("step %+v", step)
				}
			}
			if profile, err := c.Check(t.Context(), theApp(), login.Session, nil); err != nil || profile != bot.Profile {
				t.Errorf("check: %+v, %v", profile, err)
			}
			if _, err := c.Contact(t.Context(), 3, s.Network().DCs[2].Addrs[0]); err != nil {
				t.Errorf("contact: %v", err)
			}
			if err := c.LogOut(t.Context(), theApp(), login.Session, nil); err != nil {
				t.Errorf("log out: %v", err)
			}
			_, err = c.Check(t.Context(), theApp(), login.Session, nil)
			if e := failed(t, err, telegram.SessionDead); e.Proxy != "office" {
				t.Errorf("error %+v", e)
			}
		})
	}
}

// TestMTProxyOfTest: in the test environment data centres travel as id+10000, in a proxy's header as in the key
// exchange.
func TestMTProxyOfTest(t *testing.T) {
	s := serve(t, telegramtest.Options{Test: true}, theBot())
	running, proxy := mtproxy(t, s, telegramtest.MTProxyOptions{Cloak: cloak})
	c := telegram.New(s.Network(), telegram.Options{Proxy: proxy})
	if _, err := c.Login(t.Context(), theApp(), theToken(), nil); err != nil {
		t.Fatal(err)
	}
	if got := running.DCs(); len(got) != 1 || got[0] != 10002 {
		t.Errorf("data centres %v", got)
	}
}

// TestTransportErrorsThroughMTProxy: padding behind Telegram's shortest answers does not hide them.
func TestTransportErrorsThroughMTProxy(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	_, proxy := mtproxy(t, s, telegramtest.MTProxyOptions{Padded: true})
	s.Script(telegramtest.AtExchange, telegramtest.Script{Transport: -429})
	c := telegram.New(s.Network(), telegram.Options{Proxy: proxy})
	for range 8 { // there are 0 to 3 bytes
		_, err := c.Login(t.Context(), theApp(), theToken(), nil)
		if e := failed(t, err, telegram.FloodWait); e.Code != -429 {
			t.Errorf("error %+v", e)
		}
	}
}

// TestNamesAreLeftToTheProxy: a host is looked up by the proxy and by nobody here.
func TestNamesAreLeftToTheProxy(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	addr := s.Network().DCs[1].Addrs[0]
	_, port, _ := net.SplitHostPort(addr)

	t.Run("http", func(t *testing.T) {
		const name = "dc2.telegram.invalid:443" // that nobody can look up (RFC 6761)
		p := &connectProxy{names: map[string]string{name: addr}}
		proxy := p.serve(t)
		c := telegram.New(at(s, name), telegram.Options{Proxy: proxy, Dial: dialsOnly(t, proxy.Addr)})
		if _, err := c.Login(t.Context(), theApp(), theToken(), nil); err != nil {
			t.Fatal(err)
		}
		if len(p.asked) != 1 || p.asked[0] != "CONNECT "+name {
			t.Errorf("asked for %q", p.asked)
		}
	})
	t.Run("socks5", func(t *testing.T) {
		proxy := microsocks(t)
		c := telegram.New(at(s, "localhost:"+port), telegram.Options{Proxy: proxy, Dial: dialsOnly(t, proxy.Addr)})
		if _, err := c.Login(t.Context(), theApp(), theToken(), nil); err != nil {
			t.Fatal(err)
		}
		c = telegram.New(at(s, "dc2.telegram.invalid:443"), telegram.Options{Proxy: proxy, Dial: dialsOnly(t, proxy.Addr)})
		_, err := c.Login(t.Context(), theApp(), theToken(), nil)
		failed(t, err, telegram.ProxyRefused)
	})
	t.Run("socks5, what is sent", func(t *testing.T) {
		request := make(chan []byte, 1)
		proxy := telegram.Proxy{Kind: telegram.SOCKS5, Addr: listen(t, func(c net.Conn) {
			_, _ = io.ReadFull(c, make([]byte, 3))
			_, _ = c.Write([]byte{5, 0})
			r := bufio.NewReader(c)
			head, _ := r.Peek(5)
			whole := make([]byte, 5+int(head[4])+2)
			_, _ = io.ReadFull(r, whole)
			request <- whole
		})}
		c := telegram.New(at(s, "dc2.telegram.invalid:443"), telegram.Options{Proxy: proxy})
		_, err := c.Login(t.Context(), theApp(), theToken(), nil)
		failed(t, err, telegram.ProxyBroken)
		if want := []byte("\x05\x01\x00\x03\x14dc2.telegram.invalid\x01\xbb"); !bytes.Equal(<-request, want) {
			t.Error("the name was not handed on")
		}
	})
}

// TestSilentToStrangers: an MTProxy with an "ee" secret lets the host that it pretends to be answer those who do
// not know it, with real TLS.
func TestSilentToStrangers(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	host := httptest.NewUnstartedServer(http.NotFoundHandler())
	host.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not go on is no news
	host.StartTLS()
	t.Cleanup(host.Close)
	_, proxy := mtproxy(t, s, telegramtest.MTProxyOptions{Cloak: cloak, CloakAddr: host.Listener.Addr().String()})

	conn, err := tls.Dial("tcp", proxy.Addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatalf("the proxy is no host of TLS: %v", err)
	}
	_ = conn.Close()

	proxy.Secret = secret.New(cloakSecret)
	_, err = telegram.New(s.Network(), telegram.Options{Proxy: proxy}).Login(t.Context(), theApp(), theToken(), nil)
	if e := failed(t, err, telegram.ProxySecret); strings.Contains(e.Error(), plainSecret) || e.Sent {
		t.Errorf("error %+v", e)
	}
}
