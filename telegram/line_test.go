package telegram

import (
	"crypto/rand"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/tg"
)

// A scriptedServer holds the other end of a line and answers every message with what answer makes of its
// id, encrypted, or not at all when that is nil.
type scriptedServer struct {
	conn   net.Conn
	key    crypto.AuthKey
	ids    *proto.MessageIDGen
	answer func(id int64) bin.Encoder
}

// serve answers until the client closes the connection.
func (s *scriptedServer) serve() error {
	intermediate := codec.Intermediate{}
	if err := intermediate.ReadHeader(s.conn); err != nil {
		return err
	}
	cipher := crypto.NewServerCipher(rand.Reader)
	for {
		var b bin.Buffer
		if err := intermediate.Read(s.conn, &b); err != nil {
			return err
		}
		data, err := cipher.DecryptFromBuffer(s.key, &b)
		if err != nil {
			return err
		}
		answer := s.answer(data.MessageID)
		if answer == nil {
			continue
		}
		b.Reset()
		if err := cipher.Encrypt(s.key, crypto.EncryptedMessageData{
			SessionID: data.SessionID,
			MessageID: s.ids.New(proto.MessageServerResponse),
			Message:   answer,
		}, &b); err != nil {
			return err
		}
		if err := intermediate.Write(s.conn, &b); err != nil {
			return err
		}
	}
}

// scripted is a line whose other end answers so, skew ahead of this computer.
func scripted(t *testing.T, skew time.Duration, answer func(id int64) bin.Encoder) *line {
	t.Helper()
	var key crypto.Key
	if _, err := rand.Read(key[:]); err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	s := &scriptedServer{far, key.WithID(), proto.NewMessageIDGen(func() time.Time { return time.Now().Add(skew) }), answer}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.serve()
		_ = far.Close()
	}()
	t.Cleanup(func() {
		_ = near.Close()
		<-done
	})
	l, err := openLink(near, intermediate())
	if err != nil {
		t.Fatal(err)
	}
	return &line{link: l, auth: authorization{key: s.key}, clock: newServerClock(time.Now), untie: func() {}}
}

// container packs a message as servers do.
func container(t *testing.T, inner bin.Encoder) bin.Encoder {
	var b bin.Buffer
	if err := inner.Encode(&b); err != nil {
		t.Error(err)
	}
	return &proto.MessageContainer{Messages: []proto.Message{{ID: 1, Bytes: b.Len(), Body: b.Buf}}}
}

// TestRefusedMessages: what bad_msg_notification says becomes a kind, after one more attempt where the
// time was wrong.
func TestRefusedMessages(t *testing.T) {
	for _, test := range []struct {
		name     string
		code     int
		packed   bool
		kind     Kind
		attempts int
	}{
		{"too low", 16, false, ClockWrong, 2},
		{"too high", 17, false, ClockWrong, 2},
		{"too high, in a container", 17, true, ClockWrong, 2},
		{"sequence", 35, false, Unexpected, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				l := scripted(t, time.Hour, func(id int64) bin.Encoder {
					attempts++
					refusal := &mt.BadMsgNotification{BadMsgID: id, ErrorCode: test.code}
					if test.packed {
						return container(t, refusal)
					}
					return refusal
				})
				var answer tg.UserClassVector
				err := l.ask(t.Context(), &mt.PingRequest{}, &answer, true)
				if test.kind == Unexpected {
					var refused refusedError
					if !errors.As(err, &refused) || int(refused) != test.code {
						t.Errorf("error %v", err)
					}
				} else {
					var e *Error
					if !errors.As(err, &e) || e.Kind != test.kind || (e.Skew+time.Hour).Abs() > time.Second {
						t.Errorf("error %+v", err)
					}
				}
				if attempts != test.attempts {
					t.Errorf("%d attempts", attempts)
				}
				l.close()
				if l.auth.key.Value != (crypto.Key{}) {
					t.Error("the key is still there")
				}
			})
		})
	}
}

// TestAnswerThatIsNone: an answer of another shape is an error and not a wait.
func TestAnswerThatIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := scripted(t, 0, func(id int64) bin.Encoder {
			var b bin.Buffer
			b.PutID(0xdeadbeef)
			return &proto.Result{RequestMessageID: id, Result: b.Buf}
		})
		defer l.close()
		var answer tg.UserClassVector
		if err := l.ask(t.Context(), &mt.PingRequest{}, &answer, true); err == nil {
			t.Error("no error")
		}
	})
}
