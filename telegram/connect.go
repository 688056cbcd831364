package telegram

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
)

// maxConnectAnswer bounds what is read of a proxy's answer, in bytes.
const maxConnectAnswer = 64 << 10

// askHTTP has an HTTP proxy connect to an address (RFC 9110, section 9.3.6). A name is handed on as such.
func (p Proxy) askHTTP(ctx context.Context, raw net.Conn, addr string) (net.Conn, error) {
	// The empty User-Agent leaves Go's out.
	header := http.Header{"User-Agent": {""}}
	if p.User != "" {
		header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(p.User+":"+p.Secret.Reveal())))
	}
	request := (&http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: header}).WithContext(ctx)
	if err := request.Write(raw); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: raw, N: maxConnectAnswer}
	r := bufio.NewReader(limited)
	answer, err := http.ReadResponse(r, request)
	if err != nil {
		return nil, fmt.Errorf("HTTP: %w", err)
	}
	// What follows a successful answer is the connection itself; what follows another is read by nobody.
	limited.N = math.MaxInt64
	switch status := answer.StatusCode; {
	case status == http.StatusProxyAuthRequired:
		return nil, &Error{Kind: ProxyDenied, Err: fmt.Errorf("HTTP: status %d", status)}
	case status < 200 || status > 299:
		return nil, &Error{Kind: ProxyRefused, Err: fmt.Errorf("HTTP: status %d", status)}
	}
	return readAhead{raw, r}, nil
}
