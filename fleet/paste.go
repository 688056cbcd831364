package fleet

import (
	"strings"
	"unicode/utf8"

	"botring/fleet/plain"
	"botring/fleet/radar"
	"botring/internal/secret"
)

// A Source is where in a pasted text a token was found.
type Source int

// The sources.
const (
	SourcePlain     Source = iota // nothing but the token
	SourceBotFather               // a message from @BotFather
	SourceEnv                     // KEY=value lines
	SourceURL                     // https://api.telegram.org/bot<token>/…
	SourceText                    // any other text around it
)

// A Found is a token found in a pasted text.
type Found struct {
	Token  secret.Secret
	ID     int64
	Source Source
}

// A Pasted is what a pasted text yields.
type Pasted struct {
	// Tokens in their order, each once.
	Tokens []Found
	// APIID and APIHash where the text names them (API_ID=…), else zero.
	APIID   int
	APIHash secret.Secret
	// Rest is the text as one clean line, quotes and control characters taken away, for when no token was
	// found in it. At most 256 bytes of it are kept.
	Rest string
}

const (
	maxPaste = 1 << 20 // bytes of a paste that are read
	maxRest  = 256     // bytes of Pasted.Rest
	maxBack  = 160     // bytes before a token that are looked at for what it stands in
)

// ReadPaste finds what is worth having in a pasted text: tokens inside messages from @BotFather, .env
// files, URLs; with Windows line ends, quotes, control characters, at any size (the first MiB is read).
// What it finds passes CheckToken, warnings and the samples of Telegram's documentation aside.
func ReadPaste(text string) Pasted {
	text = plain.Text(text[:min(len(text), maxPaste)])
	var p Pasted
	p.APIID, p.APIHash = findApp(text)
	p.Tokens = findTokens(text)
	if len(p.Tokens) == 0 {
		p.Rest = rest(text)
	}
	return p
}

// Trim returns a value as it was meant: without the blanks and quotes that were copied along with it, and
// without control and invisible characters.
func Trim(text string) string { return unquote(plain.Line(text)) }

// unquote takes blanks and any quotes off both ends.
func unquote(s string) string { return strings.Trim(s, " \n\"'`“”„‘’‚«»") }

// rest is the beginning of text as one line.
func rest(text string) string {
	line := Trim(text[:min(len(text), 16*maxRest)])
	if len(line) <= maxRest {
		return line
	}
	end := maxRest
	for !utf8.RuneStart(line[end]) {
		end--
	}
	return line[:end]
}

func findTokens(text string) []Found {
	var found []Found
	seen := make(map[string]bool)
	fromBotFather := strings.Contains(text, "HTTP API") || strings.Contains(text, "BotFather")
	alone := unquote(text)
	for at := 0; ; {
		colon, width := nextColon(text, at)
		if colon < 0 {
			return found
		}
		at = colon + width
		start, end, ok := radar.TokenAt(text, colon, width)
		if !ok {
			continue
		}
		at = end
		source, trusted := sourceOf(text[max(0, start-maxBack):start])
		// Most digits with a colon are no token, and a text may be full of them: a string is made late.
		if end-colon-width < radar.MinSecret && !trusted && len(alone) > radar.MaxToken {
			continue
		}
		token := text[start:colon] + ":" + text[colon+width:end]
		switch {
		case token == alone:
			source, trusted = SourcePlain, true
		case source == SourceText && fromBotFather:
			source = SourceBotFather
		}
		if end-colon-width < radar.MinSecret && !trusted {
			continue
		}
		id, problem := CheckToken(token)
		if seen[token] || problem != nil && !problem.Warning() && problem.Problem != ProblemSample {
			continue
		}
		seen[token] = true
		found = append(found, Found{Token: secret.New(token), ID: id, Source: source})
	}
}

// nextColon finds the next colon at or after at, also one that a URL has escaped.
func nextColon(text string, at int) (index, width int) {
	for i := at; i < len(text); i++ {
		switch {
		case text[i] == ':':
			return i, 1
		case text[i] == '%' && len(text) > i+2 && text[i+1] == '3' && text[i+2]|0x20 == 'a':
			return i, 3
		}
	}
	return -1, 0
}

// sourceOf tells from what stands before a token what it was found in, and whether that alone makes it a
// token, however short.
func sourceOf(before string) (source Source, trusted bool) {
	if strings.HasSuffix(before, "/bot") {
		return SourceURL, true
	}
	if before == "" {
		return SourceText, false
	}
	switch before[len(before)-1] {
	case '=', ':', ' ', '"', '\'', '`':
	default:
		return SourceText, false
	}
	line := before[strings.LastIndexByte(before, '\n')+1:]
	if key, ok := keyBefore(line); ok {
		return SourceEnv, strings.HasSuffix(key, "TOKEN")
	}
	return SourceText, false
}
