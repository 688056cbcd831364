package telegramtest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// line is a client that hides nothing: every message sent and received is the test's own.
type line struct {
	t       testing.TB
	raw     net.Conn
	conn    transport.Conn
	key     crypto.AuthKey
	salt    int64
	session int64
	cipher  crypto.Cipher
	ids     *proto.MessageIDGen
	// clock is how far the client's clock is ahead.
	clock time.Duration
}

// dialLine opens a session by hand.
func dialLine(t testing.TB, s *telegramtest.Server, session telegram.Session) *line {
	t.Helper()
	l := &line{t: t, salt: session.Salt, session: 77, cipher: crypto.NewClientCipher(rand.Reader)}
	l.ids = proto.NewMessageIDGen(func() time.Time { return time.Now().Add(l.clock) })
	var key crypto.Key
	copy(key[:], session.Key.Reveal())
	l.key = key.WithID()
	var d net.Dialer
	raw, err := d.DialContext(t.Context(), "tcp", s.Network().DCs[session.DC-1].Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	l.raw = raw
	if l.conn, err = transport.Intermediate.Handshake(raw); err != nil {
		t.Fatal(err)
	}
	return l
}

// send sends a message and returns its id.
func (l *line) send(body bin.Encoder) int64 {
	l.t.Helper()
	id := l.ids.New(proto.MessageFromClient)
	l.sendAs(id, body)
	return id
}

func (l *line) sendAs(id int64, body bin.Encoder) {
	l.t.Helper()
	var plain, sealed bin.Buffer
	if err := body.Encode(&plain); err != nil {
		l.t.Fatal(err)
	}
	if err := l.cipher.Encrypt(l.key, crypto.EncryptedMessageData{
		Salt: l.salt, SessionID: l.session, MessageID: id,
		MessageDataLen: int32(plain.Len()), MessageDataWithPadding: plain.Buf,
	}, &sealed); err != nil {
		l.t.Fatal(err)
	}
	if err := l.conn.Send(l.t.Context(), &sealed); err != nil {
		l.t.Fatal(err)
	}
}

// receive returns the next message, or the error that came instead. It waits for at most d.
func (l *line) receive(d time.Duration) (*bin.Buffer, error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), d)
	defer cancel()
	var b bin.Buffer
	if err := l.conn.Recv(ctx, &b); err != nil {
		return nil, err
	}
	data, err := l.cipher.DecryptFromBuffer(l.key, &b)
	if err != nil {
		return nil, err
	}
	if data.SessionID != l.session {
		l.t.Fatalf("message for session %d", data.SessionID)
	}
	return &bin.Buffer{Buf: data.Data()}, nil
}

// want skips messages until one of a kind arrives and decodes it.
func (l *line) want(into interface {
	bin.Decoder
	TypeID() uint32
}) {
	l.t.Helper()
	for {
		b, err := l.receive(5 * time.Second)
		if err != nil {
			l.t.Fatalf("waiting for %T: %v", into, err)
		}
		id, err := b.PeekID()
		if err != nil {
			l.t.Fatal(err)
		}
		if id != into.TypeID() {
			continue
		}
		if err := into.Decode(b); err != nil {
			l.t.Fatal(err)
		}
		return
	}
}

// result waits for the answer to a call and decodes it, or returns the RPC error in its place.
func (l *line) result(call int64, into bin.Decoder) error {
	l.t.Helper()
	for {
		b, err := l.receive(5 * time.Second)
		if err != nil {
			return err
		}
		if id, err := b.PeekID(); err != nil || id != proto.ResultTypeID {
			continue
		}
		var r proto.Result
		if err := r.Decode(b); err != nil {
			l.t.Fatal(err)
		}
		if r.RequestMessageID != call {
			l.t.Fatalf("answer to %d, want to %d", r.RequestMessageID, call)
		}
		b.ResetTo(r.Result)
		if id, err := b.PeekID(); err == nil && id == mt.RPCErrorTypeID {
			var refused mt.RPCError
			if err := refused.Decode(b); err != nil {
				l.t.Fatal(err)
			}
			return fmt.Errorf("%d %s", refused.ErrorCode, refused.ErrorMessage)
		}
		return into.Decode(b)
	}
}

// transportCode returns the code of a transport error, 0 if err is none.
func transportCode(err error) int {
	var refused *codec.ProtocolErr
	if !errors.As(err, &refused) {
		return 0
	}
	return -int(refused.Code)
}

// seeded is a session of the test's bot.
func seeded(t testing.TB, s *telegramtest.Server) telegram.Session {
	t.Helper()
	session, err := s.Session(123)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// eventually waits for something another goroutine brings about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal("never: " + what)
}
