package telegram

import (
	"strconv"
	"strings"
	"time"
)

// floodDefault is how long to wait when Telegram asks for it without saying how long.
const floodDefault = 30 * time.Second

// maxTypeLen bounds the error types that are passed on; Telegram's longest have about 40 characters.
const maxTypeLen = 64

// A rule says which kind an answer of Telegram's is.
type rule struct {
	// code as it is documented. The type decides: Telegram has moved types between codes before.
	code int
	typ  string
	kind Kind
}

// rules returns the documented answers to auth.importBotAuthorization and the calls a session makes,
// after core.telegram.org/method/auth.importBotAuthorization, core.telegram.org/method/bots.exportBotToken and
// core.telegram.org/api/errors. Whole code
// families (303, 420, 500) are not in it.
func rules() []rule {
	return []rule{
		{400, "ACCESS_TOKEN_EXPIRED", TokenRevoked},
		{400, "ACCESS_TOKEN_INVALID", TokenInvalid},
		{400, "API_ID_INVALID", APIIDInvalid},
		{400, "CONNECTION_API_ID_INVALID", APIIDInvalid},
		{400, "API_ID_PUBLISHED_FLOOD", APIIDPublished},
		{400, "BOT_INVALID", NotManaged},
		{400, "USER_BOT_REQUIRED", BotRequired},
		{401, "AUTH_KEY_INVALID", AuthKeyInvalid},
		{401, "AUTH_KEY_UNREGISTERED", SessionDead},
		{401, "SESSION_REVOKED", SessionRevoked},
		{401, "SESSION_EXPIRED", SessionRevoked},
		{401, "USER_DEACTIVATED", BotDeactivated},
		{401, "USER_DEACTIVATED_BAN", BotDeactivated},
		{406, "AUTH_KEY_DUPLICATED", SessionDuplicated},
		{406, "UPDATE_APP_TO_LOGIN", UpdateNeeded},
	}
}

// answered makes an Error of an RPC error's code and message. The message comes from outside and is
// dropped unless it looks like a type.
func answered(code int, message string) *Error {
	e := &Error{Kind: Unexpected, Code: code}
	if !isType(message) {
		message = ""
	}
	e.Type = message
	switch {
	case isServerCode(code):
		e.Kind = TelegramFault
		return e
	case isFlood(message):
		e.Kind, e.Wait = FloodWait, floodWait(message)
		return e
	}
	for _, r := range rules() {
		if r.typ == message {
			e.Kind = r.kind
			break
		}
	}
	return e
}

// transportFailed makes an Error of a transport error, which is negative
// (core.telegram.org/mtproto/mtproto-transports#transport-errors).
func transportFailed(code int) *Error {
	e := &Error{Kind: Unexpected, Code: code}
	switch {
	case code == -404:
		e.Kind = SessionDead
	case code == -429:
		e.Kind, e.Wait = FloodWait, floodDefault
	case code == -444:
		e.Kind = WrongDC
	case isServerCode(code):
		e.Kind = TelegramFault
	}
	return e
}

// isServerCode reports whether a code is of the 500 family; Telegram answers -503 as well.
func isServerCode(code int) bool {
	return code >= 500 && code < 600 || code <= -500 && code > -600
}

func isType(message string) bool {
	if message == "" || len(message) > maxTypeLen {
		return false
	}
	for i := range len(message) {
		c := message[i]
		if c != '_' && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func isFlood(typ string) bool {
	return typ == "FLOOD_WAIT" || strings.HasPrefix(typ, "FLOOD_WAIT_") || strings.HasPrefix(typ, "FLOOD_PREMIUM_WAIT_")
}

// floodWait is the time a flood type asks for. What is beyond a thousand million seconds is taken for that.
func floodWait(typ string) time.Duration {
	digits := typ[strings.LastIndexByte(typ, '_')+1:]
	if !isDigits(digits) {
		return floodDefault
	}
	seconds, err := strconv.Atoi(digits)
	if err != nil || seconds > 1e9 {
		seconds = 1e9
	}
	return time.Duration(seconds) * time.Second
}

// migration returns the data centre that an answer sends the bot to. A number beyond an int becomes the
// largest one, which no network has.
func (e *Error) migration() (dc int, ok bool) {
	if e.Code != 303 {
		return 0, false
	}
	for _, prefix := range []string{"USER_MIGRATE_", "NETWORK_MIGRATE_", "PHONE_MIGRATE_"} {
		if digits, found := strings.CutPrefix(e.Type, prefix); found && isDigits(digits) {
			dc, _ = strconv.Atoi(digits)
			return dc, true
		}
	}
	return 0, false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
