package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

// errGarbled is for bytes that are not MTProto, or not encrypted with the key in use.
var errGarbled = errors.New("not MTProto")

// A link is one connection to one address. It remembers the first thing that went wrong with it and is
// closed at that moment, so that whoever waits on it stops and the cause is not lost among the
// consequences. It hides transport errors from mtproto.Conn, which would answer a -404 by making a new
// key in place, in silence.
type link struct {
	transport.Conn
	raw net.Conn

	mu    sync.Mutex
	cause error
	wrote bool
}

// openLink makes a link of a fresh connection, which it closes on errors.
func openLink(raw net.Conn, frames *framing) (*link, error) {
	conn, err := transport.NewProtocol(func() transport.Codec { return frames }).Handshake(newReadAhead(raw))
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return &link{Conn: conn, raw: raw}, nil
}

// tie closes a connection when ctx ends, which is what ends every wait on it at once. After untie it does
// not, and nothing is left running.
func tie(ctx context.Context, raw net.Conn) (untie func()) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = raw.Close()
	})
	return func() {
		if !stop() {
			<-closed
		}
	}
}

// Send writes a message.
func (l *link) Send(ctx context.Context, b *bin.Buffer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	l.wrote = true
	l.mu.Unlock()
	if err := l.Conn.Send(ctx, b); err != nil {
		return l.fail(err)
	}
	return nil
}

// Recv reads a message.
func (l *link) Recv(ctx context.Context, b *bin.Buffer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := l.Conn.Recv(ctx, b)
	var code *codec.ProtocolErr
	switch {
	case err == nil:
		return nil
	case errors.As(err, &code):
		return l.fail(transportFailed(int(-code.Code)))
	case !isNetwork(err):
		return l.fail(fmt.Errorf("%w: %w", errGarbled, err))
	}
	return l.fail(err)
}

// fail records what broke the link, closes it, and returns an error that says no more than that.
func (l *link) fail(cause error) error {
	l.mu.Lock()
	if l.cause == nil {
		l.cause = cause
	}
	l.mu.Unlock()
	_ = l.raw.Close()
	return errBroken
}

// errBroken is what a broken link answers: its cause says why.
var errBroken = errors.New("connection broken")

// broken returns what broke the link, or nil.
func (l *link) broken() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// forgetWrites makes wroteAny tell of what follows.
func (l *link) forgetWrites() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrote = false
}

// wroteAny reports whether anything may have been written.
func (l *link) wroteAny() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrote
}

// isNetwork reports whether an error is the network's and not about what came over it.
func isNetwork(err error) bool {
	var op *net.OpError
	var errno syscall.Errno
	return errors.As(err, &op) || errors.As(err, &errno) || isDeadline(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed)
}

func isDeadline(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
