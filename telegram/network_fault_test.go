package telegram_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// listen serves one TCP port, every connection with f.
func listen(t *testing.T, f func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// closedPort is an address nobody listens at.
func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// at is a server's network whose data centre 2 is at other addresses.
func at(s *telegramtest.Server, addrs ...string) telegram.Network {
	n := s.Network()
	n.DCs = []telegram.DC{{ID: 2, Addrs: addrs}}
	return n
}

func TestUnreachable(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	reset := listen(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 8))
		_ = c.(*net.TCPConn).SetLinger(0)
	})
	hangsUp := listen(t, func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 8)) })
	for _, test := range []struct {
		name, addr, op string
		cause          error
		dial           func(context.Context, string, string) (net.Conn, error)
	}{
		{name: "refused", addr: closedPort(t), op: "connect", cause: syscall.ECONNREFUSED},
		{name: "reset", addr: reset, op: "secure", cause: syscall.ECONNRESET},
		{name: "hung up", addr: hangsUp, op: "secure"},
		{
			name: "no such host", addr: "telegram.invalid:443", op: "connect",
			dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "telegram.invalid", IsNotFound: true}
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := telegram.New(at(s, test.addr), telegram.Options{Dial: test.dial})
			_, err := c.Login(t.Context(), theApp(), theToken(), nil)
			e := failed(t, err, telegram.Unreachable)
			if e.Op != test.op || e.Addr != test.addr || e.DC != 2 || e.Sent || e.Code != 0 {
				t.Errorf("error %+v", e)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("%v does not come of %v", err, test.cause)
			}
		})
	}
}

// TestDropped: the connection is closed at every point of a call.
func TestDropped(t *testing.T) {
	drop := telegramtest.Script{Drop: true}
	bot := theBot()
	bot.Login, bot.Call = drop, drop
	s := serve(t, telegramtest.Options{}, bot)
	session := sessionOf(t, s)
	c := telegram.New(s.Network(), telegram.Options{})
	keyed := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(session)

	_, err := keyed.Login(t.Context(), theApp(), theToken(), nil)
	if e := failed(t, err, telegram.Unreachable); !e.Sent {
		t.Error("a login that was cut off may have reached Telegram")
	}
	_, err = c.Check(t.Context(), theApp(), session, nil)
	failed(t, err, telegram.Unreachable)
	err = c.LogOut(t.Context(), theApp(), session, nil)
	failed(t, err, telegram.Unreachable)

	for _, point := range []telegramtest.Point{telegramtest.AtConnect, telegramtest.AtExchange} {
		s.Script(point, drop)
		_, err = c.Login(t.Context(), theApp(), theToken(), nil)
		if e := failed(t, err, telegram.Unreachable); e.Sent || e.Op != "secure" {
			t.Errorf("dropped at %v: %+v", point, e)
		}
		s.Script(point, telegramtest.Script{})
	}
}

func TestTransportErrorsInExchange(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	for _, test := range []answer{
		{-429, "", telegram.FloodWait, 30 * time.Second},
		{-444, "", telegram.WrongDC, 0},
		{-404, "", telegram.Unexpected, 0},
	} {
		s.Script(telegramtest.AtExchange, telegramtest.Script{Transport: test.code})
		_, err := c.Login(t.Context(), theApp(), theToken(), nil)
		test.is(t, err, false)
	}
}

// TestWrongDC: an address under the wrong number.
func TestWrongDC(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(at(s, s.Network().DCs[3].Addrs[0]), telegram.Options{})
	_, err := c.Login(t.Context(), theApp(), theToken(), nil)
	if e := failed(t, err, telegram.WrongDC); e.Code != -444 {
		t.Errorf("error %+v", e)
	}
}

