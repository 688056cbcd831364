package telegramtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/mtproxy/faketls"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"

	"botring/internal/secret"
	"botring/telegram"
)

// MTProxyOptions of an MTProxy. The zero value is a plain one.
type MTProxyOptions struct {
	// Padded makes it one with a "dd" secret. Every MTProxy takes padded messages; one with such a secret
	// takes no others.
	Padded bool
	// Cloak makes it one with an "ee" secret, which pretends to be the host of that name; CloakAddr is where
	// connections are handed on that do not know the secret. "" closes them.
	Cloak, CloakAddr string
	// Hush: it answers nothing to those that do not know the secret, instead of closing the connection.
	Hush bool
}

// An MTProxy is a proxy of Telegram's own kind on loopback, which leads to a Server.
type MTProxy struct {
	opts     MTProxyOptions
	server   *Server
	listener net.Listener // nil for one of pipes
	addr     string
	secret   [16]byte
	wg       sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	dcs    []int
}

// helloSlack is how far the clock of a client may be off that pretends to speak TLS.
const helloSlack = 2 * time.Minute

// MTProxy starts one, on loopback, or reached by its Dial alone as the server is. Call Close when done.
func (s *Server) MTProxy(opts MTProxyOptions) (*MTProxy, error) {
	p := &MTProxy{opts: opts, server: s, conns: make(map[net.Conn]struct{})}
	if _, err := rand.Read(p.secret[:]); err != nil {
		return nil, err
	}
	if s.opts.Pipe {
		p.addr = "192.0.2.100:443" // see listen
		return p, nil
	}
	var config net.ListenConfig
	var err error
	if p.listener, err = config.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for MTProxy: %w", err)
	}
	p.addr = p.listener.Addr().String()
	p.wg.Go(p.accept)
	return p, nil
}

// Dial is a telegram.Options.Dial that reaches this proxy, whatever the address, over net.Pipe.
func (p *MTProxy) Dial() func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		p.wg.Go(func() { p.take(far) })
		return near, nil
	}
}

// Proxy is what a telegram.Client needs to go through this one.
func (p *MTProxy) Proxy() telegram.Proxy {
	text := hex.EncodeToString(p.secret[:])
	switch {
	case p.opts.Cloak != "":
		text = "ee" + text + hex.EncodeToString([]byte(p.opts.Cloak))
	case p.opts.Padded:
		text = "dd" + text
	}
	return telegram.Proxy{Kind: telegram.MTProxy, Addr: p.addr, Secret: secret.New(text)}
}

// DCs are the data centres that were asked for so far, as they travel.
func (p *MTProxy) DCs() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]int(nil), p.dcs...)
}

// Close stops the proxy, closes its connections and waits for its goroutines.
func (p *MTProxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	var err error
	if p.listener != nil {
		err = p.listener.Close()
	}
	p.wg.Wait()
	return err
}

func (p *MTProxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.take(conn) })
	}
}

// take serves a connection, and closes it.
func (p *MTProxy) take(conn net.Conn) {
	if p.keep(conn) {
		p.serve(conn)
	}
	_ = conn.Close()
}

// keep has Close close a connection, and reports whether that is still to come.
func (p *MTProxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.conns[conn] = struct{}{}
	return true
}

func (p *MTProxy) serve(conn net.Conn) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, conn)
	}()
	var inner io.ReadWriter = conn
	if p.opts.Cloak != "" {
		hello, err := readHello(conn)
		if err != nil {
			return
		}
		if !p.knows(hello) {
			p.turnAway(conn, hello)
			return
		}
		if _, err := conn.Write(p.answerHello(hello)); err != nil {
			return
		}
		inner = faketls.NewFakeTLS(rand.Reader, conn)
	}
	plain, meta, err := obfuscated2.Accept(inner, p.secret[:])
	if err != nil {
		return
	}
	// Whoever does not know the secret is understood to say something at random.
	if _, known := tagged(meta.Protocol); !known || p.opts.Padded && meta.Protocol != codec.PaddedIntermediateClientStart {
		p.turnAway(conn, nil)
		return
	}
	dc := int(meta.DC)
	p.mu.Lock()
	p.dcs = append(p.dcs, dc)
	p.mu.Unlock()
	if p.server.opts.Test {
		dc -= 10000
	}
	for _, d := range p.server.dcs {
		if d.id == dc {
			p.pipe(conn, plain, d.addr, meta.Protocol[:])
		}
	}
}

