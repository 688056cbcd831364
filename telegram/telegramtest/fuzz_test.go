package telegramtest

import (
	"crypto/rand"
	"crypto/rsa"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"

	"botring/internal/secret"
)

func encoded(t testing.TB, body bin.Encoder) []byte {
	t.Helper()
	var b bin.Buffer
	if err := body.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Buf
}

// fuzzServer is a server of pipes that knows the bot 123.
func fuzzServer(f *testing.F) *Server {
	f.Helper()
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		f.Fatal(err)
	}
	s, err := Start(Options{Key: key, Pipe: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	s.AddBot(Bot{Token: secret.New("123:AAAA")})
	return s
}

// FuzzConnection says anything at all to the server, which must survive it and close the connection in turn.
func FuzzConnection(f *testing.F) {
	s := fuzzServer(f)
	hello := encoded(f, &proto.UnencryptedMessage{MessageID: 1 << 34, MessageData: encoded(f, &mt.ReqPqMultiRequest{})})
	f.Add([]byte{0xef, 1, 0, 0, 0, 0})
	f.Add(append([]byte{0xef, byte(len(hello) / 4)}, hello...))
	f.Add(append([]byte{0xee, 0xee, 0xee, 0xee, byte(len(hello)), 0, 0, 0}, hello...))
	f.Add(append([]byte{0xdd, 0xdd, 0xdd, 0xdd, byte(len(hello) + 1), 0, 0, 0}, hello...))
	f.Add([]byte{8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
	f.Add([]byte{0xee, 0xee, 0xee, 0xee, 24, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, said []byte) {
		near, far := net.Pipe()
		if !s.open(s.dcs[0], far) {
			t.Fatal("server closed")
		}
		_ = near.SetDeadline(time.Now().Add(5 * time.Second))
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			var sink [512]byte
			for {
				if _, err := near.Read(sink[:]); err != nil {
					return
				}
			}
		}()
		_, _ = near.Write(said)
		_ = near.Close()
		<-heard
	})
}

// FuzzMessage hands the server anything inside a proper envelope, from a client that is logged in.
func FuzzMessage(f *testing.F) {
	s := fuzzServer(f)
	who := &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
	login := &tg.AuthImportBotAuthorizationRequest{APIID: 1, APIHash: "x", BotAuthToken: "123:AAAA"}
	for _, query := range []bin.Object{who, login, &tg.HelpGetConfigRequest{}} {
		f.Add(encoded(f, &tg.InvokeWithLayerRequest{Layer: 1, Query: &tg.InitConnectionRequest{Query: query}}))
	}
	call := encoded(f, who)
	f.Add(encoded(f, &proto.MessageContainer{Messages: []proto.Message{{ID: 4, Bytes: len(call), Body: call}}}))
	f.Add(encoded(f, proto.GZIP{Data: call}))
	f.Add(encoded(f, &mt.PingDelayDisconnectRequest{PingID: 1, DisconnectDelay: -1}))
	f.Add(encoded(f, &mt.GetFutureSaltsRequest{Num: -5}))
	f.Add(encoded(f, &mt.RPCDropAnswerRequest{ReqMsgID: 4}))
	f.Add(encoded(f, &mt.MsgsAck{MsgIDs: []int64{1}}))
	f.Fuzz(func(t *testing.T, body []byte) {
		session, err := s.Session(123)
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		defer func() { _ = near.Close() }()
		c := newConn(s, s.dcs[1], far, func() {})
		c.out = make(chan []byte, 1<<16)
		key := s.keyOf(session.Key)
		m := message{key: key, session: s.session(key, 1), id: 4, body: body}
		_ = c.message(t.Context(), m, maxNesting)
		c.end()
		for len(c.out) > 0 {
			if frame := <-c.out; len(frame) < 24 {
				t.Errorf("a frame of %d bytes", len(frame))
			}
		}
	})
}