func TestNotTelegram(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	t.Run("wrong key", func(t *testing.T) {
		network, err := s.Impostor()
		if err != nil {
			t.Fatal(err)
		}
		_, err = telegram.New(network, telegram.Options{}).Login(t.Context(), theApp(), theToken(), nil)
		if e := failed(t, err, telegram.NotTelegram); e.Sent {
			t.Errorf("error %+v", e)
		}
		if s.Stats().Exchanges+s.Stats().Logins != 0 {
			t.Error("it went on")
		}
	})
	for name, says := range map[string]string{
		"web server": "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
		"SSH":        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
		"noise":      "\x10\x00\x00\x00" + strings.Repeat("\xff", 16),
		"no body":    "\x14\x00\x00\x00" + strings.Repeat("\x00", 20),
	} {
		t.Run(name, func(t *testing.T) {
			addr := listen(t, func(c net.Conn) {
				_, _ = io.ReadFull(c, make([]byte, 8))
				_, _ = io.WriteString(c, says)
				_, _ = io.Copy(io.Discard, c)
			})
			_, err := telegram.New(at(s, addr), telegram.Options{}).Login(t.Context(), theApp(), theToken(), nil)
			failed(t, err, telegram.NotTelegram)
		})
	}
}

// spoiled is a connection that changes a bit of every long message it receives.
type spoiled struct{ net.Conn }

func (s spoiled) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if n > 40 {
		b[n-1] ^= 1
	}
	return n, err
}

// TestSpoiledMessage: what does not decrypt ends the call at once.
func TestSpoiledMessage(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			raw, err := d.DialContext(ctx, network, addr)
			return spoiled{raw}, err
		},
	})
	start := time.Now()
	_, err := c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
	failed(t, err, telegram.NotTelegram)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v to notice", took)
	}
}

// TestAddresses: those of a data centre are tried in order, and the one that answered is kept.
func TestAddresses(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	dead, alive := closedPort(t), s.Network().DCs[1].Addrs[0]
	session := sessionOf(t, s)
	c := telegram.New(at(s, dead, alive), telegram.Options{}).UseKeyOf(session)
	var seen []telegram.Step
	login, err := c.Login(t.Context(), theApp(), theToken(), steps(&seen))
	if err != nil || login.Session.Addr != alive || seen[0].Addr != dead || seen[1].Addr != alive {
		t.Errorf("%v; session at %s, steps %+v", err, login.Session.Addr, seen)
	}

	// The address a session names comes first if the network has it, and is not dialled if not.
	seen = nil
	if _, err := c.Check(t.Context(), theApp(), login.Session, steps(&seen)); err != nil || seen[0].Addr != alive {
		t.Errorf("%v; steps %+v", err, seen)
	}
	stranger := login.Session
	stranger.Addr = listen(t, func(net.Conn) { t.Error("an auth key was taken to a stranger") })
	if _, err := c.Check(t.Context(), theApp(), stranger, nil); err != nil {
		t.Error(err)
	}
}

// TestRefusedBeforeDialling: nothing is dialled for what cannot be right.
func TestRefusedBeforeDialling(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	network := s.Network()
	good := sessionOf(t, s)
	opts := telegram.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialled")
		return nil, io.EOF
	}}
	check := func(name string, network telegram.Network, app telegram.App, change func(*telegram.Session), want telegram.Kind) {
		t.Helper()
		session := good
		change(&session)
		_, err := telegram.New(network, opts).Check(t.Context(), app, session, nil)
		t.Run(name, func(t *testing.T) { failed(t, err, want) })
	}
	keep := func(*telegram.Session) {}
	check("other environment", network, theApp(), func(s *telegram.Session) { s.Environment = "production" }, telegram.Unexpected)
	check("short key", network, theApp(), func(s *telegram.Session) { s.Key = theToken() }, telegram.Unexpected)
	check("unknown DC", network, theApp(), func(s *telegram.Session) { s.DC = 203 }, telegram.WrongDC)
	check("no api_id", network, telegram.App{}, keep, telegram.APIIDInvalid)
	check("api_id beyond int32", network, telegram.App{ID: 1 << 31}, keep, telegram.APIIDInvalid)
	keyless := network
	keyless.Keys = nil
	check("no server key", keyless, theApp(), keep, telegram.Unexpected)
}
