package telegramtest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"botring/internal/secret"
	"botring/telegram/telegramtest"
)

func TestUnknownKeyIsAnsweredWithTransportError404(t *testing.T) {
	s := start(t, telegramtest.Options{})
	known := seeded(t, s)
	tests := map[string]struct {
		dc  int
		key string
	}{
		"a key nobody made":          {2, string(make([]byte, 256))},
		"a key of another DC":        {3, known.Key.Reveal()},
		"an id that begins the same": {2, known.Key.Reveal()[:255] + "x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := known
			session.DC, session.Key = test.dc, secret.New(test.key)
			l := dialLine(t, s, session)
			l.send(initialised(1, whoAmI()))
			_, err := l.receive(5 * time.Second)
			if code := transportCode(err); code != -404 {
				t.Errorf("got %v, want transport error -404", err)
			}
		})
	}
}

func TestSalts(t *testing.T) {
	s := start(t, telegramtest.Options{})
	session := seeded(t, s)
	l := dialLine(t, s, session)

	l.salt++
	id := l.send(initialised(1, whoAmI()))
	var bad mt.BadServerSalt
	l.want(&bad)
	if bad.BadMsgID != id || bad.ErrorCode != 48 || bad.NewServerSalt != session.Salt {
		t.Fatalf("got %+v, want code 48 and salt %d for %d", bad, session.Salt, id)
	}

	// The same message with the right salt is the first of the session.
	l.salt = bad.NewServerSalt
	l.sendAs(id, initialised(1, whoAmI()))
	var created mt.NewSessionCreated
	l.want(&created)
	if created.FirstMsgID != id || created.ServerSalt != session.Salt {
		t.Errorf("got %+v, want first message %d and salt %d", created, id, session.Salt)
	}
	var users tg.UserClassVector
	if err := l.result(id, &users); err != nil || len(users.Elems) != 1 {
		t.Fatalf("got %d users, %v", len(users.Elems), err)
	}

	ask := l.send(&mt.GetFutureSaltsRequest{Num: 3})
	var future mt.FutureSalts
	l.want(&future)
	if future.ReqMsgID != ask || len(future.Salts) != 3 || future.Salts[0].Salt != session.Salt {
		t.Fatalf("got %+v, want 3 salts from %d on", future, session.Salt)
	}
	for i, salt := range future.Salts {
		if life := salt.ValidUntil - salt.ValidSince; life != 3600 {
			t.Errorf("salt %d lives %d s, want 3600", i, life)
		}
	}
	// A salt whose time has not come is no better than a wrong one.
	l.salt = future.Salts[2].Salt
	l.send(initialised(1, whoAmI()))
	l.want(&bad)
}

func TestMessageIDs(t *testing.T) {
	tests := map[string]struct {
		skew, clock time.Duration
		add         int64
		want        int
	}{
		"in time":                       {want: 0},
		"client a little behind":        {clock: -290 * time.Second, want: 0},
		"client far behind":             {clock: -310 * time.Second, want: 16},
		"client a little ahead":         {clock: 20 * time.Second, want: 0},
		"client far ahead":              {clock: 40 * time.Second, want: 17},
		"server ahead":                  {skew: time.Hour, want: 16},
		"server behind":                 {skew: -time.Hour, want: 17},
		"both wrong by the same":        {skew: time.Hour, clock: time.Hour, want: 0},
		"an id only servers may choose": {add: 1, want: 18},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, telegramtest.Options{Skew: test.skew})
			l := dialLine(t, s, seeded(t, s))
			l.clock = test.clock
			id := l.ids.New(proto.MessageFromClient) + test.add
			l.sendAs(id, initialised(1, whoAmI()))
			if test.want == 0 {
				var users tg.UserClassVector
				if err := l.result(id, &users); err != nil {
					t.Error(err)
				}
				return
			}
			var bad mt.BadMsgNotification
			l.want(&bad)
			if bad.BadMsgID != id || bad.ErrorCode != test.want {
				t.Errorf("got %+v, want code %d for %d", bad, test.want, id)
			}
		})
	}
}

func TestProtocolMessages(t *testing.T) {
	s := start(t, telegramtest.Options{})
	l := dialLine(t, s, seeded(t, s))

	id := l.send(&mt.PingRequest{PingID: 5})
	var pong mt.Pong
	l.want(&pong)
	if pong.MsgID != id || pong.PingID != 5 {
		t.Errorf("got %+v", pong)
	}
	l.send(&mt.MsgsAck{MsgIDs: []int64{id}})

	// A container with an acknowledgement, a ping and a compressed call.
	var call bin.Buffer
	if err := initialised(1, whoAmI()).Encode(&call); err != nil {
		t.Fatal(err)
	}
	inner := []bin.Encoder{&mt.MsgsAck{MsgIDs: []int64{1}}, &mt.PingRequest{PingID: 6}, proto.GZIP{Data: call.Buf}}
	var box proto.MessageContainer
	for _, one := range inner {
		var b bin.Buffer
		if err := one.Encode(&b); err != nil {
			t.Fatal(err)
		}
		box.Messages = append(box.Messages, proto.Message{ID: l.ids.New(proto.MessageFromClient), Bytes: b.Len(), Body: b.Buf})
	}
	l.send(&box)
	l.want(&pong)
	if pong.PingID != 6 {
		t.Errorf("got %+v", pong)
	}
	var users tg.UserClassVector
	if err := l.result(box.Messages[2].ID, &users); err != nil || len(users.Elems) != 1 {
		t.Errorf("got %d users, %v", len(users.Elems), err)
	}

	// A call that comes again is not answered again.
	calls := s.Stats().Calls
	l.sendAs(box.Messages[2].ID, whoAmI())
	l.send(&mt.PingRequest{PingID: 7})
	l.want(&pong)
	if got := s.Stats().Calls; got != calls {
		t.Errorf("%d calls, want %d", got, calls)
	}
}

