package telegram

import (
	"fmt"
	"time"
)

// A Kind is a sort of failure, as users have to be told of them apart. Its String is the name used in
// JSON output and is frozen.
type Kind int

// The kinds of failure.
const (
	// Unexpected is an answer that nothing below covers: a fault of ours or something new.
	Unexpected Kind = iota
	// TokenRevoked: ACCESS_TOKEN_EXPIRED, the token was revoked or the bot deleted.
	TokenRevoked
	// TokenInvalid: ACCESS_TOKEN_INVALID, mistyped or of the other environment.
	TokenInvalid
	// APIIDInvalid: API_ID_INVALID or CONNECTION_API_ID_INVALID, also in answer to initConnection itself.
	APIIDInvalid
	// APIIDPublished: API_ID_PUBLISHED_FLOOD.
	APIIDPublished
	// AuthKeyInvalid: AUTH_KEY_INVALID.
	AuthKeyInvalid
	// SessionDead: AUTH_KEY_UNREGISTERED, or transport error -404.
	SessionDead
	// SessionRevoked: SESSION_REVOKED or SESSION_EXPIRED.
	SessionRevoked
	// BotDeactivated: USER_DEACTIVATED or USER_DEACTIVATED_BAN.
	BotDeactivated
	// SessionDuplicated: AUTH_KEY_DUPLICATED, the session ran in two places and Telegram destroyed it.
	SessionDuplicated
	// UpdateNeeded: UPDATE_APP_TO_LOGIN.
	UpdateNeeded
	// FloodWait: FLOOD_WAIT_X, or transport error -429.
	FloodWait
	// TelegramFault: any answer of the 500 family.
	TelegramFault
	// WrongDC: transport error -444.
	WrongDC
	// ClockWrong: this computer's clock is off.
	ClockWrong
	// NotTelegram: the server has none of the keys it must have.
	NotTelegram
	// Unreachable: DNS, refused, reset, or dropped.
	Unreachable
	// Timeout: no answer before the deadline.
	Timeout
	// Cancelled: the caller's context was cancelled.
	Cancelled
	// NotABot: the session belongs to a user's account, which this package refuses to handle.
	NotABot
)

// An Error is every error that leaves this package.
type Error struct {
	Kind Kind
	// Code and Type are Telegram's own, such as 400 and "ACCESS_TOKEN_INVALID", or a transport error's
	// negative code; 0 and "" when the failure lies below.
	Code int
	Type string
	// Wait is how long Telegram asks to wait, for FloodWait.
	Wait time.Duration
	// Skew is how far this computer's clock is ahead of Telegram's (negative: behind), for ClockWrong.
	Skew time.Duration
	// DC is the data centre that was asked, 0 when none was reached.
	DC int
	// Addr is the address that was dialled, "" when none was.
	Addr string
	// Sent reports whether auth.importBotAuthorization may have reached Telegram: after that, trying again
	// counts as another login and is the user's to decide.
	Sent bool
	// Err is the cause, if there is one to unwrap. It never holds a secret.
	Err error
}

// Error describes the failure for a log; the words people see stand in package fault.
func (e *Error) Error() string { return fmt.Sprintf("telegram: kind %d %d %s", e.Kind, e.Code, e.Type) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
