package sessionstring

import (
	"encoding/base64"
	"strings"

	"botring/internal/secret"
)

// The four ways base64 is written in session strings. Those without padding are what is read, whatever was
// written: strict, so that no two texts mean the same strings.
var (
	urlPadded = base64.URLEncoding
	stdPadded = base64.StdEncoding
	url       = base64.RawURLEncoding.Strict()
	std       = base64.RawStdEncoding.Strict()
)

// decode reads base64 in either alphabet, padded or not: people and programs change both. Line breaks, which
// mail puts into long lines, are skipped.
func decode(text string) ([]byte, *Error) {
	bare := strings.TrimRight(text, "=")
	encoding := url
	standard := strings.IndexByte(bare, '+') >= 0 || strings.IndexByte(bare, '/') >= 0
	if standard {
		encoding = std
	}
	body, err := encoding.DecodeString(bare)
	switch {
	case err == nil:
		return body, nil
	case strings.ContainsFunc(bare, isNotBase64) || standard && strings.ContainsAny(bare, "-_"):
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
