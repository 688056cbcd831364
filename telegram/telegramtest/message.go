package telegramtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

// errDropped ends a connection that a script wants closed.
var errDropped = errors.New("dropped")

// How far a message's id may be from the server's clock
// (core.telegram.org/mtproto/description#message-identifier-msg-id).
const (
	maxPast   = 300 * time.Second
	maxFuture = 30 * time.Second
)

// Codes of bad_msg_notification and bad_server_salt.
const (
	codeTooLow  = 16
	codeTooHigh = 17
	codeBits    = 18
	codeSalt    = 48
)

// maxNesting is a container that holds a packed message that is a container: one more than clients send.
const maxNesting = 3

// message is what a client said, and under which key and session.
type message struct {
	key     *authKey
	session *session
	id      int64
	seq     int32
	body    []byte
}

// frame handles one message of the transport. An error ends the connection.
func (c *conn) frame(ctx context.Context, b *bin.Buffer) error {
	var id [8]byte
	if err := b.PeekN(id[:], len(id)); err != nil {
		return fmt.Errorf("read auth key id: %w", err)
	}
	if id == [8]byte{} {
		return c.exchange(ctx, b)
	}
	return c.encrypted(ctx, b)
}

// encrypted opens a message and decides whether its envelope is in order.
func (c *conn) encrypted(ctx context.Context, b *bin.Buffer) error {
	s := c.server
	var sealed crypto.EncryptedMessage
	if err := sealed.DecodeWithoutCopy(b); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	key := s.lookup(c.dc.id, sealed.AuthKeyID)
	if key == nil {
		c.hangUp(ctx, -404)
		return nil
	}
	data, err := s.cipher.Decrypt(key.AuthKey, &sealed)
	if err != nil {
		return fmt.Errorf("decrypt message: %w", err)
	}
	c.enter(ctx, key)

	m := message{key, s.session(key, data.SessionID), data.MessageID, data.SeqNo, data.Data()}
	if code := s.checkID(m.id); code != 0 {
		return c.send(ctx, m, proto.MessageServerResponse, &mt.BadMsgNotification{
			BadMsgID: m.id, BadMsgSeqno: int(m.seq), ErrorCode: code,
		})
	}
	s.mu.Lock()
	now := s.clock.Now()
	good := key.salts.good(data.Salt, now)
	salt := key.salts.current(now)
	created := good && !m.session.announced
	m.session.announced = m.session.announced || good
	s.mu.Unlock()
	if !good {
		return c.send(ctx, m, proto.MessageServerResponse, &mt.BadServerSalt{
			BadMsgID: m.id, BadMsgSeqno: int(m.seq), ErrorCode: codeSalt, NewServerSalt: salt,
		})
	}
	if created {
		if err := c.send(ctx, m, proto.MessageFromServer, &mt.NewSessionCreated{
			FirstMsgID: m.id, UniqueID: randomLong(), ServerSalt: salt,
		}); err != nil {
			return err
		}
	}
	return c.message(ctx, m, maxNesting)
}

// checkID returns the code of bad_msg_notification for a message id, or 0.
func (s *Server) checkID(id int64) int {
	if proto.MessageID(id).Type() != proto.MessageFromClient {
		return codeBits
	}
	age := s.clock.Now().Sub(proto.MessageID(id).Time())
	switch {
	case age > maxPast:
		return codeTooLow
	case age < -maxFuture:
		return codeTooHigh
	default:
		return 0
	}
}

