package telegram

import (
	"context"
	"errors"
	"time"
)

// A call is one Login, Check, LogOut or the like: its deadline, its clock and who watches it.
type call struct {
	*Client
	op string
	// caller is the context as it came in, to tell the caller's cancel from the deadline.
	caller context.Context
	clock  *serverClock
	report func(Step)
	// once: what is asked changes something each time, and is not asked again for a fault of Telegram's.
	once bool
	// heard tells whether an MTProxy has ever said anything on the connection in use; nil where there is none.
	heard func() bool
}

// begin starts a call; end must be called when it is over.
func (c *Client) begin(ctx context.Context, op string, report func(Step)) (_ *call, _ context.Context, end func()) {
	if report == nil {
		report = func(Step) {}
	}
	started := &call{Client: c, op: op, caller: ctx, clock: newServerClock(c.now), report: report}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	return started, ctx, cancel
}

// stage reports the begin of a stage; done reports its end, when it went well.
func (c *call) stage(s Stage, dc int, addr string) (done func(addr string)) {
	proxy := c.opts.Proxy.Title()
	c.report(Step{Stage: s, DC: dc, Addr: addr, Proxy: proxy})
	start := time.Now()
	return func(addr string) {
		c.report(Step{Stage: s, DC: dc, Addr: addr, Proxy: proxy, Done: true, Took: time.Since(start), Skew: c.clock.skew()})
	}
}

// open reaches a data centre and makes a key there, trying again on faults of Telegram's.
func (c *call) open(ctx context.Context, dc DC) (*line, error) {
	for retries := 0; ; retries++ {
		l, err := c.reach(ctx, dc.ID, dc.Addrs, nil)
		if err == nil || !errors.Is(err, TelegramFault) {
			return l, err
		}
		if err := pause(ctx, retries, err); err != nil {
			return nil, c.failure(ctx, "secure", dc.ID, "", err)
		}
	}
}

// reach tries the addresses of a data centre in order. It makes a key unless one is given. An MTProxy is tried
// once: it is told the data centre and knows its own addresses.
func (c *call) reach(ctx context.Context, dc int, addrs []string, auth *authorization) (*line, error) {
	if c.opts.Proxy.Kind == MTProxy {
		addrs = addrs[:1]
	}
	var err error
	for i, addr := range addrs {
		var l *line
		if l, err = c.connect(ctx, dc, addr, auth, len(addrs)-i); err == nil {
			return l, nil
		}
		other := errors.Is(err, Unreachable) || errors.Is(err, Timeout) || errors.Is(err, ProxyRefused)
		if !other || ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// connect dials one address, with an equal share of the time that is left for it and those after it, and
// makes a key unless one is given.
func (c *call) connect(ctx context.Context, dc int, addr string, auth *authorization, left int) (*line, error) {
	share, cancel := ctx, func() {}
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		share, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
	}
	defer cancel()

	connected := c.stage(Connecting, dc, addr)
	raw, frames, err := c.dial(share, dc, addr)
	if err != nil {
		return nil, c.failure(ctx, "connect", dc, addr, err)
	}
	untie := tie(ctx, raw)
	defer tie(share, raw)()
	link, err := openLink(raw, frames)
	if err != nil {
		untie()
		return nil, c.failure(ctx, "connect", dc, addr, err)
	}
	connected(addr)

	l := &line{link: link, clock: c.clock, dc: dc, addr: addr, untie: untie}
	if auth != nil {
		l.auth = *auth
		return l, nil
	}
	secured := c.stage(Securing, dc, addr)
	if l.auth, err = c.handshake(share, link, c.network.wireDC(dc), c.network.Keys, c.clock); err != nil {
		l.close()
		if cause := link.broken(); cause != nil {
			err = cause
		}
		return nil, c.failure(ctx, "secure", dc, addr, securingError(err))
	}
	secured(addr)
	return l, nil
}

// securingError judges what came of a key exchange: a server that answers and cannot prove itself is not
// Telegram.
func securingError(err error) error {
	var e *Error
	switch {
	case errors.As(err, &e):
		// There is no key yet that the server might not know.
		if e.Kind == SessionDead {
			e.Kind = Unexpected
		}
		return e
	case isNetwork(err), isExchangeFailure(err):
		return err
	}
	return &Error{Kind: NotTelegram, Err: err}
}

// failure makes the Error that leaves this package. A call that ended because its context did says so,
// unless Telegram had answered before.
func (c *call) failure(ctx context.Context, op string, dc int, addr string, err error) *Error {
	e := &Error{Kind: kindOf(err), Err: err}
	var known *Error
	if errors.As(err, &known) {
		e = known
	}
	if e.Op == "" {
		e.Op, e.DC, e.Addr = op, dc, addr
	}
	e.Proxy, e.ProxyKind = c.opts.Proxy.Title(), c.opts.Proxy.Kind
	late := e.Code == 0 && (ctx.Err() != nil || e.Kind == Timeout)
	if unheard := c.heard != nil && !c.heard(); unheard && (late || e.Kind == Unreachable) {
		e.Kind = ProxySecret
	}
	if late {
		if !e.Kind.OfProxy() {
			e.Kind = Timeout
		}
		e.Err = context.DeadlineExceeded
		if deadline, ok := c.caller.Deadline(); ok && !time.Now().Before(deadline) {
			<-c.caller.Done() // the connection's own deadline may come a moment before it
		}
		if cause := context.Cause(c.caller); cause != nil {
			e.Err = cause
			if errors.Is(c.caller.Err(), context.Canceled) && !isDeadline(cause) {
				e.Kind = Cancelled
			}
		}
	}
	return e
}

// kindOf judges an error that is not an answer of Telegram's.
func kindOf(err error) Kind {
	switch {
	case errors.Is(err, errGarbled):
		return NotTelegram
	case isExchangeFailure(err):
		return TelegramFault
	case isDeadline(err):
		return Timeout
	case isNetwork(err):
		return Unreachable
	}
	return Unexpected
}
