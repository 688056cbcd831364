package fault

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"botring/telegram"
	"botring/telegram/botapi"
)

// currentToken is where the token that works can be seen.
const currentToken = "The current one: @BotFather, /mybots, the bot, API Token."

func ofTelegram(err error, now time.Time) (Fault, bool) {
	var e *telegram.Error
	if !errors.As(err, &e) {
		return Fault{}, false
	}
	f := wordsOf(e)
	if e.Kind == telegram.FloodWait {
		f.Until = now.Add(e.Wait)
	}
	return f, true
}

// wordsOf is the table of what Telegram answers and of what happens below its answers.
func wordsOf(e *telegram.Error) Fault {
	f := wordsOfKind(e)
	if e.Op == botapi.Op && e.Kind != telegram.Cancelled {
		f = ofBotAPI(e)
	}
	f.Kind = e.Kind.String()
	f.Code, f.Type = e.Code, typeName(e.Type)
	switch {
	case !e.Sent || !again(e.Kind):
	case e.Op == "bots.exportBotToken":
		f.Next = "The token may have been replaced all the same. Rotating it once more finds out, and revokes nothing without asking."
	default:
		f.Next = "The token had been sent: trying again counts as another login."
	}
	return f
}

// again reports the kinds after which it is open whether Telegram counted a login.
func again(kind telegram.Kind) bool {
	return kind == telegram.Timeout || kind == telegram.Unreachable || kind == telegram.TelegramFault ||
		kind == telegram.Cancelled || kind == telegram.AuthKeyInvalid
}

// wordsOfKind looks a kind up. One that no table has reads as Unexpected.
func wordsOfKind(e *telegram.Error) Fault {
	tables := []map[telegram.Kind]Fault{loginWords(), sessionWords(), managerWords(), serviceWords(e), connectionWords(e), proxyWords(e)}
	for _, kind := range []telegram.Kind{e.Kind, telegram.Unexpected} {
		for _, table := range tables {
			if f, ok := table[kind]; ok {
				return f
			}
		}
	}
	return Fault{}
}

// loginWords: Telegram refuses the token or the app.
func loginWords() map[telegram.Kind]Fault {
	return map[telegram.Kind]Fault{
		telegram.TokenRevoked: {
			What:     "This token no longer works.",
			Why:      "It was revoked in @BotFather, or the bot was deleted.",
			Next:     "Paste the new one: @BotFather, /mybots, the bot, API Token.",
			NotSaved: notSavedKept,
			Actions:  []Action{ReplaceToken, Edit},
		},
		telegram.TokenInvalid: {
			What:     "Telegram rejected this token.",
			Why:      "It may be mistyped, or belong to the test environment.",
			Next:     currentToken,
			NotSaved: notSavedKept,
			Actions:  []Action{Edit, OtherEnvironment, SaveOnly},
		},
		telegram.APIIDInvalid: {
			What:     "Telegram rejected the app.",
			Why:      "api_id and api_hash may not belong together, or quotes or blanks were copied along. New apps can take a while.",
			Next:     "Compare both with my.telegram.org/apps.",
			NotSaved: notSavedKept,
			Actions:  []Action{EditApp, Retry, SaveOnly},
		},
		telegram.APIIDPublished: {
			What:     "Telegram does not let this api_id log in.",
			Why:      "It was published somewhere, as a sample or inside an app, and too many use it.",
			Next:     "Use an app of your own: my.telegram.org/apps.",
			NotSaved: notSavedKept,
			Actions:  []Action{EditApp, SaveOnly},
		},
	}
}

// sessionWords: the session or the bot behind it is no more what it was.
func sessionWords() map[telegram.Kind]Fault {
	return map[telegram.Kind]Fault{
		telegram.SessionDead: {
			What:     "Telegram does not know this session any more.",
			Why:      "It was logged out, or never logged in.",
			Next:     "Log in again to make a new one.",
			NotSaved: "The token is still saved.",
			Actions:  []Action{LogIn, CheckToken, ReplaceToken},
		},
		telegram.SessionRevoked: {
			What:     "The bot was logged out by Telegram.",
			Why:      "The token may be revoked: a token check or a login shows it.",
			Next:     "Log in again, or paste the new token.",
			NotSaved: "The token is still saved.",
			Actions:  []Action{LogIn, CheckToken, ReplaceToken},
		},
		telegram.SessionDuplicated: {
			What:     "This session was used in two places at once, and Telegram ended it.",
			Why:      "A copy of it connected while this one did. A session may run in one place only.",
			Next:     "Log in again, and give each place a session of its own.",
			NotSaved: "The session is lost; the token is still saved.",
			Actions:  []Action{LogIn, Remove},
		},
		telegram.BotDeactivated: {
			What:     "Telegram has deactivated this bot.",
			Why:      "It was deleted or banned.",
			Next:     "Nothing brings it back from here. Its record can stay or go.",
			NotSaved: notSaved,
			Actions:  []Action{Keep, Remove},
		},
		telegram.NotABot: {
			What:     "This is the session of a person's account, not of a bot.",
			Why:      "botring keeps bots only.",
			Next:     "Use the token of a bot, from @BotFather.",
			NotSaved: notSaved,
			Actions:  []Action{Edit, Remove},
		},
		telegram.AuthKeyInvalid: {
			What:     "Telegram did not accept the key of this connection.",
			Why:      "The session may be damaged, or of another environment.",
			Next:     "Log in again to make a new one.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, LogIn, SaveOnly},
		},
	}
}

