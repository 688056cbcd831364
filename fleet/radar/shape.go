package radar

import (
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
	if start == colon || start > 0 && !startsAt(text, start) {
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
	return start >= 4 && string(text[start-4:start]) == "/bot"
}
