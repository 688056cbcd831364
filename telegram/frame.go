package telegram

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

// A framing puts each message into one write: gotd's own takes two, and one more for the tag that begins a
// connection. They would be packets of their own, as connections do not wait for more to send.
type framing struct {
	transport.Codec
	// tag is what is still to be sent before the first message.
	tag []byte
}

// intermediate is the intermediate transport (core.telegram.org/mtproto/mtproto-transports#intermediate).
func intermediate() *framing { return &framing{codec.Intermediate{}, codec.IntermediateClientStart[:]} }

// WriteHeader leaves the tag to the first message.
func (f *framing) WriteHeader(io.Writer) error { return nil }

// Write writes a message.
func (f *framing) Write(w io.Writer, b *bin.Buffer) error {
	var frame bytes.Buffer
	frame.Write(f.tag)
	f.tag = nil
	if err := f.Codec.Write(&frame, b); err != nil {
		return err
	}
	if _, err := w.Write(frame.Bytes()); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// errShortFrame is a frame that holds nothing.
var errShortFrame = errors.New("frame of less than four bytes")

// padded is the padded intermediate transport
// (core.telegram.org/mtproto/mtproto-transports#padded-intermediate). gotd's takes up to 3 bytes of padding off
// a message, and there may be 15 of them.
type padded struct{ codec.PaddedIntermediate }

// Read reads a message. What follows an unencrypted one is left to whoever reads its length.
func (p padded) Read(r io.Reader, b *bin.Buffer) error {
	if err := p.PaddedIntermediate.Read(r, b); err != nil {
		return err
	}
	const (
		plain     = 8 + 8 + 4 // no key, message id, length
		encrypted = 8 + 16    // key, message key; then blocks of 16 bytes
	)
	switch whole := b.Len(); {
	case whole < bin.Word:
		return errShortFrame
	case whole < plain: // a transport error and padding
		return &codec.ProtocolErr{Code: -int32(binary.LittleEndian.Uint32(b.Buf))}
	case binary.LittleEndian.Uint64(b.Buf) != 0 && whole > encrypted:
		b.Buf = b.Buf[:whole-(whole-encrypted)%16]
	}
	return nil
}

// readAhead is a connection that is read from in larger pieces than it is asked for.
type readAhead struct {
	net.Conn
	r *bufio.Reader
}

func newReadAhead(conn net.Conn) readAhead { return readAhead{conn, bufio.NewReader(conn)} }

// Read reads.
func (c readAhead) Read(b []byte) (int, error) { return c.r.Read(b) }