// managerWords: a bot asks for the token of another and does not get it.
func managerWords() map[telegram.Kind]Fault {
	return map[telegram.Kind]Fault{
		telegram.NotManaged: {
			What:     "That bot does not manage this one.",
			Why:      "A bot manages those that were made through it. What it may do is under Bot Management Mode in @BotFather.",
			Next:     "Let another bot on the ring try, or rotate it by hand in @BotFather.",
			NotSaved: Unchanged,
			Actions:  []Action{ReplaceToken, Keep},
		},
		telegram.BotRequired: {
			What:     "Telegram lets only bots ask for the token of another bot.",
			Why:      "The session that asked is not a bot's.",
			Next:     "Log the manager in again with its token.",
			NotSaved: Unchanged,
			Actions:  []Action{LogIn, Keep},
		},
	}
}

// serviceWords: Telegram answers, and the answer is about neither the token nor the session.
func serviceWords(e *telegram.Error) map[telegram.Kind]Fault {
	return map[telegram.Kind]Fault{
		telegram.FloodWait: wordsOfFlood(e),
		telegram.TelegramFault: {
			What:     "Telegram has a fault of its own at the moment.",
			Why:      "Its servers answered with an internal error.",
			Next:     "Try again in a minute.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, SaveOnly},
		},
		telegram.UpdateNeeded: {
			What:     "Telegram wants a newer version of botring.",
			Why:      "It no longer lets programs of this version log in.",
			Next:     "Update botring, then log in. Until then the bot can be saved without it.",
			NotSaved: notSaved,
			Actions:  []Action{SaveOnly, Keep},
		},
		telegram.Unexpected: {
			What:     "Telegram answered in a way botring does not know" + answer(e) + ".",
			Why:      "The answer is new, or a fault of botring's.",
			Next:     "Try again; if it stays, report it with this code and type.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, SaveOnly},
			Logged:   true,
		},
	}
}

// answer quotes Telegram's code and type, where there are any.
func answer(e *telegram.Error) string {
	code := ""
	if e.Code != 0 {
		code = fmt.Sprint(e.Code)
	}
	text := strings.TrimSpace(code + " " + typeName(e.Type))
	if text == "" {
		return ""
	}
	return ": " + text
}

func wordsOfFlood(e *telegram.Error) Fault {
	what := "Telegram asks to wait " + Duration(e.Wait) + "."
	if e.Wait <= 0 {
		what = "Telegram asked to wait." // how long is not known, or told beside it
	}
	f := Fault{
		What:     what,
		Why:      "Too many requests in a short time; trying sooner may make it longer.",
		Next:     "Nothing is lost by waiting.",
		NotSaved: notSaved,
		Actions:  []Action{SaveOnly, Keep},
	}
	if e.Code < 0 {
		f.Why = "Too many connections came from this address; trying sooner may make it longer."
	}
	return f
}

// connectionWords: Telegram did not get as far as an answer.
func connectionWords(e *telegram.Error) map[telegram.Kind]Fault {
	return map[telegram.Kind]Fault{
		telegram.Unreachable: {
			What:     "Telegram could not be reached" + at(e) + ".",
			Why:      whyDropped(e),
			Next:     "Look at the network, then try again.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, SaveOnly},
		},
		telegram.Timeout: {
			What:     "Telegram did not answer in time" + at(e) + ".",
			Why:      "The network is slow, or something on the way holds the connection up.",
			Next:     "Try again, with more time if the network is slow.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, SaveOnly},
		},
		telegram.NotTelegram: {
			What:     "The server" + at(e) + " is not Telegram.",
			Why:      "It has none of the keys it must have: something stands in between, or the server key is of another network.",
			Next:     "Use another network, or look at the server key. botring does not go on here.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, SaveOnly},
		},
		telegram.ClockWrong: {
			What:     "This computer's clock is wrong" + by(e.Skew) + ".",
			Why:      "Telegram refuses messages whose time is off.",
			Next:     "Set the clock, then try again.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, SaveOnly},
		},
		telegram.WrongDC: {
			What:     fmt.Sprintf("The server%s is not data centre %d.", at(e), e.DC),
			Why:      "The list of data centres in use does not fit this network.",
			Next:     "Look at the addresses given with --dc, and at the environment.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, OtherEnvironment, SaveOnly},
		},
		telegram.Cancelled: {
			What:     "Cancelled.",
			Why:      "It was stopped before it was done.",
			Next:     "Start it again whenever you like.",
			NotSaved: notSaved,
			Actions:  []Action{Retry, Keep},
		},
	}
}

// at names the address that was dialled, " at …", and the proxy before it, or nothing.
func at(e *telegram.Error) string {
	at := ""
	if addr := shorten(Clean(e.Addr), maxDetail); addr != "" {
		at = " at " + addr
	}
	if proxy := shorten(Clean(e.Proxy), maxDetail); proxy != "" {
		at += " through " + proxy
	}
	return at
}

func by(skew time.Duration) string {
	switch {
	case skew > 0:
		return ": it is " + Duration(skew) + " ahead"
	case skew < 0:
		return ": it is " + Duration(-skew) + " behind"
	}
	return ""
}

// whyDropped is whyUnreachable, unless a proxy had led to Telegram.
func whyDropped(e *telegram.Error) string {
	if e.Proxy != "" {
		return "The connection was dropped, by the proxy or behind it."
	}
	return whyUnreachable(e.Err)
}

func whyUnreachable(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "The name of the server could not be looked up: there may be no network."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The connection was refused: nothing listens there, or a firewall says no."
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "There is no way to it: there may be no network."
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "The connection was dropped: the network may block Telegram."
	}
	return "There may be no network, or it blocks Telegram."
}

// typeName is Telegram's own name of an error, in the letters such names have and no others.
func typeName(s string) string {
	return shorten(strings.Map(func(r rune) rune {
		if r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s), 64)
}
