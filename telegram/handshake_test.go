package telegram

import (
	"context"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
)

func TestCheckPQ(t *testing.T) {
	for _, test := range []struct {
		pq   string
		good bool
	}{
		{"1724114033281923457", true},   // from core.telegram.org/mtproto/samples-auth_key
		{"1073676287", false},           // a prime
		{"4611686014132420609", false},  // the square of 2^31-1
		{"18446744073709551557", false}, // beyond 2^63
		{"1724114033281923456", false},  // even
		{"15", false},                   // too small
		{"1", false},
		{"0", false},
	} {
		pq, _ := new(big.Int).SetString(test.pq, 10)
		if err := checkPQ(pq.Bytes()); (err == nil) != test.good {
			t.Errorf("%s: %v", test.pq, err)
		}
	}
	if checkPQ(nil) == nil || checkPQ(make([]byte, 1000)) == nil {
		t.Error("no number is taken for one")
	}
}

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
	l, err := openLink(near)
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

// TestHostileExchange: numbers that would crash the client or keep it busy for ever are refused.
func TestHostileExchange(t *testing.T) {
	for name, pq := range map[string][]byte{
		"nothing": nil,
		"zero":    {0},
		"one":     {1},
		"prime":   big.NewInt(1<<61 - 1).Bytes(),
		"square":  new(big.Int).Mul(big.NewInt(1<<31-1), big.NewInt(1<<31-1)).Bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			l := answering(t, func(ask *mt.ReqPqMultiRequest) bin.Encoder {
				return &mt.ResPQ{Nonce: ask.Nonce, Pq: pq, ServerPublicKeyFingerprints: []int64{-0x2f62e27a219b027b}}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := exchangeKeys(ctx, l, 2, Production().Keys, newServerClock(time.Now))
			if err == nil || ctx.Err() != nil {
				t.Fatalf("error %v", err)
			}
			var e *Error
			if !errors.As(securingError(err), &e) || e.Kind != NotTelegram {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestFailedExchange: Telegram's own word for a failure is not taken for somebody in between.
func TestFailedExchange(t *testing.T) {
	for name, answer := range map[string]bin.Encoder{
		"parameters": &mt.ServerDHParamsFail{},
		"retry":      &mt.DhGenRetry{},
		"fail":       &mt.DhGenFail{},
	} {
		t.Run(name, func(t *testing.T) {
			l := answering(t, func(*mt.ReqPqMultiRequest) bin.Encoder { return answer })
			_, err := exchangeKeys(t.Context(), l, 2, Production().Keys, newServerClock(time.Now))
			if kind := kindOf(securingError(err)); kind != TelegramFault {
				t.Errorf("%v: %v", kind, err)
			}
		})
	}
}

func FuzzExchangeGuard(f *testing.F) {
	var b bin.Buffer
	_ = (&mt.ResPQ{Pq: []byte{1, 2, 3, 4, 5, 6, 7, 8}, ServerPublicKeyFingerprints: []int64{1}}).Encode(&b)
	var plain bin.Buffer
	_ = proto.UnencryptedMessage{MessageID: 1, MessageData: b.Buf}.Encode(&plain)
	f.Add(plain.Buf)
	f.Add([]byte{})
	f.Add(make([]byte, 24))
	f.Fuzz(func(t *testing.T, message []byte) {
		g := exchangeGuard{clock: newServerClock(time.Now)}
		before := string(message)
		if err := g.inspect(message); err != nil && kindOf(securingError(err)) == Unexpected {
			var e *Error
			if !errors.As(securingError(err), &e) {
				t.Errorf("error %v", err)
			}
		}
		if string(message) != before {
			t.Error("the message was changed")
		}
	})
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
