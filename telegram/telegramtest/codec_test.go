package telegramtest_test

import (
	"context"
	"net"
	"testing"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"

	"botring/telegram/telegramtest"
)

func TestTransports(t *testing.T) {
	s := start(t, telegramtest.Options{})
	protocols := map[string]transport.Protocol{
		"abridged":            transport.Abridged,
		"intermediate":        transport.Intermediate,
		"padded intermediate": transport.PaddedIntermediate,
		"full":                transport.Full,
	}
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			c := clientOf(s, 2).keyed(s)
			c.protocol = protocol
			if _, err := c.login(bounded(t), anApp(), theBot().Token); err != nil {
				t.Error(err)
			}
			if tagged, ok := protocol.Codec().(codec.TaggedCodec); ok {
				c.dial, c.protocol = obfuscated(tagged), transport.NewProtocol(protocol.CodecNoHeader)
				if _, err := c.login(bounded(t), anApp(), theBot().Token); err != nil {
					t.Error("obfuscated:", err)
				}
			}
		})
	}
}

// obfuscated dials as clients do that hide what they speak.
func obfuscated(c codec.TaggedCodec) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		raw, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		o := obfuscated2.NewObfuscated2(crypto.DefaultRand(), raw)
		if err := o.Handshake(c.ObfuscatedTag(), 2, mtproxy.Secret{}); err != nil {
			return nil, err
		}
		return obfuscatedConn{raw, o}, nil
	}
}

type obfuscatedConn struct {
	net.Conn
	inner *obfuscated2.Obfuscated2
}

func (o obfuscatedConn) Read(b []byte) (int, error)  { return o.inner.Read(b) }
func (o obfuscatedConn) Write(b []byte) (int, error) { return o.inner.Write(b) }
