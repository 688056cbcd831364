package telegramtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

// testDCs is what Telegram's test environment adds to a data centre's id in p_q_inner_data.
const testDCs = 10000

// exchange makes an auth key with the client, whose first message is b. That message being encrypted in
// the middle of it is no fault: the client has found another key, and the message is handled as usual.
func (c *conn) exchange(ctx context.Context, b *bin.Buffer) error {
	s := c.server
	script := s.follow(AtExchange)
	if !sleep(ctx, script.Delay) {
		return ctx.Err()
	}
	switch {
	case script.Drop:
		return errDropped
	case script.Stall:
		c.deaf.Store(true)
		return nil
	case script.Transport != 0:
		c.hangUp(ctx, script.Transport)
		return nil
	}

	dc := c.dc.id
	if s.opts.Test {
		dc += testDCs
	}
	line := &exchangeLine{conn: c, conversation: ctx, first: b.Buf}
	made, err := exchange.NewExchanger(line, dc).
		WithClock(s.clock).
		WithRand(s.cipher.Rand()).
		Server(s.key).Run(ctx)

	var refused *exchange.ServerExchangeError
	var encrypted *exchange.UnexpectedEncryptedError
	switch {
	case errors.As(err, &refused):
		c.hangUp(ctx, -int(refused.Code))
		return nil
	case errors.As(err, &encrypted):
		return c.encrypted(ctx, &bin.Buffer{Buf: encrypted.Frame})
	case err != nil:
		return fmt.Errorf("exchange keys: %w", err)
	}
	s.mu.Lock()
	s.addKey(c.dc.id, made.Key, made.ServerSalt)
	s.stats.Exchanges++
	s.mu.Unlock()
	return line.flush()
}

// exchangeLine is the connection as gotd's exchange sees it. It holds every answer back until the next
// message is asked for or the exchange is over: gotd confirms a key before it returns it, and a client
// that were quick enough would use a key that is not known yet. And it puts a fresh number in place of
// gotd's pq, which is always the same.
type exchangeLine struct {
	*conn
	// conversation lasts as long as the connection. gotd's own contexts end after a minute, which would
	// make a client that falls silent look like one that leaves; its interface has no other way in.
	conversation context.Context
	first        []byte
	held         []byte
}

// Send implements transport.Conn.
func (l *exchangeLine) Send(_ context.Context, b *bin.Buffer) error {
	held, err := refreshed(b.Copy())
	l.held = held
	return err
}

// Recv implements transport.Conn.
func (l *exchangeLine) Recv(_ context.Context, b *bin.Buffer) error {
	if err := l.flush(); err != nil {
		return err
	}
	if l.first != nil {
		b.ResetTo(l.first)
		l.first = nil
		return nil
	}
	return l.transport.Recv(l.conversation, b)
}

// Close implements transport.Conn.
func (l *exchangeLine) Close() error { return l.raw.Close() }

// flush sends the answer that was held back.
func (l *exchangeLine) flush() error {
	if l.held == nil {
		return nil
	}
	if !sleep(l.conversation, l.server.opts.Handshake) {
		return l.conversation.Err()
	}
	l.queue(l.conversation, l.held)
	l.held = nil
	return nil
}

// pqBits is the size of p and of q, which are as large as Telegram's.
const pqBits = 31

// refreshed returns an answer of the exchange with a new pq, if it is the one with pq.
func refreshed(frame []byte) ([]byte, error) {
	var m proto.UnencryptedMessage
	if err := m.Decode(&bin.Buffer{Buf: frame}); err != nil {
		return nil, fmt.Errorf("read own answer: %w", err)
	}
	b := &bin.Buffer{Buf: m.MessageData}
	if id, err := b.PeekID(); err != nil || id != mt.ResPQTypeID {
		return frame, err
	}
	var question mt.ResPQ
	if err := question.Decode(b); err != nil {
		return nil, fmt.Errorf("read own answer: %w", err)
	}
	p, err := rand.Prime(rand.Reader, pqBits)
	if err != nil {
		return nil, fmt.Errorf("make p: %w", err)
	}
	// One bit shorter, so that they differ.
	q, err := rand.Prime(rand.Reader, pqBits-1)
	if err != nil {
		return nil, fmt.Errorf("make q: %w", err)
	}
	question.Pq = p.Mul(p, q).Bytes()

	var body, out bin.Buffer
	if err := question.Encode(&body); err != nil {
		return nil, fmt.Errorf("encode pq: %w", err)
	}
	m.MessageData = body.Buf
	if err := m.Encode(&out); err != nil {
		return nil, fmt.Errorf("encode pq: %w", err)
	}
	return out.Buf, nil
}
