package telegramtest_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"reflect"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

func TestLoginCheckLogOut(t *testing.T) {
	s := start(t, telegramtest.Options{})
	err := clientOf(s, 2).run(bounded(t), func(ctx context.Context, conn *mtproto.Conn) error {
		app := anApp()
		var granted tg.AuthAuthorization
		if err := conn.Invoke(ctx, initialised(app.ID, &tg.AuthImportBotAuthorizationRequest{
			APIID: app.ID, APIHash: app.Hash.Reveal(), BotAuthToken: theBot().Token.Reveal(),
		}), &granted); err != nil {
			return err
		}
		var users tg.UserClassVector
		if err := conn.Invoke(ctx, whoAmI(), &users); err != nil {
			return err
		}
		if !reflect.DeepEqual(users.Elems, []tg.UserClass{granted.User}) {
			t.Errorf("logged in as %v, asked later %v", granted.User, users.Elems)
		}
		if got := s.Stats().Sessions; got != 1 {
			t.Errorf("%d sessions, want 1", got)
		}
		if err := conn.Invoke(ctx, &tg.AuthLogOutRequest{}, new(tg.AuthLoggedOut)); err != nil {
			return err
		}
		if err := conn.Invoke(ctx, whoAmI(), &users); !tgerr.Is(err, "AUTH_KEY_UNREGISTERED") {
			t.Errorf("after logging out: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "closed", func() bool { return s.Stats().Open == 0 })
	got := s.Stats()
	want := telegramtest.Stats{
		Connections: 1, Exchanges: 1, Logins: 1, Calls: 4,
		LoginsOf: map[int64]int{123: 1},
		Methods:  map[string]int{"auth.importBotAuthorization": 1, "users.getUsers": 2, "auth.logOut": 1},
		Init: telegramtest.Init{
			Layer: tg.Layer, APIID: 10001, DeviceModel: "test", SystemVersion: "1", AppVersion: "2",
			SystemLangCode: "en", LangCode: "en", NoUpdates: true,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestProfile(t *testing.T) {
	tests := map[string]struct {
		profile telegram.Profile
		want    func(u *tg.User)
	}{
		"nothing":      {telegram.Profile{}, func(u *tg.User) { u.BotNochats = true }},
		"groups":       {telegram.Profile{Groups: true}, func(*tg.User) {}},
		"reads all":    {telegram.Profile{ReadsAll: true}, func(u *tg.User) { u.BotNochats, u.BotChatHistory = true, true }},
		"manages bots": {telegram.Profile{ManagesBots: true}, func(u *tg.User) { u.BotNochats, u.BotCanManageBots = true, true }},
		"inline": {telegram.Profile{Inline: true}, func(u *tg.User) {
			u.BotNochats = true
			u.SetBotInlinePlaceholder("Search…")
		}},
	}
	s := start(t, telegramtest.Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.profile.ID, test.profile.Username, test.profile.FirstName = 123, "x_bot", "Ünï 🤖"
			s.AddBot(telegramtest.Bot{Token: theBot().Token, Profile: test.profile})
			got, err := clientOf(s, 2).with(seeded(t, s)).check(bounded(t), 1)
			if err != nil {
				t.Fatal(err)
			}
			want := &tg.User{Self: true, Bot: true, ID: 123, AccessHash: got.AccessHash}
			want.SetFirstName("Ünï 🤖")
			want.SetUsername("x_bot")
			want.SetBotInfoVersion(1)
			test.want(want)
			want.SetFlags()
			want.SetAccessHash(got.AccessHash)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			if got.AccessHash == 0 {
				t.Error("no access hash")
			}
		})
	}
}

func TestMigration(t *testing.T) {
	s := start(t, telegramtest.Options{})
	bot := theBot()
	bot.DC = 4
	s.AddBot(bot)
	if _, err := clientOf(s, 2).keyed(s).login(bounded(t), anApp(), bot.Token); !tgerr.Is(err, "USER_MIGRATE") || !tgerr.IsCode(err, 303) {
		t.Errorf("in DC 2: %v", err)
	}
	if user, err := clientOf(s, 4).keyed(s).login(bounded(t), anApp(), bot.Token); err != nil || user.ID != 123 {
		t.Errorf("in DC 4: %v, %v", user, err)
	}
	if session := seeded(t, s); session.DC != 4 || session.Addr != s.Network().DCs[3].Addrs[0] {
		t.Errorf("session in DC %d at %s", session.DC, session.Addr)
	}
}

func TestKeyExchangeNamesTheDataCentre(t *testing.T) {
	for _, test := range []bool{false, true} {
		t.Run(fmt.Sprintf("test=%v", test), func(t *testing.T) {
			s := start(t, telegramtest.Options{Test: test})
			c := clientOf(s, 3)
			if err := c.run(bounded(t), nothing); err != nil {
				t.Errorf("its own DC: %v", err)
			}
			c.anotherDC = 2
			if err := c.run(bounded(t), nothing); !transportError(444)(err) {
				t.Errorf("another DC: %v, want transport error 444", err)
			}
			c.anotherDC, c.network.Test = 0, !test
			if err := c.run(bounded(t), nothing); !transportError(444)(err) {
				t.Errorf("its DC of the other environment: %v, want transport error 444", err)
			}
		})
	}
}

func nothing(context.Context, *mtproto.Conn) error { return nil }

func TestImpostor(t *testing.T) {
	s := start(t, telegramtest.Options{})
	c := clientOf(s, 2)
	var err error
	if c.network, err = s.Impostor(); err != nil {
		t.Fatal(err)
	}
	if err := c.run(bounded(t), nothing); !errors.Is(err, exchange.ErrKeyFingerprintNotFound) {
		t.Errorf("got %v, want %v", err, exchange.ErrKeyFingerprintNotFound)
	}
	if got := s.Stats().Exchanges; got != 0 {
		t.Errorf("%d exchanges, want none", got)
	}
}

func TestTransports(t *testing.T) {
	s := start(t, telegramtest.Options{})
	protocols := map[string]transport.Protocol{
		"abridged":            transport.Abridged,
		"intermediate":        transport.Intermediate,
		"padded intermediate": transport.PaddedIntermediate,
		"full":                transport.Full,
	}
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			c := clientOf(s, 2).keyed(s)
			c.protocol = protocol
			if _, err := c.login(bounded(t), anApp(), theBot().Token); err != nil {
				t.Error(err)
			}
			if tagged, ok := protocol.Codec().(codec.TaggedCodec); ok {
				c.dial, c.protocol = obfuscated(tagged), transport.NewProtocol(protocol.CodecNoHeader)
				if _, err := c.login(bounded(t), anApp(), theBot().Token); err != nil {
					t.Error("obfuscated:", err)
				}
			}
		})
	}
}

// obfuscated dials as clients do that hide what they speak.
func obfuscated(c codec.TaggedCodec) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		raw, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		o := obfuscated2.NewObfuscated2(crypto.DefaultRand(), raw)
		if err := o.Handshake(c.ObfuscatedTag(), 2, mtproxy.Secret{}); err != nil {
			return nil, err
		}
		return obfuscatedConn{raw, o}, nil
	}
}

