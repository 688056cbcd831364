//go:build unix

package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"

	"botring/telegram"
)

// cpuTime is what this process has used of the CPU so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// gotdCall makes a call with nothing but gotd's connection, which makes a key of its own unless it gets one.
func (c contest) gotdCall(ctx context.Context, network telegram.Network, dc int, key crypto.AuthKey, query bin.Object, answer bin.Decoder) error {
	conn := mtproto.New(func(ctx context.Context) (transport.Conn, error) {
		var d net.Dialer
		raw, err := d.DialContext(ctx, "tcp", network.DCs[dc-1].Addrs[0])
		if err != nil {
			return nil, err
		}
		return transport.Intermediate.Handshake(raw)
	}, mtproto.Options{DC: dc, Key: key, PublicKeys: []exchange.PublicKey{{RSA: network.Keys[0]}}})
	done := errors.New("done")
	err := conn.Run(ctx, func(ctx context.Context) error {
		if err := conn.Invoke(ctx, &tg.InvokeWithLayerRequest{
			Layer: tg.Layer,
			Query: &tg.InitConnectionRequest{
				APIID: c.APIID, DeviceModel: "contest", SystemVersion: "1", AppVersion: "1",
				SystemLangCode: "en", LangCode: "en", Query: query,
			},
		}, answer); err != nil {
			return err
		}
		return done
	})
	if errors.Is(err, done) {
		return nil
	}
	return err
}

func (c contest) gotdLogin(ctx context.Context, network telegram.Network) (string, error) {
	var answer tg.AuthAuthorization
	login := &tg.AuthImportBotAuthorizationRequest{APIID: c.APIID, APIHash: c.APIHash, BotAuthToken: c.Token}
	err := c.gotdCall(ctx, network, c.DC, crypto.AuthKey{}, login, &answer)
	if moved, ok := tgerr.AsType(err, "USER_MIGRATE"); ok {
		err = c.gotdCall(ctx, network, moved.Argument, crypto.AuthKey{}, login, &answer)
	}
	if err != nil {
		return "", err
	}
	return usernameOf(answer.User)
}

func (c contest) gotdCheck(ctx context.Context, network telegram.Network, key crypto.Key) (string, error) {
	var users tg.UserClassVector
	err := c.gotdCall(ctx, network, c.DC, key.WithID(),
		&tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}, &users)
	if err != nil {
		return "", err
	}
	return usernameOf(users.Elems[0])
}

func usernameOf(user tg.UserClass) (string, error) {
	u, ok := user.AsNotEmpty()
	if !ok {
		return "", fmt.Errorf("%T is nobody", user)
	}
	return u.Username, nil
}
