package telegramtest

import (
	"context"
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// request is a call without its wrappers, and what the wrappers said.
type request struct {
	method uint32
	body   []byte
	// init is nil when the call was not inside initConnection.
	init *Init
}

// reply is how a call is answered: as the script says, and with result when that refuses nothing.
type reply struct {
	Script
	result bin.Encoder
}

// refuse is an RPC error.
func refuse(code int, typ string) reply { return reply{Script: Script{Error: typ, Code: code}} }

// rest takes the remaining bytes of a wrapper as they are.
type rest struct{ bin.Buffer }

// Decode implements bin.Decoder.
func (r *rest) Decode(b *bin.Buffer) error {
	r.Buf = b.Copy()
	b.Skip(b.Len())
	return nil
}

// Encode implements bin.Encoder.
func (r *rest) Encode(b *bin.Buffer) error {
	b.Put(r.Buf)
	return nil
}

// unwrap takes invokeWithLayer, initConnection and invokeWithoutUpdates off a call, in whatever order.
func unwrap(body []byte) (request, error) {
	var layer int
	var quiet bool
	var said *Init
	for {
		b := &bin.Buffer{Buf: body}
		id, err := b.PeekID()
		if err != nil {
			return request{}, fmt.Errorf("read constructor: %w", err)
		}
		inner := new(rest)
		switch id {
		case tg.InvokeWithLayerRequestTypeID:
			wrapper := tg.InvokeWithLayerRequest{Query: inner}
			if err := wrapper.Decode(b); err != nil {
				return request{}, err
			}
			layer = wrapper.Layer
		case tg.InvokeWithoutUpdatesRequestTypeID:
			wrapper := tg.InvokeWithoutUpdatesRequest{Query: inner}
			if err := wrapper.Decode(b); err != nil {
				return request{}, err
			}
			quiet = true
		case tg.InitConnectionRequestTypeID:
			wrapper := tg.InitConnectionRequest{Query: inner}
			if err := wrapper.Decode(b); err != nil {
				return request{}, err
			}
			said = &Init{
				APIID:          wrapper.APIID,
				DeviceModel:    wrapper.DeviceModel,
				SystemVersion:  wrapper.SystemVersion,
				AppVersion:     wrapper.AppVersion,
				SystemLangCode: wrapper.SystemLangCode,
				LangPack:       wrapper.LangPack,
				LangCode:       wrapper.LangCode,
			}
		default:
			if said != nil {
				said.Layer, said.NoUpdates = layer, quiet
			}
			return request{method: id, body: body, init: said}, nil
		}
		body = inner.Buf
	}
}

// call decides how a call is answered, in the order the calls come, and sees that it is.
func (c *conn) call(ctx context.Context, m message) error {
	s := c.server
	req, err := unwrap(m.body)
	if err != nil {
		return c.result(ctx, m, &mt.RPCError{ErrorCode: 400, ErrorMessage: "INPUT_FETCH_ERROR"})
	}
	waiting, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	if m.session.again(m.id) {
		s.mu.Unlock()
		cancel()
		return nil
	}
	number := c.calls
	c.calls++
	m.session.pending[m.id] = cancel
	r := s.decide(c, m.key, req)
	s.mu.Unlock()

	delay := s.opts.Delay + r.Delay
	switch {
	case r.Stall:
		return nil
	case delay == 0:
		return c.answer(ctx, m, number, r)
	}
	// A client that hears nothing would send the call again.
	if err := c.send(ctx, m, proto.MessageFromServer, &mt.MsgsAck{MsgIDs: []int64{m.id}}); err != nil {
		return err
	}
	c.wg.Go(func() {
		if sleep(waiting, delay) && c.answer(ctx, m, number, r) != nil {
			c.close()
		}
	})
	return nil
}

// answer sends a reply, unless the client has said that it does not want it any more.
func (c *conn) answer(ctx context.Context, m message, number int, r reply) error {
	s := c.server
	s.mu.Lock()
	cancel, wanted := m.session.pending[m.id]
	delete(m.session.pending, m.id)
	if wanted && r.Transport == 0 && !r.Drop {
		s.stats.Calls++
		c.answered(number)
	}
	s.mu.Unlock()
	if !wanted {
		return nil
	}
	cancel()
	switch {
	case r.Drop:
		return errDropped
	case r.Transport != 0:
		c.hangUp(ctx, r.Transport)
		return nil
	case r.Error != "":
		return c.result(ctx, m, &mt.RPCError{ErrorCode: r.code(), ErrorMessage: r.Error})
	default:
		return c.result(ctx, m, r.result)
	}
}
