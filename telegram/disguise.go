package telegram

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"sync/atomic"

	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/mtproxy/faketls"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
)

// disguised is a connection to an MTProxy: obfuscated (core.telegram.org/mtproto/mtproto-transports#transport-obfuscation)
// and, with an "ee" secret, inside what looks like TLS.
type disguised struct {
	net.Conn
	obfuscated io.ReadWriter
	out        *gathered
	// heard: something came from the proxy.
	heard atomic.Bool
}

// put makes a fresh connection to the proxy lead to a data centre, whose id is given as it travels. Nothing is
// told of a secret that is wrong but by pretended TLS; else the proxy falls silent, or closes the connection.
func (p Proxy) put(raw net.Conn, dc int) (*disguised, error) {
	secret, err := p.disguise()
	if err != nil {
		return nil, &Error{Kind: ProxySecret, Err: err}
	}
	d := &disguised{Conn: raw, out: &gathered{w: raw}}
	var under io.ReadWriter = struct {
		io.Reader
		io.Writer
	}{listening{raw, &d.heard}, d.out}
	if secret.Type == mtproxy.TLS {
		tls := faketls.NewFakeTLS(rand.Reader, under)
		d.out.through = true
		if err := tls.Handshake(codec.PaddedIntermediateClientStart, dc, secret); err != nil {
			return nil, d.handshakeFailed(err)
		}
		d.out.through = false
		under = tls
	}
	obfuscated := obfuscated2.NewObfuscated2(rand.Reader, under)
	// Every MTProxy speaks padded intermediate, and some nothing else. The header waits for the first message.
	if err := obfuscated.Handshake(codec.PaddedIntermediateClientStart, dc, secret); err != nil {
		return nil, err
	}
	d.obfuscated = obfuscated
	return d, nil
}

// handshakeFailed judges a handshake of pretended TLS. Whoever does not know the secret cannot answer it; an
// MTProxy that was given a wrong one lets the host answer that it pretends to be.
func (d *disguised) handshakeFailed(err error) error {
	if isNetwork(err) && d.heard.Load() {
		return err
	}
	return &Error{Kind: ProxySecret, Err: err}
}

// Read reads.
func (d *disguised) Read(b []byte) (int, error) { return d.obfuscated.Read(b) }

// Write writes, in one piece.
func (d *disguised) Write(b []byte) (int, error) {
	n, err := d.obfuscated.Write(b)
	if err == nil {
		err = d.out.flush()
	}
	return n, err
}

// gathered keeps what is written until it is flushed, unless it lets it through: gotd writes a record of TLS in
// three pieces, which would be packets of their own.
type gathered struct {
	w       io.Writer
	held    bytes.Buffer
	through bool
}

// Write keeps b, or lets it through.
func (g *gathered) Write(b []byte) (int, error) {
	if g.through {
		return g.w.Write(b)
	}
	return g.held.Write(b)
}

// flush writes what is kept.
func (g *gathered) flush() error {
	_, err := g.w.Write(g.held.Bytes())
	g.held.Reset()
	return err
}

// listening notes that something was read.
type listening struct {
	r     io.Reader
	heard *atomic.Bool
}

// Read reads.
func (l listening) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if n > 0 {
		l.heard.Store(true)
	}
	return n, err
}