// pipe hands on what comes from either side until one of them closes.
func (p *MTProxy) pipe(conn net.Conn, plain io.ReadWriter, addr string, first []byte) {
	dial := new(net.Dialer).DialContext
	if p.listener == nil {
		dial = p.server.Dial()
	}
	far, err := dial(context.Background(), "tcp", addr)
	if err != nil || !p.keep(far) {
		return
	}
	defer func() {
		_ = far.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, far)
	}()
	if _, err := far.Write(first); err != nil {
		return
	}
	p.wg.Go(func() {
		_, _ = io.Copy(plain, far)
		_ = conn.Close()
	})
	_, _ = io.Copy(far, plain)
}

// turnAway is what becomes of somebody who does not know the secret and began with first.
func (p *MTProxy) turnAway(conn net.Conn, first []byte) {
	switch {
	case p.opts.CloakAddr != "":
		p.pipe(conn, conn, p.opts.CloakAddr, first)
	case p.opts.Hush:
		_, _ = io.Copy(io.Discard, conn)
	}
}

// Where things stand in a ClientHello and in a ServerHello, records of TLS with their header of 5 bytes: both
// begin with 4 bytes of type and length and 2 of the version (RFC 8446, section 4.1).
const (
	randomAt    = 11
	randomSize  = 32
	sessionAt   = randomAt + randomSize + 1
	sessionSize = 32
)

// readHello reads the record that a client begins with.
func readHello(conn net.Conn) ([]byte, error) {
	const head = 5
	hello := make([]byte, head)
	if _, err := io.ReadFull(conn, hello); err != nil {
		return nil, err
	}
	hello = append(hello, make([]byte, binary.BigEndian.Uint16(hello[3:]))...)
	if _, err := io.ReadFull(conn, hello[head:]); err != nil {
		return nil, err
	}
	if hello[0] != byte(faketls.RecordTypeHandshake) || len(hello) < sessionAt+sessionSize || hello[sessionAt-1] != sessionSize {
		return nil, errors.New("no ClientHello")
	}
	return hello, nil
}

// knows reports whether a ClientHello proves that its sender knows the secret, and the time: its random is an
// HMAC of the rest, the last four bytes mixed with the seconds.
func (p *MTProxy) knows(hello []byte) bool {
	want := p.mac(zeroed(hello))
	random := hello[randomAt : randomAt+randomSize]
	const stamp = randomSize - 4
	seconds := binary.LittleEndian.Uint32(random[stamp:]) ^ binary.LittleEndian.Uint32(want[stamp:])
	off := p.server.clock.Now().Sub(time.Unix(int64(seconds), 0)).Abs()
	return hmac.Equal(random[:stamp], want[:stamp]) && off < helloSlack && bytes.Contains(hello, []byte(p.opts.Cloak))
}

// answerHello is what a server of TLS 1.3 begins with: ServerHello, a change of ciphers, and what would be its
// certificate.
func (p *MTProxy) answerHello(hello []byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, 0x0303)
	body = append(body, make([]byte, randomSize)...)
	body = append(body, sessionSize)
	body = append(body, hello[sessionAt:sessionAt+sessionSize]...)
	body = append(body, 0x13, 0x01, 0, 0, 0) // the cipher suite; no compression; no extensions
	handshake := append([]byte{byte(faketls.HandshakeTypeServer), 0, 0, byte(len(body))}, body...)
	certificate := make([]byte, 1500)
	_, _ = rand.Read(certificate)

	var answer []byte
	for _, record := range []struct {
		kind faketls.RecordType
		data []byte
	}{{faketls.RecordTypeHandshake, handshake}, {faketls.RecordTypeChangeCipherSpec, []byte{1}}, {faketls.RecordTypeApplication, certificate}} {
		answer = append(answer, byte(record.kind), 0x03, 0x03)
		answer = binary.BigEndian.AppendUint16(answer, uint16(len(record.data)))
		answer = append(answer, record.data...)
	}
	copy(answer[randomAt:], p.mac(append(bytes.Clone(hello[randomAt:randomAt+randomSize]), answer...)))
	return answer
}

func (p *MTProxy) mac(data []byte) []byte {
	mac := hmac.New(sha256.New, p.secret[:])
	mac.Write(data)
	return mac.Sum(nil)
}

// zeroed is a hello without its random.
func zeroed(hello []byte) []byte {
	hello = bytes.Clone(hello)
	clear(hello[randomAt : randomAt+randomSize])
	return hello
}
