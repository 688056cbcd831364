package sessionstring

import (
	"bytes"
	"encoding/base64"
	"strings"

	"botring/internal/secret"
)

// The four ways base64 is written in session strings. Those without padding are what is read, whatever was
// written: strict, so that no two texts mean the same bytes.
var (
	urlPadded = base64.URLEncoding
	stdPadded = base64.StdEncoding
	url       = base64.RawURLEncoding.Strict()
	std       = base64.RawStdEncoding.Strict()
)

// decode reads base64 in either alphabet, padded or not: people and programs change both. Line breaks, which
// mail puts into long lines, are skipped.
func decode(text []byte) ([]byte, *Error) {
	bare := bytes.TrimRight(text, "=")
	encoding := url
	standard := bytes.IndexByte(bare, '+') >= 0 || bytes.IndexByte(bare, '/') >= 0
	if standard {
		encoding = std
	}
	body := make([]byte, encoding.DecodedLen(len(bare)))
	n, err := encoding.Decode(body, bare)
	switch {
	case err == nil:
		return body[:n], nil
	case bytes.ContainsFunc(bare, isNotBase64) || standard && bytes.ContainsAny(bare, "-_"):
		return nil, &Error{Reason: NotBase64}
	}
	// Every character is one of base64's, and the last ones make no whole byte.
	return nil, &Error{Reason: Cut}
}

func isNotBase64(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("+/-_\r\n", r)
}

// encode writes a prefix and base64 behind it.
func encode(prefix string, encoding *base64.Encoding, body []byte) secret.Secret {
	text := make([]byte, 0, len(prefix)+encoding.EncodedLen(len(body)))
	text = append(text, prefix...)
	return secret.New(string(encoding.AppendEncode(text, body)))
}
