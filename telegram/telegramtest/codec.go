package telegramtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

// prefixed is a connection some of whose bytes were read already, or pass through a cipher.
type prefixed struct {
	net.Conn
	r io.Reader
	w io.Writer
}

func (p prefixed) Read(b []byte) (int, error)  { return p.r.Read(b) }
func (p prefixed) Write(b []byte) (int, error) { return p.w.Write(b) }

// detect reads as little as tells how the client frames its messages: abridged, intermediate, padded
// intermediate and full are told by their first bytes, and whatever is none of them is obfuscated
// (core.telegram.org/mtproto/mtproto-transports). Obfuscation never begins with what the others begin
// with, nor with zeros in its second four bytes, where full keeps its sequence number.
func detect(raw net.Conn) (transport.Conn, error) {
	var head [8]byte
	if _, err := io.ReadFull(raw, head[:1]); err != nil {
		return nil, fmt.Errorf("read first byte: %w", err)
	}
	if head[0] == codec.AbridgedClientStart[0] {
		return framed(raw, codec.Abridged{})
	}
	if _, err := io.ReadFull(raw, head[1:4]); err != nil {
		return nil, fmt.Errorf("read transport tag: %w", err)
	}
	if c, ok := tagged([4]byte(head[:4])); ok {
		return framed(raw, c)
	}
	if _, err := io.ReadFull(raw, head[4:]); err != nil {
		return nil, fmt.Errorf("read first frame: %w", err)
	}
	whole := prefixed{raw, io.MultiReader(bytes.NewReader(head[:]), raw), raw}
	if binary.LittleEndian.Uint32(head[4:]) == 0 {
		return framed(whole, &fullCodec{})
	}
	plain, meta, err := obfuscated2.Accept(whole, nil)
	if err != nil {
		return nil, fmt.Errorf("read obfuscated header: %w", err)
	}
	c, ok := tagged(meta.Protocol)
	if !ok {
		return nil, errors.New("unknown transport")
	}
	return framed(prefixed{raw, plain, plain}, c)
}

// tagged returns the codec of a four-byte tag, as it stands at the beginning of a connection or inside an
// obfuscated header.
func tagged(tag [4]byte) (transport.Codec, bool) {
	switch tag {
	case codec.Abridged{}.ObfuscatedTag():
		return codec.Abridged{}, true
	case codec.IntermediateClientStart:
		return codec.Intermediate{}, true
	case codec.PaddedIntermediateClientStart:
		return codec.PaddedIntermediate{}, true
	default:
		return nil, false
	}
}

// framed makes a server's end of a connection: gotd's constructor is the client's, which would send the tag.
func framed(raw net.Conn, c transport.Codec) (transport.Conn, error) {
	return transport.NewProtocol(func() transport.Codec { return codec.NoHeader{Codec: whole{c}} }).Handshake(raw)
}

// whole puts each message into one write, as Telegram does. gotd's codecs take two, and whatever lies between that
// waits for more to send, such as a proxy, holds the second back until the first has been acknowledged.
type whole struct{ transport.Codec }

// Write writes a message.
func (c whole) Write(w io.Writer, b *bin.Buffer) error {
	var frame bytes.Buffer
	if err := c.Codec.Write(&frame, b); err != nil {
		return err
	}
	_, err := w.Write(frame.Bytes())
	return err
}

// fullCodec is gotd's, which panics on a length shorter than its own header.
type fullCodec struct{ codec.Full }

// Read refuses such lengths.
func (f *fullCodec) Read(r io.Reader, b *bin.Buffer) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	if n := binary.LittleEndian.Uint32(head[:]); n < 12 {
		return fmt.Errorf("frame of %d bytes", n)
	}
	return f.Full.Read(io.MultiReader(bytes.NewReader(head[:]), r), b)
}
