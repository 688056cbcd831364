package fleet

import (
	"botring/internal/secret"
)

// CheckToken says what is wrong with a bot token, nil if nothing is. A warning (InputError.Warning) does
// not stand in the way. It returns the bot id as far as it can be read.
func CheckToken(token string) (id int64, problem *InputError) { return 0, nil }

// CheckAPIID reads an api_id as typed.
func CheckAPIID(text string) (id int, problem *InputError) { return 0, nil }

// CheckAPIHash says what is wrong with an api_hash.
func CheckAPIHash(text string) *InputError { return nil }

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

// ReadPaste finds what is worth having in a pasted text: tokens inside messages from @BotFather, .env
// files, URLs; with Windows line ends, quotes, control characters, at any size (the first MiB is read).
func ReadPaste(text string) Pasted { return Pasted{} }
