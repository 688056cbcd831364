package radar

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a bot token looks like: digits, a colon, and characters that a URL can hold.
const (
	MaxToken    = 80 // bytes of a whole token; those of today have 45 or 46
	TokenSecret = 35 // characters after the colon, as far as anybody has seen
	// MinSecret is how much must follow the colon for digits and a colon in running text to be a token:
	// times of day and addresses are digits and a colon too.
	MinSecret = 30
)

// sampleTokens begin the tokens that Telegram's own documentation shows (core.telegram.org/bots/api,
// /bots/tutorial and /bots/features). People paste them.
func sampleTokens() []string {
	return []string{
		"110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
		"123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
		"4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qc",
	}
}

// IsSample reports whether a token begins with one that Telegram's documentation shows.
func IsSample[T string | []byte](token T) bool {
	for _, sample := range sampleTokens() {
		if len(token) >= len(sample) && string(token[:len(sample)]) == sample {
			return true
		}
	}
	return false
}

// IsSecretByte reports whether c can stand after the colon of a token.
func IsSecretByte(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// TokenAt finds where the token around a colon starts and ends, in text in which the colon takes width bytes: 3 where
// a URL has escaped it. Digits that a word or number runs into are none.
func TokenAt[T string | []byte](text T, colon, width int) (start, end int, ok bool) {
	start = colon
	for start > 0 && colon-start <= MaxToken && isDigit(text[start-1]) {
		start--
	}
	escaped, ok := escapeAt(text, start, width > 1)
	start += escaped
	if start >= colon || !ok && start > 0 && !startsAt(text, start) {
		return 0, 0, false
	}
	from := colon + width
	end = from
	for end < len(text) && end-from <= MaxToken && IsSecretByte(text[end]) {
		end++
	}
	// The underscores and dashes of somebody's formatting are not the token's.
	for end-from > TokenSecret && (text[end-1] == '_' || text[end-1] == '-') {
		end--
	}
	// A letter of another alphabet that looks like ours is a broken token, and somebody else explains it better.
	if end < len(text) && text[end] >= utf8.RuneSelf {
		next, _ := utf8.DecodeRuneInString(string(text[end:min(end+utf8.UTFMax, len(text))]))
		return start, end, end > from && !unicode.In(next, unicode.Latin, unicode.Cyrillic, unicode.Greek)
	}
	return start, end, end > from
}

// startsAt reports whether a token can start at start, after something.
func startsAt[T string | []byte](text T, start int) bool {
	c := text[start-1]
	if c == '_' || !IsSecretByte(c) && c != '.' {
		return true
	}
	before := text[max(0, start-len("%2Fbot")):start]
	return hasSuffix(before, "/bot") || hasSuffix(before, "%2Fbot") || hasSuffix(before, "%2fbot")
}

func hasSuffix[T string | []byte](text T, end string) bool {
	return len(text) >= len(end) && string(text[len(text)-len(end):]) == end
}

// Escapes end in what could be a part of the word that follows: in strings of JSON and of programs, and with "%" in URLs.
const (
	escapeLine    = 2 // \n
	escapeByte    = 4 // \x3d
	escapeUnicode = 6 // \u003d
	escapeURL     = 3 // %3D
)

// escapeAt reports whether an escape ends at a place of a text or in what follows there, and how many bytes of that it
// takes. Those of URLs count where inURL says that it is in one.
func escapeAt[T string | []byte](text T, at int, inURL bool) (taken int, ok bool) {
	for i := max(0, at-escapeUnicode); i <= at && i < len(text); i++ {
		if n := escapeLen(text[i:], inURL); n > 0 && i+n >= at {
			return i + n - at, true
		}
	}
	return 0, false
}

// escapeLen is how long the escape is that a text begins with, 0 where it begins with none.
func escapeLen[T string | []byte](text T, inURL bool) int {
	digits, n := 0, 0
	switch {
	case len(text) < escapeLine:
	case text[0] == '%' && inURL:
		digits, n = 1, escapeURL
	case text[0] != '\\':
	case text[1] == 'n' || text[1] == 'r' || text[1] == 't':
		return escapeLine
	case text[1] == 'x':
		digits, n = escapeLine, escapeByte
	case text[1] == 'u':
		digits, n = escapeLine, escapeUnicode
	}
	if len(text) < n {
		return 0
	}
	for i := digits; i < n; i++ {
		if !isHex(text[i]) {
			return 0
		}
	}
	return n
}

// mask stands for what is not shown of a token.
const mask = "•••"

// maskIn is a path without the tokens that are in it: some programs name a session's file by its bot's. What might be one
// is masked too.
func maskIn(path string) string {
	for at := 0; at < len(path); at++ {
		width := 0
		switch {
		case path[at] == ':':
			width = 1
		case path[at] == '%' && strings.HasPrefix(strings.ToLower(path[at:min(len(path), at+escapeURL)]), "%3a"):
			width = escapeURL
		}
		if width == 0 || at == 0 || !isDigit(path[at-1]) {
			continue
		}
		from := at + width
		end := from
		for end < len(path) && IsSecretByte(path[end]) {
			end++
		}
		if end-from >= MinSecret {
			path = path[:from] + mask + path[end:]
		}
	}
	return path
}
