package telegramtest_test

import (
	"testing"

	"context"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/tg"

	"botring/telegram/telegramtest"
)

func TestLoginCheckLogOut(t *testing.T) {
	s := start(t, telegramtest.Options{})
	ctx := bounded(t)

	err := clientOf(s, 2).run(ctx, func(ctx context.Context, conn *mtproto.Conn) error {
		var granted tg.AuthAuthorization
		app := anApp()
		if err := conn.Invoke(ctx, initialised(app.ID, &tg.AuthImportBotAuthorizationRequest{
			APIID: app.ID, APIHash: app.Hash.Reveal(), BotAuthToken: theBot().Token.Reveal(),
		}), &granted); err != nil {
			return err
		}
		t.Log(granted.User)
		var users tg.UserClassVector
		if err := conn.Invoke(ctx, whoAmI(), &users); err != nil {
			return err
		}
		var out tg.AuthLoggedOut
		if err := conn.Invoke(ctx, &tg.AuthLogOutRequest{}, &out); err != nil {
			return err
		}
		err := conn.Invoke(ctx, whoAmI(), &users)
		t.Log(err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s.Stats())
}