// message handles what stands inside the envelope: the protocol's own messages here, calls elsewhere.
func (c *conn) message(ctx context.Context, m message, nesting int) error {
	b := &bin.Buffer{Buf: m.body}
	id, err := b.PeekID()
	if err != nil {
		return fmt.Errorf("read constructor: %w", err)
	}
	switch id {
	case proto.MessageContainerTypeID, proto.GZIPTypeID:
		if nesting == 0 {
			return errors.New("messages packed too deep")
		}
		return c.unpack(ctx, m, id, nesting-1)
	case mt.MsgsAckTypeID, mt.MsgsStateReqTypeID, mt.MsgsAllInfoTypeID, mt.MsgResendReqTypeID, mt.HTTPWaitRequestTypeID:
		// Nothing is ever sent again here, so there is nothing to do about these.
		return nil
	case mt.PingRequestTypeID:
		var ping mt.PingRequest
		if err := ping.Decode(b); err != nil {
			return err
		}
		return c.send(ctx, m, proto.MessageServerResponse, &mt.Pong{MsgID: m.id, PingID: ping.PingID})
	case mt.PingDelayDisconnectRequestTypeID:
		var ping mt.PingDelayDisconnectRequest
		if err := ping.Decode(b); err != nil {
			return err
		}
		c.guard(time.Duration(ping.DisconnectDelay) * time.Second)
		return c.send(ctx, m, proto.MessageServerResponse, &mt.Pong{MsgID: m.id, PingID: ping.PingID})
	case mt.GetFutureSaltsRequestTypeID:
		var ask mt.GetFutureSaltsRequest
		if err := ask.Decode(b); err != nil {
			return err
		}
		return c.send(ctx, m, proto.MessageServerResponse, c.server.futureSalts(m, ask.Num))
	case mt.RPCDropAnswerRequestTypeID:
		var drop mt.RPCDropAnswerRequest
		if err := drop.Decode(b); err != nil {
			return err
		}
		return c.result(ctx, m, c.server.dropAnswer(m.session, drop.ReqMsgID))
	default:
		return c.call(ctx, m)
	}
}

// unpack handles a container's messages or a compressed one.
func (c *conn) unpack(ctx context.Context, m message, id uint32, nesting int) error {
	b := &bin.Buffer{Buf: m.body}
	if id == proto.GZIPTypeID {
		var packed proto.GZIP
		if err := packed.Decode(b); err != nil {
			return fmt.Errorf("unpack message: %w", err)
		}
		m.body = packed.Data
		return c.message(ctx, m, nesting)
	}
	var container proto.MessageContainer
	if err := container.Decode(b); err != nil {
		return fmt.Errorf("read container: %w", err)
	}
	for _, inner := range container.Messages {
		m.id, m.seq, m.body = inner.ID, int32(inner.SeqNo), inner.Body
		if err := c.message(ctx, m, nesting); err != nil {
			return err
		}
	}
	return nil
}

// guard closes the connection unless the client says within d that it is still there.
func (c *conn) guard(d time.Duration) {
	if c.watchdog == nil {
		c.watchdog = time.AfterFunc(d, c.close)
		return
	}
	c.watchdog.Reset(d)
}

func (s *Server) futureSalts(m message, n int) *mt.FutureSalts {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	return &mt.FutureSalts{ReqMsgID: m.id, Now: int(now.Unix()), Salts: m.key.salts.future(n, now)}
}

// dropAnswer forgets a call that has no answer yet.
func (s *Server) dropAnswer(session *session, id int64) bin.Encoder {
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel, ok := session.pending[id]
	if !ok {
		return &mt.RPCAnswerUnknown{}
	}
	cancel()
	delete(session.pending, id)
	return &mt.RPCAnswerDroppedRunning{}
}

// result answers a call.
func (c *conn) result(ctx context.Context, m message, result bin.Encoder) error {
	var b bin.Buffer
	if err := result.Encode(&b); err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	return c.send(ctx, m, proto.MessageServerResponse, &proto.Result{RequestMessageID: m.id, Result: b.Buf})
}

// send seals a message under the key and session of another and queues it.
func (c *conn) send(ctx context.Context, to message, kind proto.MessageType, body bin.Encoder) error {
	s := c.server
	var b bin.Buffer
	if err := body.Encode(&b); err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	s.mu.Lock()
	// Odd: results and new_session_created ask to be acknowledged; even: the rest does not.
	seq := to.session.content * 2
	switch body.(type) {
	case *proto.Result, *mt.NewSessionCreated:
		seq++
		to.session.content++
	}
	data := crypto.EncryptedMessageData{
		Salt:                   to.key.salts.current(s.clock.Now()),
		SessionID:              to.session.id,
		MessageID:              s.ids.New(kind),
		SeqNo:                  seq,
		MessageDataLen:         int32(b.Len()),
		MessageDataWithPadding: b.Buf,
	}
	s.mu.Unlock()
	sealed := new(bin.Buffer)
	if err := s.cipher.Encrypt(to.key.AuthKey, data, sealed); err != nil {
		return fmt.Errorf("encrypt message: %w", err)
	}
	c.queue(ctx, sealed.Buf)
	return nil
}
