package telegramtest

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/transport"
)

const (
	// writeTimeout ends a connection whose client does not read.
	writeTimeout = 10 * time.Second
	// linger is how long a connection stays open after a transport error for the client to read it:
	// closing a socket with unread data at once would take the error back.
	linger = time.Second
)

// conn is one client's connection. serve reads it; a second goroutine writes, so that a client that does
// not read keeps nobody from noticing that it has gone; answers that take time have one each.
type conn struct {
	server *Server
	dc     *dc
	raw    net.Conn
	cancel context.CancelFunc
	out    chan []byte
	// done is closed when nothing more will be read.
	done chan struct{}
	wg   sync.WaitGroup
	// deaf: what the client still says is read and thrown away.
	deaf atomic.Bool

	// What follows is serve's own.
	transport transport.Conn
	inited    bool
	layer     int // that the client said it speaks
	watchdog  *time.Timer

	// The server's mutex guards what follows.

	// used are the keys messages came under.
	used []*authKey
	// duplicated: this connection found its session in use by another and was not told so yet.
	duplicated bool
	// calls counts the calls received, watchers wait for answers to them.
	calls    int
	watchers []watcher
}

func newConn(s *Server, d *dc, raw net.Conn, cancel context.CancelFunc) *conn {
	return &conn{
		server: s,
		dc:     d,
		raw:    raw,
		cancel: cancel,
		out:    make(chan []byte, 16),
		done:   make(chan struct{}),
	}
}

// serve reads the connection to its end.
func (c *conn) serve(ctx context.Context) {
	defer c.end()
	script := c.server.follow(AtConnect)
	if !sleep(ctx, script.Delay) || script.Drop {
		return
	}
	if script.Stall {
		_, _ = io.Copy(io.Discard, c.raw)
		return
	}
	t, err := detect(c.raw)
	if err != nil {
		return
	}
	c.transport = t
	c.wg.Go(func() { c.write(ctx) })
	if script.Transport != 0 {
		c.hangUp(ctx, script.Transport)
	}
	for {
		// Decoded messages keep slices of the buffer: a new one each time.
		b := new(bin.Buffer)
		if err := t.Recv(ctx, b); err != nil {
			return
		}
		if c.deaf.Load() {
			continue
		}
		if err := c.frame(ctx, b); err != nil {
			return
		}
	}
}

// end leaves nothing of the connection behind.
func (c *conn) end() {
	close(c.done)
	c.close()
	c.wg.Wait()
	if c.watchdog != nil {
		c.watchdog.Stop()
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	for _, k := range c.used {
		delete(k.conns, c)
	}
}

// close makes serve end. Anybody may call it.
func (c *conn) close() {
	c.cancel()
	_ = c.raw.Close()
}

// write sends what is queued.
func (c *conn) write(ctx context.Context) {
	for {
		select {
		case frame := <-c.out:
			timed, cancel := context.WithTimeout(ctx, writeTimeout)
			err := c.transport.Send(timed, &bin.Buffer{Buf: frame})
			cancel()
			if err != nil {
				c.close()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// queue hands a frame to write.
func (c *conn) queue(ctx context.Context, frame []byte) {
	select {
	case c.out <- frame:
	case <-ctx.Done():
	}
}

// hangUp sends a transport error, such as -404, and listens to nothing from then on.
func (c *conn) hangUp(ctx context.Context, code int) {
	if c.deaf.Swap(true) {
		return
	}
	var b bin.Buffer
	b.PutInt(code)
	c.queue(ctx, b.Buf)
	c.wg.Go(func() {
		sleep(ctx, linger)
		c.close()
	})
}

// follow returns how to behave at a point this time.
func (s *Server) follow(at Point) Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scripts[at].next()
}

// sleep waits and reports whether the wait was not cut short.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
