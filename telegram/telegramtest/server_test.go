package telegramtest_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/handshake"
	"botring/telegram/telegramtest"
)

func TestLoginCheckLogOut(t *testing.T) {
	s := start(t, telegramtest.Options{})
	stock := clientOf(s, 2)
	stock.stock = true
	err := stock.run(bounded(t), func(ctx context.Context, conn *mtproto.Conn) error {
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
	if err := c.run(bounded(t), nothing); !errors.Is(err, handshake.ErrFingerprint) {
		t.Errorf("got %v, want %v", err, handshake.ErrFingerprint)
	}
	c.stock = true
	if err := c.run(bounded(t), nothing); !errors.Is(err, exchange.ErrKeyFingerprintNotFound) {
		t.Errorf("gotd's own exchange: got %v, want %v", err, exchange.ErrKeyFingerprintNotFound)
	}
	if got := s.Stats().Exchanges; got != 0 {
		t.Errorf("%d exchanges, want none", got)
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

// rawAnswer keeps an answer as it came.
type rawAnswer struct{ bin.Buffer }

func (a *rawAnswer) Decode(b *bin.Buffer) error {
	a.Put(b.Buf)
	b.Skip(b.Len())
	return nil
}

// TestOlderLayer: a client is answered in the constructors of the layer that it speaks.
func TestOlderLayer(t *testing.T) {
	s := start(t, telegramtest.Options{})
	s.AddBot(theBot())
	for layer, constructor := range map[int]uint32{198: 0x4b46c37e, tg.Layer: tg.UserTypeID} {
		query := initialised(1, &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}})
		query.(*tg.InvokeWithLayerRequest).Layer = layer
		var answer rawAnswer
		err := clientOf(s, 2).with(seeded(t, s)).run(bounded(t), func(ctx context.Context, conn *mtproto.Conn) error {
			return conn.Invoke(ctx, query, &answer)
		})
		// A vector's constructor and length come first.
		if err != nil || len(answer.Buf) < 12 || binary.LittleEndian.Uint32(answer.Buf[8:]) != constructor {
			t.Errorf("layer %d: %v, % x", layer, err, answer.Buf[:min(12, len(answer.Buf))])
		}
	}
}
