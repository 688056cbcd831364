package telegram

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"

	"botring/telegram/handshake"
)

// answering is a link whose other end answers the first message of a key exchange.
func answering(t *testing.T, answer func(*mt.ReqPqMultiRequest) bin.Encoder) *link {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan error, 1)
	go func() {
		defer func() { _ = far.Close() }()
		done <- answerOnce(far, answer)
	}()
	t.Cleanup(func() {
		_ = near.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	l, err := openLink(near, intermediate())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func answerOnce(conn net.Conn, answer func(*mt.ReqPqMultiRequest) bin.Encoder) error {
	var b, inner bin.Buffer
	intermediate := codec.Intermediate{}
	if err := intermediate.ReadHeader(conn); err != nil {
		return err
	}
	if err := intermediate.Read(conn, &b); err != nil {
		return err
	}
	var plain proto.UnencryptedMessage
	if err := plain.Decode(&b); err != nil {
		return err
	}
	var ask mt.ReqPqMultiRequest
	if err := ask.Decode(&bin.Buffer{Buf: plain.MessageData}); err != nil {
		return err
	}
	if err := answer(&ask).Encode(&inner); err != nil {
		return err
	}
	b.Reset()
	if err := (proto.UnencryptedMessage{
		MessageID:   int64(proto.NewMessageID(time.Now(), proto.MessageServerResponse)),
		MessageData: inner.Buf,
	}).Encode(&b); err != nil {
		return err
	}
	return intermediate.Write(conn, &b)
}

// TestHostileExchange: who answers and cannot prove to be Telegram is not taken for it, not even when it
// says no more than that it failed.
func TestHostileExchange(t *testing.T) {
	for name, answer := range map[string]func(*mt.ReqPqMultiRequest) bin.Encoder{
		"unknown key": func(ask *mt.ReqPqMultiRequest) bin.Encoder { return &mt.ResPQ{Nonce: ask.Nonce, Pq: []byte{15}} },
		"bad pq": func(ask *mt.ReqPqMultiRequest) bin.Encoder {
			return &mt.ResPQ{Nonce: ask.Nonce, ServerPublicKeyFingerprints: []int64{-0x2f62e27a219b027b}}
		},
		"another's nonce": func(*mt.ReqPqMultiRequest) bin.Encoder { return &mt.ResPQ{} },
		"parameters":      func(*mt.ReqPqMultiRequest) bin.Encoder { return &mt.ServerDHParamsFail{} },
		"retry":           func(*mt.ReqPqMultiRequest) bin.Encoder { return &mt.DhGenRetry{} },
		"fail":            func(*mt.ReqPqMultiRequest) bin.Encoder { return &mt.DhGenFail{} },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := makeKeys()(t.Context(), answering(t, answer), 2, Production().Keys, newServerClock(time.Now))
			var e *Error
			if !errors.As(securingError(err), &e) || e.Kind != NotTelegram {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestFailedExchange: Telegram's own word for a failure, which the exchange has found to be Telegram's, is
// not taken for somebody in between.
func TestFailedExchange(t *testing.T) {
	for _, failure := range []error{handshake.ErrFailed, handshake.ErrRetries} {
		if kind := kindOf(securingError(fmt.Errorf("agree on a key: %w", failure))); kind != TelegramFault {
			t.Errorf("%v: %v", failure, kind)
		}
	}
}

func FuzzWitness(f *testing.F) {
	var b bin.Buffer
	_ = (&mt.BadMsgNotification{BadMsgID: 1, ErrorCode: 17}).Encode(&b)
	f.Add(b.Buf)
	var packed bin.Buffer
	_ = (&proto.MessageContainer{Messages: []proto.Message{{ID: 1, Bytes: b.Len(), Body: b.Buf}}}).Encode(&packed)
	f.Add(packed.Buf)
	f.Fuzz(func(t *testing.T, message []byte) {
		w := newWitness(nil, newServerClock(time.Now))
		w.note(message)
		first := w.takeRefusal()
		if again := w.takeRefusal(); again != 0 {
			t.Errorf("refusal %d is told twice, then as %d", first, again)
		}
	})
}
