package telegram

import (
	"context"
	"errors"
	"net"
)

// dial connects to an address of a data centre, through the proxy if there is one, and says how messages are
// framed there. Errors are *Error.
func (c *call) dial(ctx context.Context, dc int, addr string) (net.Conn, *framing, error) {
	proxy := c.opts.Proxy
	c.heard = nil
	if proxy.Kind == NoProxy {
		raw, err := c.dialTCP(ctx, addr)
		return raw, intermediate(), failedAs(Unreachable, err)
	}
	raw, err := c.dialTCP(ctx, proxy.Addr)
	if err != nil {
		return nil, nil, &Error{Kind: ProxyUnreachable, Err: err}
	}
	untie := tie(ctx, raw)
	through, frames, err := c.pass(ctx, raw, dc, addr)
	untie()
	if err != nil {
		_ = raw.Close()
		return nil, nil, err
	}
	return through, frames, nil
}

// pass has the proxy at the other end of raw lead to a data centre.
func (c *call) pass(ctx context.Context, raw net.Conn, dc int, addr string) (net.Conn, *framing, error) {
	if c.opts.Proxy.Kind != MTProxy {
		raw, err := c.opts.Proxy.lead(ctx, raw, addr)
		return raw, intermediate(), err
	}
	d, err := c.opts.Proxy.put(raw, c.network.wireDC(dc))
	if err != nil {
		return raw, nil, proxyFailed(ctx, ProxyUnreachable, err)
	}
	c.heard = d.heard.Load
	return d, &framing{Codec: padded{}}, nil
}

// lead has a SOCKS5 or HTTP proxy at the other end of raw connect to an address.
func (p Proxy) lead(ctx context.Context, raw net.Conn, addr string) (net.Conn, error) {
	var err error
	switch p.Kind {
	case SOCKS5:
		// Until it has admitted us the proxy waits for nobody else; then it does for the address.
		if err = proxyFailed(ctx, ProxyUnreachable, p.greetSOCKS(raw)); err == nil {
			err = proxyFailed(ctx, Timeout, askSOCKS(raw, addr))
		}
	case HTTPProxy:
		raw, err = p.askHTTP(ctx, raw, addr)
		err = proxyFailed(ctx, Timeout, err)
	case MTProxy, NoProxy:
	}
	return raw, err
}

// ErrMTProxyLeads says that an MTProxy was to lead to something else than a data centre, which its protocol has no
// words for.
var ErrMTProxyLeads = errors.New("an MTProxy leads to Telegram's data centres and nowhere else")

// Dial opens a connection to any HOST:PORT through the proxy, which looks the name up, and directly with the zero
// Proxy. An MTProxy leads to no such address: ErrMTProxyLeads. Errors are *Error.
func (p Proxy) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var dialer net.Dialer
	switch p.Kind {
	case NoProxy:
		raw, err := dialer.DialContext(ctx, "tcp", addr)
		return raw, failedAs(Unreachable, err)
	case MTProxy:
		return nil, &Error{Kind: ProxyRefused, Err: ErrMTProxyLeads}
	case SOCKS5, HTTPProxy:
	}
	raw, err := dialer.DialContext(ctx, "tcp", p.Addr)
	if err != nil {
		return nil, &Error{Kind: ProxyUnreachable, Err: err}
	}
	untie := tie(ctx, raw)
	through, err := p.lead(ctx, raw, addr)
	untie()
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return through, nil
}

// dialTCP opens a connection.
func (c *Client) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	if c.opts.Dial != nil {
		return c.opts.Dial(ctx, "tcp", addr)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", addr)
}

// failedAs says that an address was not reached, whatever the dialler's own reason.
func failedAs(kind Kind, err error) error {
	if err == nil {
		return nil
	}
	if isDeadline(err) {
		kind = Timeout
	}
	return &Error{Kind: kind, Err: err}
}

// proxyFailed judges what came of speaking with a proxy: late is what it is when the time was up.
func proxyFailed(ctx context.Context, late Kind, err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &Error{Kind: late, Err: ctx.Err()}
	case errors.As(err, &e):
		return e
	}
	return &Error{Kind: ProxyBroken, Err: err}
}
