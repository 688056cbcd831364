package botapi_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"testing"
)

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

// pipeTo answers a CONNECT and leads to an address.
func pipeTo(t *testing.T, w http.ResponseWriter, addr string) {
	far, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = far.Close() }()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = near.Close() }()
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(far, buffered) }()
	_, _ = io.Copy(near, far)
}
