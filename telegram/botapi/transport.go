package botapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"

	"botring/telegram"
)

// tlsConfig is how a server has to prove itself.
func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// transportFailed judges what kept an answer from coming. The words of net/http are dropped: they may quote what a
// server sent, and a server has seen the token. What is kept is the network's own, without text, or one of this
// package's.
func transportFailed(err error) error {
	var (
		known     *telegram.Error
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		op        *net.OpError
	)
	untrusted := func(why error) error { return &telegram.Error{Kind: telegram.NotTelegram, Err: why} }
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &authority):
		return untrusted(ErrCertAuthority)
	case errors.As(err, &name):
		return untrusted(ErrCertName)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return untrusted(ErrCertTime)
	case errors.As(err, &verify), errors.As(err, &invalid):
		return untrusted(ErrCertAuthority)
	case errors.As(err, &record), errors.As(err, &op) && op.Op == "remote error": // an alert
		return untrusted(ErrTLS)
	}
	if cause := networkCause(err); cause != nil {
		return &telegram.Error{Kind: telegram.Unreachable, Err: cause}
	}
	return untrusted(ErrNotBotAPI)
}

// networkCause is what of an error is the network's and holds nothing that came over it, nil for none.
func networkCause(err error) error {
	var (
		dns   *net.DNSError
		errno syscall.Errno
	)
	switch {
	case errors.Is(err, errNotLocal):
		return errNotLocal
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	}
	// Among others a "tls: …" of the handshake, and a time limit of a dialler's.
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return net.ErrClosed
	}
	return nil
}