func TestPingDelayDisconnect(t *testing.T) {
	s := start(t, telegramtest.Options{})
	l := dialLine(t, s, seeded(t, s))
	l.send(&mt.PingDelayDisconnectRequest{PingID: 1, DisconnectDelay: 1})
	var pong mt.Pong
	l.want(&pong)
	begin := time.Now()
	for {
		_, err := l.receive(5 * time.Second)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < 500*time.Millisecond {
		t.Errorf("closed after %v, want about 1s", took)
	}
}

func TestDroppedAnswer(t *testing.T) {
	s := start(t, telegramtest.Options{})
	bot := theBot()
	bot.Call = telegramtest.Script{Stall: true, Times: 1}
	s.AddBot(bot)
	l := dialLine(t, s, seeded(t, s))
	stalled := l.send(initialised(1, whoAmI()))

	var running mt.RPCAnswerDroppedRunning
	if err := l.result(l.send(&mt.RPCDropAnswerRequest{ReqMsgID: stalled}), &running); err != nil {
		t.Error(err)
	}
	var unknown mt.RPCAnswerUnknown
	if err := l.result(l.send(&mt.RPCDropAnswerRequest{ReqMsgID: stalled}), &unknown); err != nil {
		t.Error(err)
	}
	if got := s.Stats().Calls; got != 0 {
		t.Errorf("%d calls answered, want none", got)
	}
}

func TestLateAnswerIsAcknowledgedFirst(t *testing.T) {
	s := start(t, telegramtest.Options{Delay: 50 * time.Millisecond})
	l := dialLine(t, s, seeded(t, s))
	id := l.send(initialised(1, whoAmI()))
	var ack mt.MsgsAck
	l.want(&ack)
	if len(ack.MsgIDs) != 1 || ack.MsgIDs[0] != id {
		t.Errorf("got %v, want %d", ack.MsgIDs, id)
	}
	var users tg.UserClassVector
	if err := l.result(id, &users); err != nil {
		t.Error(err)
	}
}

func TestCalls(t *testing.T) {
	s := start(t, telegramtest.Options{})
	l := dialLine(t, s, seeded(t, s))
	var users tg.UserClassVector
	if err := l.result(l.send(whoAmI()), &users); err == nil || err.Error() != "400 CONNECTION_NOT_INITED" {
		t.Errorf("before initConnection: %v", err)
	}
	var config tg.Config
	if err := l.result(l.send(initialised(7, &tg.HelpGetConfigRequest{})), &config); err != nil {
		t.Fatal(err)
	}
	if config.ThisDC != 2 || len(config.DCOptions) != 5 {
		t.Errorf("this DC %d, %d DCs", config.ThisDC, len(config.DCOptions))
	}
	var full tg.UsersUserFull
	if err := l.result(l.send(&tg.UsersGetFullUserRequest{ID: &tg.InputUserSelf{}}), &full); err != nil || full.FullUser.ID != 123 {
		t.Errorf("got %d, %v", full.FullUser.ID, err)
	}
	for want, call := range map[string]bin.Encoder{
		"400 USER_ID_INVALID":                 &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUser{UserID: 9}}},
		"400 INPUT_FETCH_ERROR":               &tg.InvokeWithLayerRequest{Query: &tg.InvokeWithLayerRequest{Query: &broken{}}},
		"400 INPUT_METHOD_INVALID_3990128682": &tg.UpdatesGetStateRequest{},
	} {
		if err := l.result(l.send(call), &users); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if got := s.Stats().Methods["users.getUsers"]; got != 2 {
		t.Errorf("counted %d calls of users.getUsers, want 2", got)
	}
}

// broken is a call of which nothing has arrived.
type broken struct{}

func (broken) Encode(*bin.Buffer) error { return nil }
func (broken) Decode(*bin.Buffer) error { return errors.New("only sent") }

func TestKeyWithoutLogin(t *testing.T) {
	s := start(t, telegramtest.Options{})
	err := clientOf(s, 2).run(bounded(t), func(ctx context.Context, conn *mtproto.Conn) error {
		var config tg.Config
		if err := conn.Invoke(ctx, initialised(1, &tg.HelpGetConfigRequest{}), &config); err != nil {
			return err
		}
		for _, call := range []bin.Encoder{whoAmI(), &tg.AuthLogOutRequest{}} {
			if err := conn.Invoke(ctx, call, new(tg.UserClassVector)); !tgerr.Is(err, "AUTH_KEY_UNREGISTERED") {
				t.Errorf("%T: %v", call, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestForgedMessageEndsTheConnection(t *testing.T) {
	s := start(t, telegramtest.Options{})
	l := dialLine(t, s, seeded(t, s))
	var forged bin.Buffer
	sealed := crypto.EncryptedMessage{AuthKeyID: l.key.ID, EncryptedData: make([]byte, 64)}
	_, _ = rand.Read(sealed.EncryptedData)
	if err := sealed.Encode(&forged); err != nil {
		t.Fatal(err)
	}
	if err := l.conn.Send(t.Context(), &forged); err != nil {
		t.Fatal(err)
	}
	if _, err := l.receive(5 * time.Second); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
}
