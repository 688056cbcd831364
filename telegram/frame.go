package telegram

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto/codec"
)

// A framing is the intermediate transport (core.telegram.org/mtproto/mtproto-transports#intermediate), each
// message in one write: gotd's own takes two, and one more for the tag that begins a connection. They would
// be packets of their own, as connections do not wait for more to send.
type framing struct {
	codec.Intermediate
	begun bool
}

// WriteHeader leaves the tag to the first message.
func (f *framing) WriteHeader(io.Writer) error { return nil }

// Write writes a message.
func (f *framing) Write(w io.Writer, b *bin.Buffer) error {
	var frame bytes.Buffer
	if !f.begun {
		frame.Write(codec.IntermediateClientStart[:])
		f.begun = true
	}
	if err := f.Intermediate.Write(&frame, b); err != nil {
		return err
	}
	if _, err := w.Write(frame.Bytes()); err != nil {
		return fmt.Errorf("write frame: %w", err)
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
