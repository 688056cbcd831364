package telegramtest_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/handshake"
	"botring/telegram/telegramtest"
)

// aClient is gotd's own client, but for the key exchange: that is this program's, since gotd's takes half a
// second of computing for each. The stock one is gotd's throughout.
type aClient struct {
	stock    bool
	network  telegram.Network
	dc       int
	protocol transport.Protocol
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	key      crypto.AuthKey
	salt     int64
	// patience is how long an answer to the key exchange is waited for, gotd's minute when 0.
	patience time.Duration
	// anotherDC is the data centre named in the key exchange, when it is not the one dialled.
	anotherDC int
}

func clientOf(s *telegramtest.Server, dc int) aClient {
	var d net.Dialer
	return aClient{network: s.Network(), dc: dc, protocol: transport.Intermediate, dial: d.DialContext}
}

// with opens a session.
func (c aClient) with(session telegram.Session) aClient {
	var key crypto.Key
	copy(key[:], session.Key.Reveal())
	c.key, c.salt, c.dc = key.WithID(), session.Salt, session.DC
	return c
}

// keyed uses a key made before that nobody is logged in with.
func (c aClient) keyed(s *telegramtest.Server) aClient {
	c.key, c.salt = s.KnownKey(c.dc)
	return c
}

// run makes a connection, with a key exchange unless there is a key, and calls f on it.
func (c aClient) run(ctx context.Context, f func(ctx context.Context, conn *mtproto.Conn) error) error {
	id := c.dc
	if c.anotherDC != 0 {
		id = c.anotherDC
	}
	if c.network.Test {
		id += 10000
	}
	link, err := c.connect(ctx)
	if err != nil {
		return err
	}
	if c.key.Zero() && !c.stock {
		if err := c.exchange(ctx, link, id); err != nil {
			return errors.Join(err, link.Close())
		}
	}
	var keys []exchange.PublicKey
	for _, k := range c.network.Keys {
		keys = append(keys, exchange.PublicKey{RSA: k})
	}
	conn := mtproto.New(func(context.Context) (transport.Conn, error) { return link, nil }, mtproto.Options{
		DC: id, PublicKeys: keys, Key: c.key, Salt: c.salt, CompressThreshold: -1,
		DialTimeout: c.patience, ExchangeTimeout: c.patience,
	})
	done := errors.New("done")
	err = conn.Run(ctx, func(ctx context.Context) error {
		if err := f(ctx, conn); err != nil {
			return err
		}
		return done
	})
	if errors.Is(err, done) {
		return nil
	}
	return err
}

// connect dials the data centre.
func (c aClient) connect(ctx context.Context) (transport.Conn, error) {
	raw, err := c.dial(ctx, "tcp", c.network.DCs[c.dc-1].Addrs[0])
	if err != nil {
		return nil, err
	}
	return c.protocol.Handshake(raw)
}

// exchange makes a key on a new connection.
func (c *aClient) exchange(ctx context.Context, link transport.Conn, dc int) error {
	if c.patience != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.patience)
		defer cancel()
	}
	made, err := handshake.Run(ctx, link, handshake.Params{DC: dc, Keys: c.network.Keys})
	c.key, c.salt = made.Key, made.Salt
	return err
}

// initialised wraps a call as every connection's first must be.
func initialised(apiID int, query bin.Object) bin.Object {
	return &tg.InvokeWithLayerRequest{
		Layer: tg.Layer,
		Query: &tg.InvokeWithoutUpdatesRequest{
			Query: &tg.InitConnectionRequest{
				APIID: apiID, DeviceModel: "test", SystemVersion: "1", AppVersion: "2",
				SystemLangCode: "en", LangCode: "en", Query: query,
			},
		},
	}
}

// login is auth.importBotAuthorization on a new connection.
func (c aClient) login(ctx context.Context, app telegram.App, token secret.Secret) (*tg.User, error) {
	var granted tg.AuthAuthorization
	err := c.run(ctx, func(ctx context.Context, conn *mtproto.Conn) error {
		return conn.Invoke(ctx, initialised(app.ID, &tg.AuthImportBotAuthorizationRequest{
			APIID: app.ID, APIHash: app.Hash.Reveal(), BotAuthToken: token.Reveal(),
		}), &granted)
	})
	user, _ := granted.User.(*tg.User)
	return user, err
}

// check asks who the session is.
func (c aClient) check(ctx context.Context, appID int) (*tg.User, error) {
	var users tg.UserClassVector
	err := c.run(ctx, func(ctx context.Context, conn *mtproto.Conn) error {
		return conn.Invoke(ctx, initialised(appID, whoAmI()), &users)
	})
	if err != nil || len(users.Elems) == 0 {
		return nil, err
	}
	return users.Elems[0].(*tg.User), nil
}

func whoAmI() *tg.UsersGetUsersRequest {
	return &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
}

// start runs a server for a test, with one bot, 123, in DC 2.
func start(t testing.TB, opts telegramtest.Options) *telegramtest.Server {
	t.Helper()
	s, err := telegramtest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.AddBot(theBot())
	return s
}

func theBot() telegramtest.Bot {
	return telegramtest.Bot{
		Token: secret.New("123:AAAA"),
		Profile: telegram.Profile{
			ID: 123, Username: "x_bot", FirstName: "X", Inline: true, Groups: true, ReadsAll: true, ManagesBots: true,
		},
	}
}

func anApp() telegram.App {
	return telegram.App{ID: 10001, Hash: secret.New("0123456789abcdef0123456789abcdef")}
}

// bounded is a context that ends well after everything that is meant to happen.
func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
