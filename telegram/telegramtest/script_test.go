package telegramtest_test

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// outcomes are the ways a script can end a call, and how to recognise each at the client's end.
var outcomes = []struct {
	name   string
	script telegramtest.Script
	is     func(err error) bool
}{
	{"fine", telegramtest.Script{}, func(err error) bool { return err == nil }},
	{"late", telegramtest.Script{Delay: 30 * time.Millisecond}, func(err error) bool { return err == nil }},
	{"error without a code", telegramtest.Script{Error: "ACCESS_TOKEN_EXPIRED"}, rpcError(400, "ACCESS_TOKEN_EXPIRED")},
	{"error with a code", telegramtest.Script{Error: "AUTH_KEY_INVALID", Code: 401}, rpcError(401, "AUTH_KEY_INVALID")},
	{"Telegram's fault", telegramtest.Script{Error: "RPC_CALL_FAIL", Code: -500}, rpcError(-500, "RPC_CALL_FAIL")},
	{"flood", telegramtest.Script{Error: "FLOOD_WAIT_31"}, rpcError(420, "FLOOD_WAIT_31")},
	{"late flood", telegramtest.Script{Error: "FLOOD_WAIT_3", Delay: 10 * time.Millisecond}, rpcError(420, "FLOOD_WAIT_3")},
	{"other DC", telegramtest.Script{Error: "USER_MIGRATE_4"}, rpcError(303, "USER_MIGRATE_4")},
	{"transport flood", telegramtest.Script{Transport: -429}, transportError(429)},
	{"wrong DC", telegramtest.Script{Transport: -444, Delay: 10 * time.Millisecond}, transportError(444)},
	{"stall", telegramtest.Script{Stall: true}, timedOut},
	{"drop", telegramtest.Script{Drop: true}, ended},
	{"late drop", telegramtest.Script{Drop: true, Delay: 10 * time.Millisecond}, ended},
}

// timedOut reports whether the context's end was the call's, by itself or through the socket's deadline.
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// ended reports whether the server closed the connection; with something unread, that is a reset.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func rpcError(code int, message string) func(error) bool {
	return func(err error) bool {
		refused, ok := tgerr.As(err)
		return ok && refused.Code == code && refused.Message == message
	}
}

func transportError(code int32) func(error) bool {
	return func(err error) bool {
		var refused *codec.ProtocolErr
		return errors.As(err, &refused) && refused.Code == code
	}
}

// until is how long a stalled call is waited for.
func until(t *testing.T, script telegramtest.Script) context.Context {
	t.Helper()
	if !script.Stall {
		return bounded(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestLoginScripts(t *testing.T) {
	s := start(t, telegramtest.Options{})
	for _, o := range outcomes {
		t.Run(o.name, func(t *testing.T) {
			bot := theBot()
			bot.Login = o.script
			s.AddBot(bot)
			if _, err := clientOf(s, 2).keyed(s).login(until(t, o.script), anApp(), bot.Token); !o.is(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCallScripts(t *testing.T) {
	s := start(t, telegramtest.Options{})
	for _, o := range outcomes {
		t.Run(o.name, func(t *testing.T) {
			bot := theBot()
			bot.Call = o.script
			s.AddBot(bot)
			if _, err := clientOf(s, 2).with(seeded(t, s)).check(until(t, o.script), 1); !o.is(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPoints(t *testing.T) {
	s := start(t, telegramtest.Options{})
	for _, at := range []telegramtest.Point{telegramtest.AtConnect, telegramtest.AtExchange, telegramtest.AtInit} {
		for _, o := range outcomes {
			if at != telegramtest.AtInit && o.script.Error != "" {
				continue
			}
			t.Run(at.String()+"/"+o.name, func(t *testing.T) {
				s.Script(at, o.script)
				defer s.Script(at, telegramtest.Script{})
				c := clientOf(s, 2)
				call := func(ctx context.Context, conn *mtproto.Conn) error {
					return conn.Invoke(ctx, initialised(1, &tg.HelpGetConfigRequest{}), new(tg.Config))
				}
				if at == telegramtest.AtExchange {
					call = nothing
				} else {
					c = c.keyed(s)
				}
				if err := c.run(until(t, o.script), call); !o.is(err) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

func TestScriptRunsItsCourse(t *testing.T) {
	s := start(t, telegramtest.Options{})
	bot := theBot()
	bot.Call = telegramtest.Script{Error: "RPC_CALL_FAIL", Code: 500, Times: 2}
	s.AddBot(bot)
	l := dialLine(t, s, seeded(t, s))
	for i, want := range []string{"500 RPC_CALL_FAIL", "500 RPC_CALL_FAIL", "", ""} {
		var got string
		if err := l.result(l.send(initialised(1, whoAmI())), new(tg.UserClassVector)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("call %d: got %q, want %q", i, got, want)
		}
	}
}

func TestApps(t *testing.T) {
	app := anApp()
	s := start(t, telegramtest.Options{Apps: []telegram.App{app}})
	tests := map[string]struct {
		app  telegram.App
		want string
	}{
		"a pair":          {app, ""},
		"another id":      {telegram.App{ID: 5, Hash: app.Hash}, "API_ID_INVALID"},
		"no hash":         {telegram.App{ID: app.ID}, "API_ID_INVALID"},
		"neither of them": {telegram.App{}, "API_ID_INVALID"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := clientOf(s, 2).keyed(s).login(bounded(t), test.app, theBot().Token)
			if (test.want == "") != (err == nil) || test.want != "" && !tgerr.Is(err, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := clientOf(s, 2).with(seeded(t, s)).check(bounded(t), 5); !tgerr.Is(err, "CONNECTION_API_ID_INVALID") {
		t.Errorf("check with an unknown api_id: %v", err)
	}
	if got := seeded(t, s).APIID; got != app.ID {
		t.Errorf("session made with api_id %d, want %d", got, app.ID)
	}
}

func TestTokens(t *testing.T) {
	s := start(t, telegramtest.Options{})
	session := seeded(t, s)
	login := func(token string) error {
		_, err := clientOf(s, 2).keyed(s).login(bounded(t), anApp(), secret.New(token))
		return err
	}
	for _, token := range []string{"123:AAAB", "124:AAAA", "AAAA", "", "x:1"} {
		if err := login(token); !tgerr.Is(err, "ACCESS_TOKEN_INVALID") {
			t.Errorf("%s: %v", token, err)
		}
	}

	s.RevokeToken(123)
	if err := login("123:AAAA"); !tgerr.Is(err, "ACCESS_TOKEN_EXPIRED") {
		t.Errorf("revoked token: %v", err)
	}
	if _, err := clientOf(s, 2).with(session).check(bounded(t), 1); !tgerr.Is(err, "SESSION_REVOKED") {
		t.Errorf("session of a revoked token: %v", err)
	}
	if got := s.Stats().Sessions; got != 0 {
		t.Errorf("%d sessions alive, want none", got)
	}

	bot := theBot()
	bot.Token = secret.New("123:BBBB")
	s.AddBot(bot)
	if err := login("123:AAAA"); !tgerr.Is(err, "ACCESS_TOKEN_EXPIRED") {
		t.Errorf("old token after a new one: %v", err)
	}
	if err := login("123:BBBB"); err != nil {
		t.Errorf("new token: %v", err)
	}
	if got := s.Stats().LoginsOf[123]; got != 4 {
		t.Errorf("%d logins of 123, want 4", got)
	}
}