type obfuscatedConn struct {
	net.Conn
	inner *obfuscated2.Obfuscated2
}

func (o obfuscatedConn) Read(b []byte) (int, error)  { return o.inner.Read(b) }
func (o obfuscatedConn) Write(b []byte) (int, error) { return o.inner.Write(b) }

// say connects and says so much and no more.
func say(t *testing.T, s *telegramtest.Server, what ...byte) net.Conn {
	t.Helper()
	var d net.Dialer
	raw, err := d.DialContext(t.Context(), "tcp", s.Network().DCs[1].Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	if _, err := raw.Write(what); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSilentClientsHoldUpNobody(t *testing.T) {
	s := start(t, telegramtest.Options{})
	for _, said := range [][]byte{nil, {0xee}, {0xee, 0xee, 0xee, 0xee}, {0xef}, {0xef, 10}, {12, 0, 0, 0, 0, 0}, {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		say(t, s, said...)
	}
	if _, err := clientOf(s, 2).login(bounded(t), anApp(), theBot().Token); err != nil {
		t.Error(err)
	}
	eventually(t, "seven silent clients", func() bool { return s.Stats().Open == 7 })
}

func TestParallelClients(t *testing.T) {
	const clients, exchanges, checks = 50, 5, 4
	s := start(t, telegramtest.Options{})
	var wg sync.WaitGroup
	for i := range clients {
		id := int64(1000 + i)
		token := secret.New(fmt.Sprintf("%d:T", id))
		dc := 1 + i%5
		s.AddBot(telegramtest.Bot{Token: token, DC: dc})
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if i%2 == 0 {
				c := clientOf(s, dc)
				if i/2 >= exchanges {
					c = c.keyed(s)
				}
				if user, err := c.login(ctx, anApp(), token); err != nil || user.ID != id {
					t.Errorf("login of %d: %v, %v", id, user, err)
				}
				return
			}
			session, err := s.Session(id)
			if err != nil {
				t.Error(err)
				return
			}
			for range checks {
				if user, err := clientOf(s, dc).with(session).check(ctx, 1); err != nil || user.ID != id {
					t.Errorf("check of %d: %v, %v", id, user, err)
				}
			}
		})
	}
	wg.Wait()
	got := s.Stats()
	if got.Sessions != clients || got.Logins != clients/2 || got.Calls != clients/2+clients/2*checks {
		t.Errorf("%d sessions, %d logins, %d calls", got.Sessions, got.Logins, got.Calls)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := telegramtest.Start(telegramtest.Options{Delay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.AddBot(theBot())
	s.AddBot(telegramtest.Bot{Token: secret.New("9:X"), Call: telegramtest.Script{Stall: true}})
	say(t, s)
	say(t, s, 0xef)
	for _, id := range []int64{123, 9} {
		session, err := s.Session(id)
		if err != nil {
			t.Fatal(err)
		}
		dialLine(t, s, session).send(initialised(1, whoAmI()))
	}
	s.Script(telegramtest.AtExchange, telegramtest.Script{Stall: true})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = clientOf(s, 2).run(ctx, nothing)
	s.Script(telegramtest.AtConnect, telegramtest.Script{Delay: time.Hour})
	say(t, s, 0xef)
	eventually(t, "two calls and five connections", func() bool {
		got := s.Stats()
		return got.Methods["users.getUsers"] == 2 && got.Open == 5
	})

	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := s.Stats().Open; got != 0 {
		t.Errorf("%d connections open", got)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	eventually(t, "as few goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	var d net.Dialer
	if _, err := d.DialContext(t.Context(), "tcp", s.Network().DCs[0].Addrs[0]); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialling a closed server: %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	if s, err := telegramtest.Start(telegramtest.Options{Key: shortKey(t)}); err == nil {
		_ = s.Close()
		t.Error("a key of 1024 bits")
	}
	s := start(t, telegramtest.Options{DCs: 2})
	if _, err := s.Session(5); err == nil {
		t.Error("a session of an unknown bot")
	}
	s.AddBot(telegramtest.Bot{Token: secret.New("5:X"), DC: 3})
	if _, err := s.Session(5); err == nil {
		t.Error("a session in a data centre there is none of")
	}
}

func shortKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
